"""`last`, `next` and `lookup`."""

from datetime import datetime, timezone

from csp_gateway.utils import ServerRouteNotFoundException

from .gateway import TICK_LIMIT, are_records
from .suite import check, holds, raises, same

CHANNELS = [
    "basket", "controls", "example", "example_list", "example_with_stage", "example_with_state",
    "example_with_state_multiple", "never_ticks", "str_basket",
]  # fmt: skip


@check
def index(gateway):
    """the index of last and next is the sorted list of channels"""
    for names in (gateway.client.last(), gateway.client.next(timeout=TICK_LIMIT)):
        same(names, sorted(names), "the order")
        same(set(CHANNELS) - set(names), set(), "missing channels")


@check
def last_scalar(gateway):
    """last of a scalar channel is a list of one record"""
    for channel in ("example", "example_with_state", "example_with_stage"):
        are_records(gateway.client.last(channel), 1)


@check
def last_list(gateway):
    """last of a list channel is the list, with the demo's data"""
    for record in are_records(gateway.client.last("example_list")):
        x = record["x"]
        same((record["y"], record["mapping"], len(record["data"])), (str(x) * 3, {str(x): x}, 10), "the data of a tick")


@check
def last_basket(gateway):
    """last of a basket has a record per key; one key has its own"""
    are_records(gateway.client.last("basket"), 3)
    for key in "ABC":
        are_records(gateway.client.last(f"basket/{key}"), 1)
    for key, repeats in (("a", 1), ("b", 2), ("c", 3)):
        (record,) = are_records(gateway.client.last(f"str_basket/{key}"), 1)
        same(record["y"], str(record["x"]) * repeats, f"y of str_basket/{key}")


@check
def no_provider(gateway):
    """a channel without a provider is a 404 that names it, for last and next"""
    for read in (gateway.client.last, lambda channel: gateway.client.next(channel, timeout=TICK_LIMIT)):
        error = raises(ServerRouteNotFoundException, lambda read=read: read("never_ticks"))
        same(str(error), "Channel not found: never_ticks", "the detail")


@check
def next_waits(gateway):
    """next waits for a newer tick, whose id and time are later"""
    first = are_records(gateway.client.next("example_list", timeout=TICK_LIMIT), 1)[0]
    second = are_records(gateway.client.next("example_list", timeout=TICK_LIMIT), 1)[0]
    holds(int(second["id"]) > int(first["id"]), f"id {second['id']} is not after {first['id']}")
    holds(second["timestamp"] > first["timestamp"], f"{second['timestamp']} is not after {first['timestamp']}")
    same(second["x"] - first["x"], 1, "ticks between two calls")


@check
def next_basket(gateway):
    """next works on a whole basket and on one key"""
    are_records(gateway.client.next("basket", timeout=TICK_LIMIT))
    are_records(gateway.client.next("basket/B", timeout=TICK_LIMIT), 1)
    (record,) = are_records(gateway.client.next("str_basket/c", timeout=TICK_LIMIT), 1)
    same(record["y"], str(record["x"]) * 3, "y of str_basket/c")


@check
def clock(gateway):
    """timestamps are the current time in UTC"""
    (record,) = gateway.client.next("example_list", timeout=TICK_LIMIT)
    age = datetime.now(timezone.utc) - datetime.fromisoformat(record["timestamp"]).replace(tzinfo=timezone.utc)
    holds(abs(age.total_seconds()) < 5, f"{record['timestamp']} is {age} away from the clock")


@check
def lookup_by_struct(gateway):
    """lookup finds a record by its id through every channel of its struct, and by the id alone"""
    (record,) = gateway.client.last("example_list")
    for channel in ("example", "example_list", "basket", "id"):
        same(gateway.client.lookup(channel, record["id"]), [record], f"lookup of {channel}")


@check
def lookup_unknown(gateway):
    """an unknown id is an empty list, as is the id of another struct; by the id alone it is a 404"""
    (record,) = gateway.client.last("example_list")
    same(gateway.client.lookup("example", "0"), [], "an unknown id")
    same(gateway.client.lookup("controls", record["id"]), [], "an id of another struct")
    raises(ServerRouteNotFoundException, lambda: gateway.client.lookup("id", "0"))
