"""Kernels from keys and counts to rows of the table and weights: TF-IDF, each block of a row of length 1."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aisle.core.kernels import kernel

Array: TypeAlias = NDArray[Any]


@kernel()
def count_rows(block_ptr: Array, key: Array, n_blocks: int, rows: Array, df: Array) -> None:
    """Count in how many of `rows` each key stands; `df` (keys,) int32 is added to."""
    for row in rows:
        for i in range(block_ptr[row * n_blocks], block_ptr[(row + 1) * n_blocks]):
            df[key[i]] += 1


@kernel()
def weigh_rows(
    block_ptr: Array,
    key: Array,
    weight: Array,
    n_blocks: int,
    first: int,
    stop: int,
    slot_of: Array,
    idf: Array,
    unseen_idf: np.float32,
    factors: Array,
    out_ptr: Array,
    out_slot: Array,
    out_weight: Array,
) -> int:
    """Look up the slots of rows' keys, weigh them, and drop keys that have no slot.

    A block's weights have length 1, keys without a slot included, before they are multiplied by its factor: a
    text that is new in large part speaks low.

    Args:
        first: the first row.
        stop: one past the last row.
        slot_of: (keys,) slot of a key, -1 for none.
        idf: (slots,) by which a count is multiplied.
        unseen_idf: the same for keys without a slot.
        factors: (blocks,) float32.
        out_ptr: ((stop - first) * blocks + 1) int64, out; starts at 0.
        out_slot: out, as `out_weight`: room for all n-grams of the rows.

    Returns:
        How many n-grams were written.
    """
    n = 0
    out_ptr[0] = 0
    for block in range(first * n_blocks, stop * n_blocks):
        begin = n
        squares = np.float64(0)
        for i in range(block_ptr[block], block_ptr[block + 1]):
            slot = slot_of[key[i]]
            if slot < 0:
                squares += np.float64(weight[i] * unseen_idf) ** 2
            else:
                weighed = weight[i] * idf[slot]
                squares += np.float64(weighed) ** 2
                out_slot[n] = slot
                out_weight[n] = weighed
                n += 1
        if n > begin:
            scale = np.float32(factors[block % n_blocks] / np.sqrt(squares))
            for i in range(begin, n):
                out_weight[i] *= scale
        out_ptr[block - first * n_blocks + 1] = n
    return n
