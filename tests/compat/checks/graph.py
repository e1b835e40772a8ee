"""`stream_csp`: the gateway's ticks as inputs of a graph in the client's process."""

from datetime import datetime, timedelta, timezone

import csp

from .gateway import are_records
from .suite import check, holds, same

CHANNELS = ["example_list", "str_basket"]
RUN = timedelta(seconds=4)


@csp.node
def _collect(messages: csp.DynamicBasket[str, object], into: object):
    if csp.ticked(messages):
        into.extend(messages.tickedvalues())


@csp.graph(memoize=False)
def _listen(client: object, into: object):
    channels = csp.unroll(csp.const(CHANNELS))
    _collect(client.stream_csp(subscribe=channels, connection_timeout=5), into)


@check
def ticks(gateway):
    """a graph gets the ticks of the channels that it subscribes to"""
    messages = []
    start = datetime.now(timezone.utc).replace(tzinfo=None)
    csp.run(_listen, gateway.new_client(), messages, starttime=start, endtime=RUN, realtime=True)
    same({message["channel"] for message in messages}, set(CHANNELS), "the channels")
    for message in messages:
        are_records(message["data"], 1)
    values = [message["data"][0]["x"] for message in messages if message["channel"] == "example_list"]
    holds(len(values) >= 2, f"only {len(values)} ticks in {RUN}")
    same(values, list(range(values[0], values[0] + len(values))), "the values")
    same({message["key"] for message in messages if "key" in message}, {"a", "b", "c"}, "the keys")
