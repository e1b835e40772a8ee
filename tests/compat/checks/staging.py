"""`stage`: named areas of records that tick only when they are released."""

import asyncio

from csp_gateway.utils import ServerUnknownException, ServerUnprocessableException

from .gateway import are_records, fresh_x
from .suite import check, holds, raises, same

CHANNEL = "example"


def _empty(gateway, channel=CHANNEL):
    gateway.client.stage_clear(channel, staging_ids=[])
    same(gateway.client.stage(channel), [], "areas left after clearing all")


def _sizes(areas):
    return {area: len(records) for area, records in areas.items()}


@check
def nothing_staged(gateway):
    """without areas, listing and releasing have nothing"""
    _empty(gateway)
    client = gateway.client
    same((client.stage_list(CHANNEL), client.stage_lookup(CHANNEL), client.stage_release(CHANNEL)), ({}, {}, {}), "the answers")


@check
def new_areas(gateway):
    """new areas are empty, listed in the order of their creation, and belong to one channel"""
    _empty(gateway)
    _empty(gateway, "example_with_stage")
    first, second = gateway.client.stage_new(CHANNEL), gateway.client.stage_new(CHANNEL)
    same((_sizes(first), _sizes(second)), (dict.fromkeys(first, 0), dict.fromkeys(second, 0)), "the new areas")
    same(gateway.client.stage(CHANNEL), [*first, *second], "the areas")
    same(gateway.client.stage(CHANNEL, staging_ids=[*first]), [*first], "one area")
    same(gateway.client.stage(CHANNEL, staging_ids=["0"]), [], "an area that is not there")
    same(gateway.client.stage("example_with_stage"), [], "the areas of another channel")
    _empty(gateway)


@check
def adding(gateway):
    """a record is added to the latest area, to named ones, to all, or to a new one if there is none"""
    _empty(gateway)
    client = gateway.client
    (first,) = client.stage_add(CHANNEL, {"x": fresh_x()})
    same(client.stage(CHANNEL), [first], "the area made for it")
    (second,) = client.stage_new(CHANNEL)
    same(_sizes(client.stage_add(CHANNEL, {"x": fresh_x()})), {second: 1}, "added to the latest")
    same(_sizes(client.stage_add(CHANNEL, {"x": fresh_x()}, staging_ids=[first])), {first: 2}, "added to one")
    same(_sizes(client.stage_add(CHANNEL, {"x": fresh_x()}, staging_ids=[])), {first: 3, second: 2}, "added to all")
    listed = client.stage_list(CHANNEL)
    same(_sizes(listed), {first: 3, second: 2}, "the areas")
    are_records(listed[first], 3)
    same(client.stage_lookup(CHANNEL, first), {first: listed[first]}, "one area")
    same(client.stage_lookup(CHANNEL, "0"), {}, "an area that is not there")
    _empty(gateway)


@check
def refusals(gateway):
    """an unknown area is a 400, a record that is not valid a 422"""
    _empty(gateway)
    client = gateway.client
    error = raises(ServerUnknownException, lambda: client.stage_add(CHANNEL, {"x": 1}, staging_ids=["0"]))
    holds(str(error).startswith("400: "), f"the error is {error}")
    raises(ServerUnprocessableException, lambda: client.stage_add(CHANNEL, {"x": -1}))
    raises(ServerUnprocessableException, lambda: client.stage_add(CHANNEL, {"x": "seven"}))
    same(client.stage(CHANNEL), [], "areas made by refused records")


@check
def removing(gateway):
    """a record is removed by itself; clearing a named area keeps it, clearing without a name drops the latest"""
    _empty(gateway)
    client = gateway.client
    (area,) = client.stage_new(CHANNEL)
    for _ in range(2):
        client.stage_add(CHANNEL, {"x": fresh_x()})
    first, second = client.stage_lookup(CHANNEL)[area]
    same(client.stage_remove(CHANNEL, first), {area: [second]}, "what is left")
    same(client.stage_remove(CHANNEL, first), {}, "removing it again")
    same(client.stage_clear(CHANNEL, staging_ids=[area]), {area: []}, "clearing by name")
    same(client.stage(CHANNEL), [area], "the area stays")
    client.stage_clear(CHANNEL)
    same(client.stage(CHANNEL), [], "the area is dropped")


@check
def releasing(gateway):
    """staged records tick when they are released, area by area or all at once, and not before"""
    _empty(gateway)
    client = gateway.client
    x = fresh_x()
    (first,) = client.stage_add(CHANNEL, {"x": x})
    (second,) = client.stage_new(CHANNEL)
    client.stage_add(CHANNEL, {"x": x + 2})
    client.stage_add(CHANNEL, {"x": x + 4})
    same(gateway.matching(x=x), [], "ticks before the release")

    same(client.stage_release(CHANNEL, staging_ids=[]), {}, "released by an empty list of areas")
    same([record["x"] for record in client.stage_release(CHANNEL, staging_ids=[first])[first]], [x], "released by name")
    gateway.arrives(x=x)
    same(client.stage(CHANNEL), [second], "the areas left")
    released = client.stage_release(CHANNEL)
    same([record["x"] for record in released[second]], [x + 2, x + 4], "released with the rest")
    gateway.arrives(x=x + 4)
    same(len(gateway.matching(x=x + 2)), 1, "ticks of the first of two")
    same(client.stage(CHANNEL), [], "areas left")


@check
def asynchronously(gateway):
    """the asynchronous client stages as the synchronous one does"""
    _empty(gateway)

    async def stage():
        client = gateway.new_async_client()
        x = fresh_x()
        (area,) = await client.stage_new(CHANNEL)
        await client.stage_add(CHANNEL, {"x": x}, staging_ids=[area])
        same(_sizes(await client.stage_list(CHANNEL)), {area: 1}, "the areas")
        same([record["x"] for record in (await client.stage_release(CHANNEL))[area]], [x], "what was released")

    asyncio.run(stage())
    _empty(gateway)
