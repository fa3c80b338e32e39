"""The answer for each product: the most probable path down the tree, and the most probable leaves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.kernels import kernel
from aisle.taxonomy.tree import Taxonomy

_BLOCK = 32
"""Leaves looked at together when searching for the most probable ones."""


def most_probable_paths(
    tree: Taxonomy, leaf_p: NDArray[np.floating[Any]], *, top: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Walk each product from the root to a leaf, at each step to the most probable child.

    Ties go to the lower node. A node's probability is the sum in float64 over the leaves below; only those of
    children along the way are made. The interpreter's lock is released, so that slices of rows can run in
    threads.

    Args:
        leaf_p: (products, leaves) probabilities, none negative; taken as float32.
        top: how many of the most probable leaves to name; fewer where the tree has fewer.

    Returns:
        `path`, `path_p`, `top_leaves`, `top_p` as `aisle.core.records.Answers` describes them.

    Raises:
        ValueError: `leaf_p` does not fit the tree or holds what is no finite number; `top` is negative.
    """
    if leaf_p.ndim != 2 or leaf_p.shape[1] != tree.n_leaves:
        raise ValueError(f"leaf_p has the shape {leaf_p.shape}; expected (products, {tree.n_leaves})")
    if top < 0:
        raise ValueError(f"top is {top}; it must be at least 0")
    n_products, n_top = len(leaf_p), min(top, tree.n_leaves)
    values = np.ascontiguousarray(leaf_p, dtype=np.float32)
    path = np.full((n_products, tree.max_depth), -1, dtype=np.int32)
    path_p = np.full((n_products, tree.max_depth), np.nan, dtype=np.float32)
    bad = _walk(values, tree.start, tree.stop, tree.end, path, path_p)
    if bad >= 0:
        raise ValueError(f"row {bad} of leaf_p holds what is no finite number")
    top_index = np.zeros((n_products, n_top), dtype=np.int32)
    top_p = np.zeros((n_products, n_top), dtype=np.float32)
    if n_top:
        _most_probable_leaves(values, top_index, top_p)
    return path, path_p, tree.leaf_nodes[top_index], top_p


@kernel(regroup=True)
def _sum(row: NDArray[np.float32], start: int, stop: int) -> float:
    """The sum of row[start:stop] in float64; the additions may be grouped, so that they run side by side."""
    total = 0.0
    for leaf in range(start, stop):
        total += np.float64(row[leaf])
    return total


@kernel()
def _walk(
    leaf_p: NDArray[np.float32],
    start: NDArray[np.int32],
    stop: NDArray[np.int32],
    end: NDArray[np.int32],
    path: NDArray[np.int32],
    path_p: NDArray[np.float32],
) -> int:
    """Fill `path` and `path_p`; return the first row with a sum that is not finite, or -1."""
    for i in range(leaf_p.shape[0]):
        row = leaf_p[i]
        node, level, above = 0, 0, 0.0
        while node + 1 < end[node]:
            best, best_p, total = -1, -np.inf, 0.0
            child = node + 1
            if end[child] == end[node] and node:  # an only child has all of its parent's probability
                best, best_p = child, above
            else:
                while child < end[node]:
                    p = _sum(row, start[child], stop[child])
                    total += p
                    if p > best_p:
                        best, best_p = child, p
                    child = end[child]
                if not np.isfinite(total):
                    return i
            path[i, level] = best
            path_p[i, level] = best_p
            node, above = best, best_p
            level += 1
    return -1


@kernel()
def _most_probable_leaves(
    leaf_p: NDArray[np.float32], top_index: NDArray[np.int32], top_p: NDArray[np.float32]
) -> None:
    """Fill each row's most probable leaves by insertion, passing over blocks with nothing probable enough."""
    n_leaves = leaf_p.shape[1]
    k = top_index.shape[1]
    for i in range(leaf_p.shape[0]):
        row, index, value = leaf_p[i], top_index[i], top_p[i]
        value[:] = -np.inf
        for first in range(0, n_leaves, _BLOCK):
            last = min(first + _BLOCK, n_leaves)
            if not _any_above(row, first, last, value[k - 1]):
                continue
            for leaf in range(first, last):
                p = row[leaf]
                if p > value[k - 1]:
                    at = k - 1
                    while at > 0 and p > value[at - 1]:
                        value[at], index[at] = value[at - 1], index[at - 1]
                        at -= 1
                    value[at], index[at] = p, leaf


@kernel(regroup=True, no_nan=True)
def _any_above(row: NDArray[np.float32], start: int, stop: int, limit: np.float32) -> np.bool_:
    """Whether any of row[start:stop] exceeds the limit; none is NaN, so they are compared side by side."""
    highest = limit
    for leaf in range(start, stop):
        highest = max(highest, row[leaf])
    return highest > limit
