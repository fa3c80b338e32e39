"""From the text columns of an Arrow batch to the arrays that the hashing kernels read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.records import TEXT_FIELDS

_NO_BYTES = np.zeros(0, np.uint8)
_NO_BYTES.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Columns:
    """The texts of some products, as they lie in Arrow's buffers.

    Args:
        data: for each of TEXT_FIELDS its UTF-8 bytes; a field that nobody reads is empty.
        offsets: (fields, products + 1) where each product's text starts.
    """

    data: tuple[NDArray[np.uint8], ...]
    offsets: NDArray[np.int64]

    @property
    def longest(self) -> int:
        """Bytes of the longest text."""
        return int(np.diff(self.offsets, axis=1).max(initial=0))


def text_columns(products: pa.RecordBatch, fields: tuple[str, ...]) -> Columns:
    """Find the buffers of the text fields in `fields`; nothing is copied but the offsets."""
    offsets = np.zeros((len(TEXT_FIELDS), products.num_rows + 1), np.int64)
    data = [_NO_BYTES] * len(TEXT_FIELDS)
    for i, name in enumerate(TEXT_FIELDS):
        if name in fields:
            data[i], offsets[i] = _buffers(products.column(name))
    return Columns(tuple(data), offsets)


def _buffers(column: Any) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    if column.null_count:
        column = column.fill_null("")
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.large_string())
    if len(column) == 0:
        return _NO_BYTES, np.zeros(1, np.int64)
    _, offsets, data = column.buffers()
    kind = np.int32 if pa.types.is_string(column.type) else np.int64
    found = np.frombuffer(offsets, kind)[column.offset : column.offset + len(column) + 1]
    if data is None or data.size == 0:
        return _NO_BYTES, found
    texts = np.frombuffer(data, np.uint8)
    texts.setflags(write=False)  # all alike, since the kernels are compiled for a type
    return texts, found
