"""The table of embeddings: where its rows lie in memory, and its two precisions.

It is float32 while it is trained and float16 afterwards.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError

LINE = 16
"""float32 numbers in a cache line; a table has a multiple of it as columns."""

_SMALLEST_HALF = 2.0**-14  # below it a float16 has fewer bits, and some processors are slow
_ROWS_AT_ONCE = 2**16


def empty_table(n_slots: int, dim: int, kind: type[np.generic]) -> NDArray[Any]:
    """A table of zeros (n_slots, dim) whose rows start at the edge of a cache line."""
    size = n_slots * dim * np.dtype(kind).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(kind).reshape(n_slots, dim)


def halved(table: NDArray[Any]) -> NDArray[np.float16]:
    """Round a table to float16, values too small for it to zero.

    Raises:
        AisleError: values are beyond float16, or no numbers.
    """
    half = empty_table(len(table), table.shape[1], np.float16)
    for at in range(0, len(table), _ROWS_AT_ONCE):
        rows = table[at : at + _ROWS_AT_ONCE]
        if not np.all(np.abs(rows) <= np.finfo(np.float16).max):
            raise AisleError(
                "the n-gram table holds values above 65504 or no numbers: training went wild; "
                "lower the learning rate of the encoder's table"
            )
        part = rows.astype(np.float16)
        part[np.abs(part) < _SMALLEST_HALF] = 0
        half[at : at + _ROWS_AT_ONCE] = part
    return half


def as_kernels_read(table: NDArray[Any]) -> tuple[NDArray[Any], np.float32]:
    """The table as `sum_rows` takes it, and its `lift`."""
    if table.dtype == np.float16:
        return table.view(np.int16), np.float32(2.0**112)
    return table, np.float32(1)
