"""Arrow columns of any type as text."""

import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.offsets import arrow_offsets
from aisle.feeds.links import as_lists
from aisle.feeds.objects import as_text

_WHOLE = 1e15
"""Below this every whole number has a float of its own."""


def text_column(column: pa.Array) -> pa.Array:
    """A column as `string`, or as `list<string>` where it holds lists; nulls become empty.

    Numbers are written without a point where they are whole, since a column of ids with gaps is often stored
    as floats. Structures are written as JSON. Bytes are text where all of the column's are UTF-8; else they
    come out as they are, as `binary` or `list<binary>`.
    """
    kind = column.type
    if isinstance(kind, pa.ExtensionType):
        return text_column(column.storage)
    if pa.types.is_dictionary(kind):
        return text_column(column.dictionary_decode())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(column)
    if _is_bytes(kind):
        return _bytes(column)
    if pa.types.is_nested(kind):
        return pa.array([as_text(value) for value in column.to_pylist()], pa.string())
    return pc.fill_null(_plain(column), "")


def holds_bytes(column: pa.Array) -> bool:
    """Whether a column of `text_column` is one of bytes that are not all text."""
    kind = column.type
    return bool(pa.types.is_binary(kind.value_type if pa.types.is_list(kind) else kind))


def text_alone(column: pa.Array) -> pa.Array:
    """A column that `holds_bytes` as `string` or `list<string>`, bytes that are no text left out."""
    if pa.types.is_list(column.type):
        lists = [[as_text(item) for item in value.as_py()] for value in column]
        return as_lists([pa.array(lists, pa.list_(pa.string()))])
    return pa.array([as_text(value.as_py()) for value in column], pa.string())


def unproved(raw: pa.Array) -> pa.Array:
    """A `binary` column without nulls as `string`, which nobody has proved to be UTF-8."""
    return pa.StringArray.from_buffers(len(raw), *raw.buffers()[1:], offset=raw.offset)


def is_utf8(texts: pa.Array) -> bool:
    """Whether all of a `string` column is UTF-8."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


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
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
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


def _bytes(column: pa.Array) -> pa.Array:
    raw = pc.fill_null(column.cast(pa.binary()), b"")
    texts = unproved(raw)
    return texts if is_utf8(texts) else raw


def _lists(column: pa.Array) -> pa.Array:
    values = column.flatten()  # leaves out what lies behind null lists
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    offsets = arrow_offsets(lengths)
    texts = text_column(values)
    if pa.types.is_list(texts.type):
        texts = pa.array([as_text(value) if value else "" for value in values.to_pylist()], pa.string())
    lists = pa.ListArray.from_arrays(pa.array(offsets), texts)
    return lists if holds_bytes(lists) else as_lists([lists])
