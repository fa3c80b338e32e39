"""The parts of the products that are scored by themselves: by label, merchant, evidence, training, split."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import mask_name
from aisle.evaluation.truth import Names

OTHERS = "(others)"
"""All merchants but the largest, together."""

FREQUENCIES = {"0": 0, "1-4": 1, "5-19": 5, "20-99": 20, "100+": 100}
"""From the name of a range of training products to where it begins."""

Slice = tuple[str, NDArray[np.bool_]]
"""A name, and (products,) whether the product belongs to it."""


def by_label(n_allowed: NDArray[np.int64]) -> Iterator[Slice]:
    """Products whose label allows one leaf, several, or none because it lies outside of the tree.

    Args:
        n_allowed: (products,) how many leaves the label allows.
    """
    yield "leaf", n_allowed == 1
    yield "inner", n_allowed > 1
    yield "outside", n_allowed == 0


def by_seen(n_training: NDArray[np.int64]) -> Iterator[Slice]:
    """Products whose class training saw, and the others.

    Args:
        n_training: (products,) training products of the label's class.
    """
    yield "seen", n_training > 0
    yield "unseen", n_training == 0


def by_frequency(n_training: NDArray[np.int64], n_allowed: NDArray[np.int64]) -> Iterator[Slice]:
    """Products whose label is a leaf, or outside of the tree, by how many training products the leaf had."""
    begins = list(FREQUENCIES.values())
    place = np.searchsorted(begins, n_training, side="right") - 1
    for i, name in enumerate(FREQUENCIES):
        yield name, (place == i) & (n_allowed <= 1)


def by_name(names: Names, rows: NDArray[np.int64], n_largest: int) -> Iterator[Slice]:
    """The names with the most products, the most first (equals by name), then all others together.

    Args:
        rows: (products,) where each product stands in `names`.
        n_largest: how many names get a slice of their own.
    """
    code = names.code[rows]
    count = np.bincount(code, minlength=len(names.names))
    order = sorted(np.flatnonzero(count).tolist(), key=lambda c: (-int(count[c]), names.names[c]))
    for c in order[:n_largest]:
        yield names.names[c], code == c
    if order[n_largest:]:
        yield OTHERS, np.isin(code, order[n_largest:])


def by_evidence(mask: NDArray[np.uint8]) -> Iterator[Slice]:
    """The masks that occur, the most frequent first, named by the fields that are present.

    Args:
        mask: (products,) which fields spoke; bit i stands for FIELDS[i].
    """
    count = np.bincount(mask, minlength=1)
    for m in sorted(np.flatnonzero(count).tolist(), key=lambda m: (-int(count[m]), m)):
        yield mask_name(m), mask == m
