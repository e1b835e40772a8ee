"""The gateway under test: clients of it, and what its records look like."""

import random
import re
import time

from csp_gateway import AsyncGatewayClient, Filter, GatewayClient, GatewayClientConfig, Query

from .suite import holds, same

# `omnibus` ticks once a second; anything that should happen within one tick has this long.
TICK_LIMIT = 10.0

COLUMNS = ["id", "timestamp", "x", "y", "z", "internal_csp_struct", "data", "mapping", "dt", "d"]
PYTHON_CLASS = "csp_gateway.server.demo.omnibus.ExampleData"

_FRACTION = r"(\.\d{6})?"
_NAIVE = re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{_FRACTION}")
_AWARE = re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{_FRACTION}(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Gateway:
    """Makes clients of the gateway on one port of the loopback interface."""

    def __init__(self, port: int):
        self.port = port
        self.client = self.new_client()

    def new_client(self, **settings) -> GatewayClient:
        return GatewayClient(GatewayClientConfig(host="127.0.0.1", port=self.port, **settings))

    def new_async_client(self, **settings) -> AsyncGatewayClient:
        return AsyncGatewayClient(GatewayClientConfig(host="127.0.0.1", port=self.port, **settings))

    def wait_for_data(self):
        def arrived():
            try:
                return self.client.last("example") and len(self.client.last("basket")) == 3
            except OSError:
                return False

        holds(eventually(arrived, 30), "`example` and `basket` have not ticked within 30 s")

    def matching(self, alias="example", **equal):
        """The records of a state with these values; `__` stands for the dot of a nested column."""
        return self.client.state(alias, query=where(*[(name.replace("__", "."), "==", v) for name, v in equal.items()]))

    def arrives(self, alias="example", **equal):
        """Waits for records with these values and returns them."""
        found = eventually(lambda: self.matching(alias, **equal), TICK_LIMIT)
        holds(found, f"state `{alias}` has no record with {equal}")
        return found


def where(*conditions) -> Query:
    """A query of `(column, operator, value)` conditions."""
    return Query(filters=[Filter(attr=column, by={"value": value, "where": how}) for column, how, value in conditions])


def eventually(condition, limit, every=0.05):
    """What `condition()` returned last: something true, or whatever it was when the time ran out."""
    deadline = time.monotonic() + limit
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(every)
    return result


def fresh_x() -> int:
    """An odd number that nothing else sends (omnibus answers an even `x` on `example` with `x + 1`)."""
    return random.randrange(10**9, 10**12) * 100 + 1


def is_record(record):
    """Fails unless this is an `ExampleData` with every column, in order, in the form the wire has."""
    same(list(record), COLUMNS, "the list of columns")
    holds(isinstance(record["id"], str) and record["id"], f"id {record['id']!r} is not text")
    holds(_NAIVE.fullmatch(record["timestamp"]), f"timestamp {record['timestamp']!r} is not naive UTC")
    same(type(record["x"]), int, "the type of x")
    holds(isinstance(record["y"], str) and isinstance(record["z"], str), "y and z are text")
    same([(name, type(value)) for name, value in record["internal_csp_struct"].items()], [("z", int)], "the nested struct")
    same({type(value) for value in record["data"]} - {float}, set(), "types in data other than float")
    same({type(value) for value in record["mapping"].values()} - {int}, set(), "types in mapping other than int")
    holds(_AWARE.fullmatch(record["dt"]), f"dt {record['dt']!r} has no offset")
    holds(_DATE.fullmatch(record["d"]), f"d {record['d']!r} is not a date")


def are_records(records, count=None):
    """The records, after checking each; at least one, or exactly `count`."""
    same(type(records), list, "the type of the answer")
    for record in records:
        is_record(record)
    if count is None:
        holds(records, "there are no records")
    else:
        same(len(records), count, "the number of records")
    return records
