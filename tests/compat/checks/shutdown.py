"""`controls/shutdown`, which ends the gateway and so is checked on its own."""

from .gateway import eventually
from .suite import check, holds, same


@check
def ends(gateway):
    """a shutdown is acknowledged, and then the gateway no longer answers"""
    (answer,) = gateway.client.controls("shutdown")
    same((answer["name"], answer["status"]), ("shutdown", "ok"), "the answer")

    def gone():
        try:
            gateway.client.controls("heartbeat", timeout=1)
        except Exception:
            return True
        return False

    holds(eventually(gone, 10), "it still answers 10 s later")
