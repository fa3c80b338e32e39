"""Arrow columns of any type as text."""

import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.offsets import arrow_offsets
from aisle.feeds.links import as_lists
from aisle.feeds.objects import as_text

_WHOLE = 1e15
"""Below this every whole number has a float of its own."""


def text_column(column: pa.Array, *, of_bytes: bool) -> pa.Array:
    """A column as `string`, or as `list<string>` where it holds lists; nulls become empty.

    Numbers are written without a point where they are whole, since a column of ids with gaps is often stored
    as floats. Structures are written as JSON.

    Args:
        of_bytes: whether bytes that are no UTF-8 text are handed on as they are, for others to find; else
            they are left out.
    """
    kind = column.type
    if isinstance(kind, pa.ExtensionType):
        return text_column(column.storage, of_bytes=of_bytes)
    if pa.types.is_dictionary(kind):
        return text_column(column.dictionary_decode(), of_bytes=of_bytes)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(column, of_bytes=of_bytes)
    if _is_bytes(kind):
        return _bytes(column, of_bytes=of_bytes)
    if pa.types.is_nested(kind):
        return pa.array([as_text(value) for value in column.to_pylist()], pa.string())
    return pc.fill_null(_plain(column), "")


def _is_bytes(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_binary_view,
        )
    )


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_floating(column.type):
        return _floats(column)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp(column.type.unit))
    return column.cast(pa.string())


def _floats(column: pa.Array) -> pa.Array:
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), _WHOLE))
    integers = pc.if_else(whole, column, 0).cast(pa.int64()).cast(pa.string())
    texts = pc.if_else(whole, integers, column.cast(pa.string()))
    return pc.if_else(pc.is_nan(column), "", texts)


def _bytes(column: pa.Array, *, of_bytes: bool) -> pa.Array:
    raw = pc.fill_null(column.cast(pa.binary()), b"")
    texts = pa.StringArray.from_buffers(len(raw), *raw.buffers()[1:], offset=raw.offset)
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return (
            texts if of_bytes else pa.array([_text_or_nothing(value.as_py()) for value in raw], pa.string())
        )
    return texts


def _text_or_nothing(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _lists(column: pa.Array, *, of_bytes: bool) -> pa.Array:
    values = column.flatten()  # leaves out what lies behind null lists
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    offsets = arrow_offsets(lengths)
    texts = text_column(values, of_bytes=of_bytes)
    if pa.types.is_list(texts.type):
        texts = pa.array([as_text(value) if value else "" for value in values.to_pylist()], pa.string())
    return as_lists([pa.ListArray.from_arrays(pa.array(offsets), texts)])
