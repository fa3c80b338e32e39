"""The n-grams of many products, in memory or in files that memory is mapped to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Part: TypeAlias = tuple[NDArray[np.int64], NDArray[Any], NDArray[np.float32]]
"""The n-grams of some rows: block_ptr that starts at 0, key, weight; as in NgramFeatures."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NgramFeatures:
    """The n-grams of each product, block by block; the arrays are read-only.

    Args:
        block_ptr: (products * blocks + 1) int64; the n-grams of block b of product i lie from
            block_ptr[i * blocks + b] to block_ptr[i * blocks + b + 1].
        key: (n-grams,) uint32 block * buckets + bucket, or once weighed int32 row of the encoder's table.
        weight: (n-grams,) float32, 1 + log of the count, or once weighed the final weight.
        n_blocks: blocks of the encoder.
        weighed: whether the encoder's `weigh` made it; then only n-grams seen in training are left.
        n_keys: one more than the greatest key that can be.
    """

    block_ptr: NDArray[np.int64]
    key: NDArray[Any]
    weight: NDArray[np.float32]
    n_blocks: int
    weighed: bool
    n_keys: int

    def __post_init__(self) -> None:
        for array in (self.block_ptr, self.key, self.weight):
            array.setflags(write=False)

    def __len__(self) -> int:
        return (len(self.block_ptr) - 1) // self.n_blocks

    @property
    def arrays(self) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.float32], int]:
        """What every kernel that reads them takes: block_ptr, key, weight, n_blocks."""
        return self.block_ptr, self.key, self.weight, self.n_blocks

    def check(self, n_blocks: int, n_keys: int, *, weighed: bool) -> None:
        """Refuse features of another encoder or fit, which would lead the kernels astray.

        Raises:
            ValueError: they have other blocks or keys than these, or are at another stage.
        """
        if self.weighed != weighed:
            raise ValueError(f"features are {'weighed already' if self.weighed else 'not weighed yet'}")
        if (self.n_blocks, self.n_keys) != (n_blocks, n_keys):
            raise ValueError(
                f"features of {self.n_blocks} blocks and {self.n_keys} keys; "
                f"the encoder has {n_blocks} and {n_keys}"
            )

    def chosen(
        self, rows: NDArray[np.int64], fields: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Rows and masks as the kernels take them, copied since they are compiled for one kind of array.

        Raises:
            ValueError: there are not as many masks as rows.
            IndexError: there is no such row.
        """
        if len(rows) != len(fields):
            raise ValueError(f"{len(rows)} rows and {len(fields)} masks")
        if len(rows) and not 0 <= np.min(rows) <= np.max(rows) < len(self):
            raise IndexError(f"rows {np.min(rows)} to {np.max(rows)} of {len(self)}")
        return np.array(rows, np.int64), np.array(fields, np.uint8)

    def slices(self, max_rows: int, max_ngrams: int) -> Iterator[tuple[int, int]]:
        """Cut the rows into slices of at most so many rows and, unless one row has more, so many n-grams."""
        row_ptr = np.ascontiguousarray(self.block_ptr[:: self.n_blocks])
        first = 0
        while first < len(self):
            last = int(np.searchsorted(row_ptr, row_ptr[first] + max_ngrams, side="right")) - 1
            stop = min(max(last, first + 1), first + max_rows, len(self))
            yield first, stop
            first = stop


def gather(
    parts: Iterable[Part], n_blocks: int, n_keys: int, *, weighed: bool, folder: Path | None
) -> NgramFeatures:
    """Set parts one below the other.

    Args:
        folder: where to write them to files that are then mapped to memory; None keeps them in memory.
            Features that were mapped from the same files before stay what they are.
    """
    if folder is not None:
        arrays = _in_files(parts, folder / ("weighed" if weighed else "hashed"))
    else:
        arrays = _in_memory(parts)
    block_ptr, key, weight = arrays
    kind = np.int32 if weighed else np.uint32
    return NgramFeatures(
        block_ptr=block_ptr,
        key=key.view(kind),
        weight=weight,
        n_blocks=n_blocks,
        weighed=weighed,
        n_keys=n_keys,
    )


def _in_memory(parts: Iterable[Part]) -> Part:
    held = list(parts)
    if len(held) == 1:
        return held[0]
    pointers = [np.zeros(1, np.int64)]
    for block_ptr, _, _ in held:
        pointers.append(block_ptr[1:] + pointers[-1][-1])
    keys = [np.zeros(0, np.uint32), *(key.view(np.uint32) for _, key, _ in held)]
    weights = [np.zeros(0, np.float32), *(weight for _, _, weight in held)]
    return np.concatenate(pointers), np.concatenate(keys), np.concatenate(weights)


def _in_files(parts: Iterable[Part], stem: Path) -> Part:
    paths = [stem.with_name(f"{stem.name}.{name}") for name in ("block_ptr", "key", "weight")]
    partial = [path.with_name(f"{path.name}.partial") for path in paths]
    total = 0
    with partial[0].open("wb") as pointers, partial[1].open("wb") as keys, partial[2].open("wb") as weights:
        pointers.write(np.zeros(1, np.int64).data)
        for block_ptr, key, weight in parts:
            pointers.write((block_ptr[1:] + total).data)
            keys.write(np.ascontiguousarray(key).data)
            weights.write(np.ascontiguousarray(weight).data)
            total += len(key)
    for path, written in zip(paths, partial, strict=True):
        written.replace(path)
    return _mapped(paths[0], np.int64), _mapped(paths[1], np.uint32), _mapped(paths[2], np.float32)


def _mapped(path: Path, kind: type[np.generic]) -> NDArray[Any]:
    if path.stat().st_size == 0:
        return np.zeros(0, kind)
    return np.asarray(np.memmap(path, kind, "r"))
