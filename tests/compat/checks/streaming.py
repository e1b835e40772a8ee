"""The WebSocket, through the asynchronous generator and the synchronous callback."""

import asyncio
import time
from contextlib import aclosing

from .gateway import TICK_LIMIT, are_records, fresh_x
from .suite import check, holds, same


async def _messages(gateway, channels, count):
    """The first `count` messages. The client belongs to the event loop that runs when it is made."""
    messages = []
    async with aclosing(gateway.new_async_client().stream(channels=channels, timeout=TICK_LIMIT)) as stream:
        async for message in stream:
            messages.append(message)
            if len(messages) >= count:
                return messages


def _collect(gateway, channels, count):
    return asyncio.run(_messages(gateway, channels, count))


@check
def one_channel(gateway):
    """each tick of a channel is a message with its records"""
    messages = _collect(gateway, ["example_list"], 2)
    for message in messages:
        same(list(message), ["channel", "data"], "the parts of a message")
        same(message["channel"], "example_list", "the channel")
        are_records(message["data"], 1)
    same(messages[1]["data"][0]["x"] - messages[0]["data"][0]["x"], 1, "ticks between two messages")


@check
def several_channels(gateway):
    """one stream carries several channels"""
    channels = ["example", "example_list", "example_with_stage"]
    same({message["channel"] for message in _collect(gateway, channels, 8)}, set(channels), "the channels")


@check
def basket_keys(gateway):
    """a basket is streamed by key: those asked for, or all of them"""
    for message in _collect(gateway, [("basket", "B"), ("str_basket", "c")], 4):
        same(sorted(message), ["channel", "data", "key"], "the parts of a message")
        holds((message["channel"], message["key"]) in {("basket", "B"), ("str_basket", "c")}, f"got {message}")
        are_records(message["data"], 1)
    same(sorted(message["key"] for message in _collect(gateway, ["str_basket"], 3)), ["a", "b", "c"], "the keys")


@check
def heartbeat(gateway):
    """the heartbeat comes about once a second"""
    started = time.monotonic()
    same(_collect(gateway, ["heartbeat"], 3), [{"channel": "heartbeat", "data": "PING"}] * 3, "the messages")
    holds(time.monotonic() - started < 5, "three heartbeats took more than 5 s")


@check
def silence(gateway):
    """a channel that does not tick is silent"""

    async def listen():
        async with aclosing(gateway.new_async_client().stream(channels=["never_ticks"], timeout=1.2)) as stream:
            return [message async for message in stream]

    try:
        messages = asyncio.run(listen())
    except asyncio.TimeoutError:
        return
    raise AssertionError(f"got {messages}")


@check
def publishing(gateway):
    """a published record is streamed back; a published list is unrolled, in order"""
    x = fresh_x()

    async def publish(client):
        await client.publish("example", {"x": x, "y": "published"})
        await client.publish("example", [{"x": x + 2}, {"x": x + 4}])

    async def listen():
        seen = []
        client = gateway.new_async_client()
        async with aclosing(client.stream(channels=["example"], timeout=TICK_LIMIT)) as stream:
            async for message in stream:
                if not seen:
                    await publish(client)
                seen.append([record["x"] for record in are_records(message["data"])])
                if [x + 4] in seen or len(seen) > 30:
                    return seen

    seen = asyncio.run(listen())
    same([values for values in seen if values[0] >= x], [[x], [x + 2], [x + 4]], "what came back")


@check
def publishing_to_a_key(gateway):
    """a record published to a key of a basket is streamed back with that key"""
    x = fresh_x()

    async def listen():
        client = gateway.new_async_client()
        async with aclosing(client.stream(channels=[("basket", "C"), "heartbeat"], timeout=TICK_LIMIT)) as stream:
            count = 0
            async for message in stream:
                if count == 0:
                    await client.publish("basket", {"x": x}, key="C")
                count += 1
                if message["channel"] == "basket" and message["data"][0]["x"] == x:
                    return message["key"]
                holds(count < 30, "it did not come back")

    same(asyncio.run(listen()), "C", "the key")


@check
def refused_publishing(gateway):
    """a record that is not valid does not tick, and the stream goes on"""
    x = fresh_x()

    async def publish(client):
        await client.publish("example", {"x": -1})
        await client.publish("example", {"x": "seven", "y": "bad"})
        await client.publish("nothing", {"x": 1})
        await client.publish("example", {"x": x})

    async def listen():
        values = []
        client = gateway.new_async_client()
        async with aclosing(client.stream(channels=["example"], timeout=TICK_LIMIT)) as stream:
            async for message in stream:
                if not values:
                    await publish(client)
                values += [record["x"] for record in message["data"]]
                if x in values or len(values) > 30:
                    return values

    values = asyncio.run(listen())
    holds(x in values and -1 not in values, f"streamed {values}")


@check
def unsubscribing(gateway):
    """a channel can be subscribed to and unsubscribed from while the stream runs"""
    async def listen():
        client = gateway.new_async_client()
        async with aclosing(client.stream(channels=["heartbeat", "example_list"], timeout=TICK_LIMIT)) as stream:
            seen = []
            async for message in stream:
                seen.append(message["channel"])
                if seen.count("example_list") == 1 and "str_basket" not in seen and message["channel"] == "example_list":
                    await client.unsubscribe("example_list")
                    await client.subscribe("str_basket", "a")
                if seen.count("heartbeat") == 5:
                    return seen

    seen = asyncio.run(listen())
    holds("str_basket" in seen, f"nothing of the channel subscribed to: {seen}")
    # A tick may have been on its way when the request left.
    holds(seen.count("example_list") <= 2, f"ticks after unsubscribing: {seen}")


@check
def callback(gateway):
    """the synchronous client calls back for every message"""

    class Enough(Exception):
        pass

    messages = []

    def receive(message):
        messages.append(message)
        if len(messages) == 2:
            raise Enough

    try:
        gateway.new_client().stream(channels=["example_list"], callback=receive, timeout=TICK_LIMIT)
    except Enough:
        pass
    same([message["channel"] for message in messages], ["example_list"] * 2, "the channels")
    are_records(messages[1]["data"], 1)


@check
def two_streams(gateway):
    """two streams at once get the same ticks"""

    async def listen():
        return await asyncio.gather(*[_messages(gateway, ["example_list"], 3) for _ in range(2)])

    first, second = ([message["data"][0]["id"] for message in messages] for messages in asyncio.run(listen()))
    holds(len(set(first) & set(second)) >= 2, f"{first} and {second} have too little in common")


@check
def asynchronous_rest(gateway):
    """the asynchronous client reads and sends over REST as the synchronous one does"""

    async def use():
        client = gateway.new_async_client()
        same(await client.last(), gateway.client.last(), "the index of last")
        same((await client.controls("heartbeat"))[0]["status"], "ok", "the heartbeat")
        are_records(await client.last("basket"), 3)
        are_records(await client.next("example", timeout=TICK_LIMIT), 1)
        sent = are_records(await client.send("example", {"x": fresh_x()}), 1)
        same(await client.lookup("example", sent[0]["id"]), sent, "lookup")
        are_records(await client.state("example_with_state"))

    asyncio.run(use())
