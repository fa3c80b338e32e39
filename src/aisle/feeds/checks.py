"""Rows that can be cut out of a feed and are no products: bad bytes, fields far too long, no id."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.core.schemas import REJECTED_KINDS
from aisle.feeds.arrow_text import is_utf8, unproved
from aisle.feeds.layout import on_one_line

MAX_FIELD_BYTES = 1_000_000

NOT_UTF8 = ("not UTF-8", f"has bytes that are not UTF-8; {REJECTED_KINDS['not UTF-8']}")
"""The kind and the reason of a text that cannot be decoded."""

_NO_TEXT = ("no text", "holds bytes that are no text in UTF-8")
"""The kind and the reason of bytes that cannot be decoded, in a column that need not hold text."""


class Fault(NamedTuple):
    """A row, and what is wrong with it: one of core.schemas.REJECTED_KINDS, and in words."""

    row: int
    kind: str
    reason: str


def find_faults(names: Sequence[str], columns: Sequence[pa.Array]) -> list[Fault]:
    """What is wrong with the texts of each row, at most one fault a row, in the order of rows.

    Args:
        names: (columns) as a reader of the feed knows them.
        columns: (columns) as `Block` has them.
    """
    faults: dict[int, Fault] = {}
    for name, column in zip(names, columns, strict=True):
        for row, kind, reason in _column_faults(column):
            faults.setdefault(row, Fault(row, kind, f"'{on_one_line(name)}' {reason}"))
    return sorted(faults.values())


def rows_without_id(ids: pa.Array) -> list[Fault]:
    """The rows whose id is blank.

    Args:
        ids: (rows,) trimmed strings.
    """
    blank = pc.equal(ids, "")
    if not blank.true_count:
        return []
    return [Fault(int(row), "no id", "no id") for row in np.flatnonzero(blank.to_numpy(zero_copy_only=False))]


def _column_faults(column: pa.Array) -> Iterator[Fault]:
    texts, row = column, None
    if pa.types.is_list(column.type):
        texts = column.flatten()
        row = pc.list_parent_indices(column).to_numpy()
    for i, kind, reason in _text_faults(texts):
        yield Fault(i if row is None else int(row[i]), kind, reason)


def _text_faults(texts: pa.Array) -> Iterator[Fault]:
    """One look at all bytes; only a column with trouble is looked at text by text."""
    what = NOT_UTF8
    if pa.types.is_binary(texts.type):
        texts, what = unproved(texts), _NO_TEXT
    if not is_utf8(texts):
        for i in range(len(texts)):
            if not is_utf8(texts.slice(i, 1)):
                yield Fault(i, *what)
    offsets, data = _buffers(texts)
    if not len(data):
        return
    lengths = np.diff(offsets)
    if int(lengths.max()) > MAX_FIELD_BYTES:
        for i in np.flatnonzero(lengths > MAX_FIELD_BYTES).tolist():
            yield Fault(i, "too long", f"has {int(lengths[i]):,} bytes; the most is {MAX_FIELD_BYTES:,}")
    if int(data.min()) == 0:
        at = np.flatnonzero(data == 0) + int(offsets[0])
        for i in np.unique(np.searchsorted(offsets, at, side="right") - 1).tolist():
            yield Fault(i, "a NUL byte", "has a NUL byte")


def _buffers(texts: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where each text begins and ends in the array's bytes, and the bytes from the first to the last text."""
    _, offset_buffer, data_buffer = texts.buffers()
    if not len(texts) or data_buffer is None:
        return np.zeros(1, np.int32), np.empty(0, np.uint8)
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return offsets, np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
