"""A batch of products to its hashed n-grams."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.encoders.ngrams.columns import text_columns
from aisle.encoders.ngrams.features import Part
from aisle.encoders.ngrams.hashing import hash_rows
from aisle.encoders.ngrams.letters import fold_table

_NGRAMS_AT_ONCE = 2**21


def hash_products(
    products: pa.RecordBatch,
    fields: tuple[str, ...],
    plan: NDArray[np.int64],
    shift: int,
    at_once: int = _NGRAMS_AT_ONCE,
) -> Iterator[Part]:
    """Hash the n-grams of a batch.

    Args:
        products: opens with core.schemas.PRODUCT_SCHEMA.
        fields: those that the plan reads.
        plan: (blocks, 4) field, kind, shortest and longest n-gram.
        shift: 64 less the number of bits of a bucket.
        at_once: n-grams that a part has at most, unless one row has more.

    Yields:
        The n-grams of the next rows, not weighed.
    """
    columns = text_columns(products, fields)
    n_rows, n_blocks = products.num_rows, len(plan)
    work = _workspace(columns.longest, plan)
    bounds = _bounds(columns.offsets, plan)
    room = int(min(bounds.sum(), max(at_once, bounds.max(initial=0))))
    block_ptr = np.zeros(n_rows * n_blocks + 1, np.int64)
    first = 0
    while first < n_rows:
        key, weight = np.empty(room, np.uint32), np.empty(room, np.float32)
        block_ptr[first * n_blocks] = 0
        stop = hash_rows(
            columns.data, columns.offsets, first, plan, shift, fold_table(), work, block_ptr, key, weight
        )
        part = block_ptr[first * n_blocks : stop * n_blocks + 1]
        yield part.copy(), key[: part[-1]], weight[: part[-1]]
        first = stop


def _bounds(offsets: NDArray[np.int64], plan: NDArray[np.int64]) -> NDArray[np.int64]:
    """No fewer n-grams than each row has, as hashing._bound counts them: (rows,)."""
    n_bytes = np.diff(offsets, axis=1)[plan[:, 0]]
    sizes = (plan[:, 3] - plan[:, 2] + 1)[:, None]
    total: NDArray[np.int64] = (sizes * 3 * (n_bytes + 1)).sum(axis=0)
    return total


def _workspace(longest: int, plan: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Scratch for hash_rows: bytes, characters, words, cells, and the clock that ages the cells.

    Args:
        longest: bytes of the longest text.
        plan: (blocks, 4) field, kind, shortest and longest n-gram.
    """
    room = 3 * longest + 4
    widest = int((plan[:, 3] - plan[:, 2] + 1).max(initial=1))
    n_cells = 1 << (2 * widest * room + 2).bit_length()
    return (
        np.empty(room, np.uint8),
        np.empty(room, np.uint32),
        np.empty(room, np.uint64),
        np.zeros(n_cells, np.int64),
        np.ones(1, np.int64),
    )
