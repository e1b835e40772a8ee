"""/openapi.json, from which the client learns what is mounted and what types there are."""

from csp_gateway.utils import ServerRouteNotMountedException

from .gateway import COLUMNS, PYTHON_CLASS
from .suite import check, holds, raises, same

CONTROLS_CLASS = "csp_gateway.utils.web.controls.Controls"


def _operation(gateway, path, method="get"):
    return gateway.client.openapi_spec["paths"][f"/api/v1/{path}"][method]


@check
def is_openapi_3(gateway):
    """the document is OpenAPI 3 with a title and a version"""
    document = gateway.client.openapi_spec
    holds(document["openapi"].startswith("3."), f"openapi is {document['openapi']!r}")
    holds(document["info"]["title"] and document["info"]["version"], "no title or no version")


@check
def families(gateway):
    """every family of routes is in the document, with its index and its methods"""
    paths = gateway.client.openapi_spec["paths"]
    expected = {
        "last/": {"get"}, "last/example": {"get"}, "last/basket": {"get"}, "last/basket/{key}": {"get"},
        "next/": {"get"}, "next/example_list": {"get"}, "next/str_basket/{key}": {"get"},
        "lookup/id/{id}": {"get"}, "lookup/example/{id}": {"get"},
        "send/": {"get"}, "send/example": {"post"}, "send/basket": {"post"}, "send/basket/{key}": {"post"},
        "state/": {"get"}, "state/example": {"get"}, "state/example_with_state_alternative": {"get"},
        "stage/": {"get"}, "stage/example": {"get", "post", "put", "patch", "delete"},
        "controls/": {"get"}, "controls/heartbeat": {"get"}, "controls/stats": {"get"}, "controls/shutdown": {"post"},
        "stream": {"get"},
    }  # fmt: skip
    for path, methods in expected.items():
        holds(f"/api/v1/{path}" in paths, f"no /api/v1/{path}")
        holds(methods <= set(paths[f"/api/v1/{path}"]), f"{path} has {sorted(paths[f'/api/v1/{path}'])}")


@check
def python_classes(gateway):
    """operations name the Python class of their records"""
    for path, method in [("last/example", "get"), ("next/basket/{key}", "get"), ("lookup/example/{id}", "get"), ("state/example", "get"), ("send/example", "post")]:
        same(_operation(gateway, path, method)["type_"], PYTHON_CLASS, f"type_ of {path}")
    same(_operation(gateway, "controls/stats")["type_"], CONTROLS_CLASS, "type_ of controls/stats")


@check
def columns(gateway):
    """the response schema lists the columns in order, with types and the nested struct resolved"""
    answer = _operation(gateway, "last/example")["responses"]["200"]["content"]["application/json"]["schema"]
    same(answer["type"], "array", "the type of the answer")
    properties = answer["items"]["properties"]
    same(list(properties), COLUMNS, "the columns")
    same(properties["internal_csp_struct"]["properties"]["z"]["type"], "integer", "the nested column")
    same((properties["y"]["type"], properties["mapping"]["type"]), ("string", "object"), "the types")
    same((properties["dt"]["format"], properties["d"]["format"]), ("date-time", "date"), "the formats")


@check
def mounted(gateway):
    """the client knows which routes are mounted, and refuses others by itself"""
    client = gateway.new_client()
    for call in [
        lambda: client.last("nothing"),
        lambda: client.next("nothing"),
        lambda: client.send("nothing", {}),
        lambda: client.state("str_basket"),
        lambda: client.stage("example_list"),
        lambda: client.lookup("nothing", "1"),
        lambda: client.controls("nothing"),
    ]:
        raises(ServerRouteNotMountedException, call)
