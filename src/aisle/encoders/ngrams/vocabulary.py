"""The n-grams seen in training: which row of the table each has, and how much it weighs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aisle.encoders.ngrams.features import NgramFeatures, Part, gather
from aisle.encoders.ngrams.weighting import count_rows, weigh_rows

_MAX_ROWS, _MAX_NGRAMS = 2**16, 2**20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The n-grams that have a row in the table, the most frequent first.

    Args:
        keys: (slots,) uint32, each once.
        idf: (slots,) float32 by which counts are multiplied.
        unseen_idf: the same for all other n-grams, which have no row but count in the length of a block.
        slot_of: (keys that can be,) int32 slot of a key, -1 for none.
    """

    keys: NDArray[np.uint32]
    idf: NDArray[np.float32]
    unseen_idf: np.float32
    slot_of: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.keys)

    def weigh(
        self, features: NgramFeatures, factors: NDArray[np.float32], folder: Path | None
    ) -> NgramFeatures:
        """Map keys to slots and give them their final weights; see weighting.weigh_rows."""
        parts = (
            (block_ptr, slot.copy(), weight.copy())
            for _, (block_ptr, slot, weight) in self.weighed_parts(features, factors, _MAX_ROWS)
        )
        return gather(parts, features.n_blocks, len(self), weighed=True, folder=folder)

    def weighed_parts(
        self, features: NgramFeatures, factors: NDArray[np.float32], max_rows: int
    ) -> Iterator[tuple[slice, Part]]:
        """Weigh slice by slice: the rows, and their part, which is good until the next is asked for."""
        n_blocks = features.n_blocks
        slices = list(features.slices(max_rows, _MAX_NGRAMS))
        row_ptr = features.block_ptr[::n_blocks]
        room = max((int(row_ptr[stop] - row_ptr[first]) for first, stop in slices), default=0)
        slot, weight = np.empty(room, np.int32), np.empty(room, np.float32)
        for first, stop in slices:
            block_ptr = np.empty((stop - first) * n_blocks + 1, np.int64)
            n = weigh_rows(
                features.block_ptr,
                features.key,
                features.weight,
                n_blocks,
                first,
                stop,
                self.slot_of,
                self.idf,
                self.unseen_idf,
                factors,
                block_ptr,
                slot,
                weight,
            )
            yield slice(first, stop), (block_ptr, slot[:n], weight[:n])


def empty_vocabulary(n_keys: int) -> Vocabulary:
    """The vocabulary of an encoder that saw nothing yet; `n_keys` as in make_vocabulary."""
    return make_vocabulary(np.zeros(0, np.uint32), np.zeros(0, np.float32), np.float32(1), n_keys)


def make_vocabulary(
    keys: NDArray[np.uint32], idf: NDArray[np.float32], unseen_idf: np.float32, n_keys: int
) -> Vocabulary:
    """Make the vocabulary of keys in the order of their slots.

    Args:
        n_keys: one more than the greatest key that can be.
    """
    slot_of = np.full(n_keys, -1, np.int32)
    slot_of[keys] = np.arange(len(keys), dtype=np.int32)
    return Vocabulary(keys=keys, idf=idf, unseen_idf=unseen_idf, slot_of=slot_of)


def learn_vocabulary(
    features: NgramFeatures, rows: NDArray[np.int64], n_keys: int, *, min_df: int, idf_power: float
) -> Vocabulary:
    """Learn from the features of some rows, hashed and not weighed yet.

    Args:
        min_df: rows that an n-gram must stand in; rarer ones are as if never seen.
        idf_power: exponent of log((1 + rows) / (1 + df)) + 1.
    """
    df = np.zeros(n_keys, np.int32)
    count_rows(features.block_ptr, features.key, features.n_blocks, np.array(rows, np.int64), df)
    keys = np.flatnonzero(df >= min_df)
    keys = keys[np.argsort(-df[keys], kind="stable")]
    idf = np.log((1 + len(rows)) / (1 + df[keys].astype(np.float64))) + 1
    unseen = np.log(1.0 + len(rows)) + 1
    return make_vocabulary(
        keys.astype(np.uint32),
        (idf**idf_power).astype(np.float32),
        np.float32(unseen**idf_power),
        n_keys,
    )
