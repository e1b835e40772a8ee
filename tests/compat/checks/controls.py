"""`controls`."""

import json
from datetime import datetime

from .gateway import TICK_LIMIT
from .suite import check, holds, same

STATISTICS = {"active_threads", "cpu", "csp-now", "host", "max_threads", "memory", "memory-total", "now", "pid", "user"}


@check
def index(gateway):
    """the index is the sorted list of controls"""
    same(gateway.client.controls(), ["heartbeat", "shutdown", "stats"], "the controls")


@check
def heartbeat(gateway):
    """a heartbeat says that all is well"""
    (answer,) = gateway.client.controls("heartbeat")
    same(sorted(answer), ["data", "data_str", "id", "name", "status", "timestamp"], "the columns")
    same((answer["name"], answer["status"], answer["data"]), ("heartbeat", "ok", {}), "the answer")


@check
def stats(gateway):
    """the statistics describe the process and the machine"""
    (answer,) = gateway.client.controls("stats", timeout=TICK_LIMIT)
    same((answer["name"], answer["status"]), ("stats", "ok"), "the answer")
    data = answer["data"]
    same(STATISTICS - set(data), set(), "missing statistics")
    same(set(json.loads(answer["data_str"])), set(data), "the names in data_str")
    holds(isinstance(data["pid"], int) and data["pid"] > 1, f"pid {data['pid']!r}")
    for name in ("cpu", "memory", "memory-total", "active_threads", "max_threads"):
        holds(isinstance(data[name], (int, float)), f"{name} is {data[name]!r}")
    for name in ("now", "csp-now"):
        datetime.fromisoformat(data[name])


@check
def control_channel(gateway):
    """a control is a channel too: what is sent to it comes back and is its last"""
    (sent,) = gateway.client.send("controls", {"name": "compat"})
    same((sent["name"], sent["status"]), ("compat", "none"), "the record")
