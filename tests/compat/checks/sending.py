"""`send`, and what a refused body gets."""

from csp_gateway.utils import ServerRouteNotFoundException, ServerUnprocessableException

from .gateway import are_records, eventually, fresh_x
from .suite import check, holds, raises, same


def _problems(gateway, body, channel="example"):
    error = raises(ServerUnprocessableException, lambda: gateway.client.send(channel, body))
    problems = error.args[0]
    holds(isinstance(problems, list) and problems, f"the detail is {problems!r}")
    for problem in problems:
        same({"type", "loc", "msg"} - set(problem), set(), "parts missing from a problem")
        same(problem["loc"][0], "body", "the start of the location")
    return problems


@check
def one_object(gateway):
    """an object comes back as a list of one, with id, time and defaults filled in, and can be looked up"""
    x = fresh_x()
    (record,) = are_records(gateway.client.send("example", {"x": x, "y": "hello"}), 1)
    got = {name: record[name] for name in ("x", "y", "z", "internal_csp_struct", "data", "mapping")}
    same(got, {"x": x, "y": "hello", "z": "", "internal_csp_struct": {"z": 12}, "data": [], "mapping": {}}, "the record")
    same(gateway.client.lookup("example", record["id"]), [record], "lookup")


@check
def several_objects(gateway):
    """a list comes back in order with an id each; an empty list is an empty list"""
    x = fresh_x()
    records = are_records(gateway.client.send("example", [{"x": x}, {"x": x + 2}, {"x": x + 4}]), 3)
    same([record["x"] for record in records], [x, x + 2, x + 4], "the order")
    same(len({record["id"] for record in records}), 3, "different ids")
    same(gateway.client.send("example", []), [], "nothing sent")


@check
def every_type(gateway):
    """a value of every type comes back as it was sent"""
    sent = {
        "x": fresh_x(), "y": "é€😀\"\\\n", "z": "z", "internal_csp_struct": {"z": -3}, "data": [0.1, -2.0, 1e300],
        "mapping": {"a b": 1, "": -9007199254740993}, "dt": "2024-02-29T23:59:59.123456Z", "d": "2024-02-29",
    }  # fmt: skip
    (record,) = are_records(gateway.client.send("example", sent), 1)
    same({name: record[name] for name in sent}, sent, "the record")


@check
def own_id_and_time(gateway):
    """an id and a timestamp given by the sender are kept, the time as naive UTC"""
    own = f"compat-{fresh_x()}"
    body = {"x": fresh_x(), "id": own, "timestamp": "2020-01-01T05:00:00+05:00"}
    (record,) = gateway.client.send("example", body)
    same((record["id"], record["timestamp"]), (own, "2020-01-01T00:00:00"), "id and timestamp")
    same(gateway.client.lookup("id", own), [record], "lookup")


@check
def no_body(gateway):
    """no body at all is a 422"""
    (problem,) = _problems(gateway, None)
    same((problem["type"], problem["loc"]), ("missing", ["body"]), "the problem")


@check
def lenient_numbers(gateway):
    """numeric text and integral floats are taken for an integer, numbers for text"""
    x = fresh_x() // 10**6 | 1
    for value in (str(x), float(x)):
        same(gateway.client.send("example", {"x": value})[0]["x"], x, f"x sent as {value!r}")
    same(gateway.client.send("example", {"x": x, "y": 5})[0]["y"], "5", "y sent as 5")


@check
def reaches_the_channel(gateway):
    """what was sent ticks the channel"""
    x = fresh_x()
    (sent,) = gateway.client.send("example", {"x": x})
    same(gateway.arrives(x=x), [sent], "the tick")


@check
def feedback(gateway):
    """an even x on `example` is answered by x + 1 with the same y; an odd one is not"""
    x = fresh_x() + 1
    gateway.client.send("example", {"x": x, "y": "even"})
    (answer,) = gateway.arrives(x=x + 1)
    same(answer["y"], "even", "y of the answer")
    same(gateway.matching(x=x + 2), [], "answers to the answer")


@check
def basket_key(gateway):
    """send to a key of a basket takes an object or a list, and ticks that key"""
    x = fresh_x()
    (record,) = are_records(gateway.client.send("basket/B", {"x": x}), 1)
    same(record["x"], x, "x")
    seen = eventually(lambda: gateway.client.last("basket/B")[0]["x"] == x, 0.7, every=0.01)
    # A tick of its own may have followed before we could look.
    holds(seen or gateway.client.lookup("basket", record["id"]) == [record], "the key did not tick")
    records = are_records(gateway.client.send("basket/C", [{"x": x + 2}, {"x": x + 4}]), 2)
    same([record["x"] for record in records], [x + 2, x + 4], "the order")


@check
def constraint(gateway):
    """a negative x is a 422 that carries the validator's own message, in a list too"""
    for body in ({"x": -1}, [{"x": fresh_x()}, {"x": -1}]):
        problems = _problems(gateway, body)
        holds(any("value must be non-negative." in problem["msg"] for problem in problems), f"problems: {problems}")


@check
def wrong_types(gateway):
    """wrong types, unknown fields and bodies that are no record are a 422"""
    good = {"x": 1}
    for body in [
        {"x": "seven"}, {"x": 1.5}, {"x": [1]}, good | {"y": ["a"]}, good | {"unknown": 1}, good | {"data": "text"},
        good | {"mapping": {"a": "b"}}, good | {"mapping": []}, good | {"internal_csp_struct": {"z": "q"}},
        good | {"d": "2023-02-29"}, good | {"dt": "yesterday"}, 5, "text", [5], [[good]],
    ]:  # fmt: skip
        _problems(gateway, body)


@check
def problem_place(gateway):
    """a problem says where it is"""
    (problem,) = [problem for problem in _problems(gateway, {"x": "seven"}) if "x" in problem["loc"]]
    same(problem["input"], "seven", "the input of the problem")
    places = [problem["loc"] for problem in _problems(gateway, {"x": 1, "mapping": {"a": "b"}})]
    holds(any("mapping" in place and "a" in place for place in places), f"the places are {places}")


@check
def nowhere_to_send(gateway):
    """send to a channel that takes none is a 404 that names it"""
    for channel, body in (("never_ticks", {"x": 1}), ("example_list", [{"x": 1}]), ("str_basket/a", {"x": 1})):
        error = raises(ServerRouteNotFoundException, lambda c=channel, b=body: gateway.client.send(c, b))
        same(str(error), f"Channel not found: {channel}", "the detail")
