"""Results as data frames, wrappers and structs, which the client makes from the document's schemas."""

import polars
from csp_gateway import ResponseWrapper, ReturnType
from csp_gateway.server.demo import ExampleData

from .gateway import COLUMNS, PYTHON_CLASS, are_records, fresh_x
from .suite import check, holds, same

FRAME_COLUMNS = ["internal_csp_struct.z" if name == "internal_csp_struct" else name for name in COLUMNS]
POLARS_TYPES = {
    "id": polars.String, "timestamp": polars.String, "x": polars.Int64, "y": polars.String, "z": polars.String,
    "internal_csp_struct.z": polars.Int64, "data": polars.Object, "mapping": polars.Object, "dt": polars.String,
    "d": polars.String,
}  # fmt: skip
ROUTES = ["example", "example_list", "basket", "basket/A", "str_basket/b"]


def _pandas_types(frame):
    same(set(FRAME_COLUMNS) - set(frame.columns), set(), "missing columns")
    types = {name: str(frame.dtypes[name]) for name in FRAME_COLUMNS}
    for name in ("x", "internal_csp_struct.z"):
        same(types[name], "int64", f"the type of {name}")
    for name in ("id", "timestamp", "y", "z", "dt", "d"):
        holds(types[name].startswith("str"), f"the type of {name} is {types[name]}")
    for name in ("data", "mapping"):
        same(types[name], "object", f"the type of {name}")


@check
def wrapper(gateway):
    """a wrapper has the records, their columns and their Python class"""
    answer = gateway.client.last("example_list", return_type_override=ReturnType.Wrapper)
    same(type(answer), ResponseWrapper, "the type of the answer")
    are_records(answer.as_json())
    same(answer.type_name, PYTHON_CLASS, "the class")
    same(list(answer.openapi_schema["properties"]), COLUMNS, "the columns")


@check
def pandas_frame(gateway):
    """a pandas frame has a typed column per leaf, for every kind of channel"""
    for route in ROUTES:
        answer = gateway.client.last(route, return_type_override=ReturnType.Wrapper)
        frame = answer.as_pandas_df()
        _pandas_types(frame)
        same(list(frame["id"]), [record["id"] for record in answer.as_json()], f"the rows of {route}")


@check
def pandas_values(gateway):
    """a pandas frame has the values: lists in a cell, maps widened to columns"""
    frame = gateway.client.last("example_list", return_type_override=ReturnType.Pandas)
    x = int(frame["x"].iloc[0])
    same(int(frame[f"mapping.{x}"].iloc[0]), x, "the value in the map")
    same(len(frame["data"].iloc[0]), 10, "the length of the list")


@check
def empty_pandas_frame(gateway):
    """an empty pandas frame has every column, typed, in order"""
    frame = gateway.client.lookup("example", "0", return_type_override=ReturnType.Pandas)
    same((list(frame.columns), len(frame)), (FRAME_COLUMNS, 0), "the columns and rows")
    _pandas_types(frame)


@check
def polars_frame(gateway):
    """a polars frame has exactly the columns of the schema, typed, and the values"""
    for route in ROUTES:
        answer = gateway.client.last(route, return_type_override=ReturnType.Wrapper)
        frame = answer.as_polars_df()
        same(dict(frame.schema), POLARS_TYPES, f"the schema of {route}")
        same(frame["id"].to_list(), [record["id"] for record in answer.as_json()], f"the rows of {route}")
        nested = [record["internal_csp_struct"]["z"] for record in answer.as_json()]
        same(frame["internal_csp_struct.z"].to_list(), nested, "the nested column")


@check
def names_frame(gateway):
    """an answer without columns, such as an index, is a frame of one"""
    frame = gateway.client.last(return_type_override=ReturnType.Pandas)
    same(frame.iloc[:, 0].tolist(), gateway.client.last(), "the names")


@check
def sent_and_state_frames(gateway):
    """what was sent, and a state, can be frames too"""
    frame = gateway.client.send("example", [{"x": fresh_x()}, {"x": fresh_x()}], return_type_override=ReturnType.Pandas)
    same(len(frame), 2, "the rows sent")
    _pandas_types(frame)
    _pandas_types(gateway.client.state("example_with_state", return_type_override=ReturnType.Pandas))


@check
def structs(gateway):
    """a record can be an instance of csp-gateway's own struct, with the values of the record"""
    answer = gateway.client.last("example_list", return_type_override=ReturnType.Wrapper)
    record, struct = answer.as_json()[0], answer.as_struct()[0]
    same(type(struct), ExampleData, "the class")
    same((struct.id, struct.x, struct.y), (record["id"], record["x"], record["y"]), "the values")
    same((list(struct.data), struct.mapping), (record["data"], record["mapping"]), "the list and the map")
    same(struct.internal_csp_struct.z, record["internal_csp_struct"]["z"], "the nested struct")


@check
def configured(gateway):
    """a client can be configured to return one kind always"""
    same(type(gateway.new_client(return_type="wrapper").last("example")), ResponseWrapper, "wrapper")
    are_records(gateway.new_client(return_type="json").last("example"), 1)
    same(type(gateway.new_client(return_type="struct").last("example")[0]), ExampleData, "struct")
    same(type(gateway.new_client(return_type="polars").last("example")), polars.DataFrame, "polars")
    _pandas_types(gateway.new_client(return_type="pandas").last("example"))
