"""Several links or product types of a product as one list."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.core.offsets import arrow_offsets

_BEFORE_ADDRESS = re.compile(r",\s*(?=(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//)")
_SEVERAL_ADDRESSES = r",\s*(?i:https?:)?//"
_ANY_COMMA = re.compile(r",\s*")


def split_links(text: str) -> list[str]:
    """The links in `text`, which commas separate.

    A comma may be part of an address, so addresses are split only where the next address begins; a list of
    relative paths is split at every comma.
    """
    comma = _BEFORE_ADDRESS if "//" in text else _ANY_COMMA
    return [link for part in comma.split(text) if (link := part.strip(" \t\r\n,"))]


def split_link_column(column: pa.Array) -> pa.Array:
    """`split_links` of each text of a `string` column, as `list<string>`; a `list<string>` is handed back."""
    if pa.types.is_list(column.type):
        return column
    with_comma = pc.match_substring(column, ",")
    if not with_comma.true_count:
        return as_lists([column])
    return pa.array([split_links(text) for text in column.to_pylist()], pa.list_(pa.string()))


def count_joined(column: pa.Array) -> int:
    """How many texts of a column of single links look like several addresses with commas between."""
    texts = column.flatten() if pa.types.is_list(column.type) else column
    with_comma = pc.match_substring(texts, ",")
    if not with_comma.true_count:
        return 0
    return int(pc.match_substring_regex(texts.filter(with_comma), _SEVERAL_ADDRESSES).true_count)


def as_lists(columns: Sequence[pa.Array]) -> pa.Array:
    """Columns of `string` or `list<string>` side by side as one column of lists; blank texts are left out.

    Args:
        columns: (rows,) each, at least one, without nulls.
    """
    n_rows = len(columns[0])
    rows, texts = zip(*(_flat(column) for column in columns), strict=True)
    row: NDArray[np.int64] = np.concatenate(rows)
    text = pa.concat_arrays(texts)
    if len(columns) > 1:
        order = np.argsort(row, kind="stable")
        row, text = row[order], text.take(pa.array(order))
    offsets = arrow_offsets(np.bincount(row, minlength=n_rows))
    return pa.ListArray.from_arrays(pa.array(offsets), text)


def _flat(column: pa.Array) -> tuple[NDArray[np.int64], pa.Array]:
    """The texts that are not blank, trimmed, and the row of each."""
    if pa.types.is_list(column.type):
        row = pc.list_parent_indices(column).to_numpy().astype(np.int64)
        texts = column.flatten()
    else:
        row, texts = np.arange(len(column), dtype=np.int64), column
    texts = pc.utf8_trim_whitespace(texts)
    filled = pc.not_equal(texts, "")
    if filled.true_count == len(texts):
        return row, texts
    return row[filled.to_numpy(zero_copy_only=False)], texts.filter(filled)
