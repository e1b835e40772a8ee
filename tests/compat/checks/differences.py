"""What csp-gateway's own server gets wrong and this one must not; see the table in the README."""

from csp_gateway.utils import ServerRouteNotFoundException, ServerUnprocessableException

from .gateway import TICK_LIMIT, are_records, fresh_x, where
from .suite import check, holds, raises, same


@check
def required_field(gateway):
    """a body without the required field, or with a null in it, is a 422, and the gateway ticks on"""
    for body in ({}, {"x": None}, {"y": "no x"}, [{"x": 1}, {}]):
        error = raises(ServerUnprocessableException, lambda body=body: gateway.client.send("example", body))
        holds(any("x" in problem["loc"] for problem in error.args[0]), f"the problems are {error.args[0]}")
    are_records(gateway.client.next("example_list", timeout=TICK_LIMIT), 1)


@check
def every_problem(gateway):
    """a 422 lists every problem of the body, not the first"""
    body = {"x": "seven", "y": [], "mapping": {"a": "b"}, "d": "never", "unknown": 1}
    error = raises(ServerUnprocessableException, lambda: gateway.client.send("example", body))
    places = {problem["loc"][1] for problem in error.args[0]}
    same(places, {"x", "y", "mapping", "d", "unknown"}, "the places")


@check
def unknown_key(gateway):
    """a key that a basket does not have is refused with a 404 or a 422"""
    for call in (
        lambda: gateway.client.last("basket/D"),
        lambda: gateway.client.next("basket/D", timeout=TICK_LIMIT),
        lambda: gateway.client.send("basket/D", {"x": 1}),
    ):
        try:
            answer = call()
        except (ServerRouteNotFoundException, ServerUnprocessableException) as error:
            holds("D" in str(error), f"the error does not name the key: {error}")
        else:
            raise AssertionError(f"returned {answer}")


@check
def unknown_column(gateway):
    """a filter on an unknown column, or with a value that the column cannot have, is a 422"""
    for condition in (("nothing", "==", 1), ("internal_csp_struct.nothing", "==", 1), ("x", "==", "seven")):
        raises(ServerUnprocessableException, lambda c=condition: gateway.client.state("example", query=where(c)))


@check
def fractions(gateway):
    """an integer is never equal to a fraction"""
    x = fresh_x() // 10**6 | 1
    gateway.client.send("example", {"x": x})
    gateway.arrives(x=x)
    for fraction in (x - 0.5, x + 0.5):
        same(gateway.client.state("example", query=where(("x", "==", fraction))), [], f"records with x == {fraction}")


@check
def huge_integers(gateway):
    """an integer beyond 64 bits is a 422 and harms nothing"""
    raises(ServerUnprocessableException, lambda: gateway.client.send("example", {"x": 2**80}))
    are_records(gateway.client.state("example"))


@check
def next_of_a_key(gateway):
    """next of a key waits for that key, whatever the other keys do"""
    (before,) = gateway.client.last("str_basket/b")
    (after,) = gateway.client.next("str_basket/b", timeout=TICK_LIMIT)
    holds(int(after["id"]) > int(before["id"]), f"{after['id']} is not after {before['id']}")
    same(after["y"], str(after["x"]) * 2, "y of str_basket/b")
