"""`state` and its query language."""

from datetime import datetime, timedelta, timezone

from csp_gateway import Filter, Query

from .gateway import TICK_LIMIT, are_records, fresh_x, where
from .suite import check, holds, same


def _sent(gateway, count=4):
    """Sends records whose x are `base`, `base + 2`, … and returns `base` and a query function over just those."""
    base = fresh_x()
    gateway.client.send(
        "example",
        [{"x": base + 2 * i, "y": f"q{i}", "internal_csp_struct": {"z": base + i}} for i in range(count)],
    )
    gateway.arrives(x=base + 2 * (count - 1))
    mine = [("x", ">=", base), ("x", "<=", base + 2 * (count - 1))]

    def select(*conditions):
        records = gateway.client.state("example", query=where(*mine, *conditions))
        return sorted((record["x"] - base) // 2 for record in records)

    return base, select


@check
def index(gateway):
    """the index is the sorted list of states, aliases included"""
    names = gateway.client.state()
    same(names, sorted(names), "the order")
    expected = {"example", "example_with_state", "example_with_state_multiple", "example_with_state_alternative"}
    same(expected - set(names), set(), "missing states")


@check
def every_state(gateway):
    """every state has its records, one per key, in the order of the keys"""
    for alias in ("example_with_state", "example_with_state_multiple", "example_with_state_alternative"):
        are_records(gateway.client.state(alias))
    ids = [record["id"] for record in are_records(gateway.client.state("example"))]
    same(len(ids), len(set(ids)), "records per id")
    same(ids, sorted(ids), "the order, ids being text")


@check
def grows(gateway):
    """a tick with a new key adds a record"""
    before = len(gateway.client.state("example_with_state"))
    gateway.client.next("example_with_state", timeout=TICK_LIMIT)
    gateway.client.next("example_with_state", timeout=TICK_LIMIT)
    holds(len(gateway.client.state("example_with_state")) > before, f"still {before} records")


@check
def numbers(gateway):
    """a number is compared by each of the six operators"""
    base, select = _sent(gateway)
    middle = base + 4
    expected = {"==": [2], "!=": [0, 1, 3], "<": [0, 1], "<=": [0, 1, 2], ">": [3], ">=": [2, 3]}
    same({how: select(("x", how, middle)) for how in expected}, expected, "the records by operator")


@check
def text(gateway):
    """text is compared for equality and by order, ids as well"""
    base, select = _sent(gateway)
    same(select(("y", "==", "q1")), [1], "y == q1")
    same(select(("y", ">", "q1")), [2, 3], "y > q1")
    (record,) = gateway.matching(x=base)
    same(select(("id", "==", record["id"])), [0], "by id")


@check
def nested(gateway):
    """a dotted path reaches into a nested struct"""
    base, select = _sent(gateway)
    same(select(("internal_csp_struct.z", "==", base + 2)), [2], "by the nested column")


@check
def conjunction(gateway):
    """several filters must all hold; none at all is every record; no match is an empty list"""
    base, select = _sent(gateway)
    same(select(("x", ">", base), ("y", "!=", "q2")), [1, 3], "two filters")
    same(select(("x", "==", -5)), [], "no match")
    holds(len(gateway.client.state("example", query=Query(filters=[]))) >= 4, "an empty query is not every record")


@check
def default_operator(gateway):
    """a filter without an operator is an equality"""
    base, _ = _sent(gateway)
    query = Query(filters=[Filter(attr="x", by={"value": base})])
    same([record["x"] for record in gateway.client.state("example", query=query)], [base], "the records")


@check
def moments(gateway):
    """a time is compared with `when`"""
    base, _ = _sent(gateway)
    now = datetime.now(timezone.utc).replace(tzinfo=None)

    def since(moment, how):
        filters = [Filter(attr="timestamp", by={"when": moment, "where": how}), Filter(attr="x", by={"value": base})]
        return len(gateway.client.state("example", query=Query(filters=filters)))

    same(since(now - timedelta(minutes=5), ">"), 1, "records of the last five minutes")
    same(since(now - timedelta(minutes=5), "<"), 0, "records before that")


@check
def other_column(gateway):
    """a column is compared with another column by `attr`"""
    base, _ = _sent(gateway)

    def compared(how):
        filters = [
            Filter(attr="x", by={"attr": "internal_csp_struct.z", "where": how}),
            Filter(attr="x", by={"value": base, "where": ">="}),
            Filter(attr="x", by={"value": base + 6, "where": "<="}),
        ]
        return sorted((record["x"] - base) // 2 for record in gateway.client.state("example", query=Query(filters=filters)))

    same(compared("=="), [0], "x == z")
    same(compared(">"), [1, 2, 3], "x > z")
