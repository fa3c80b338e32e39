"""Bootstrap by group: accuracies of a thousand resamples of the groups, and the interval they span.

A resample gives each group a Poisson(1) weight: it draws the groups with replacement, and their number may
vary a little. The weight is a hash of (seed, group, resample), so a group weighs the same in every slice of
the products, for every metric, and for two sets of answers: their differences are paired without more ado.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from math import exp, factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.cores import n_cores
from aisle.core.kernels import kernel

_WIDTH = 64
"""Resamples that are summed side by side."""

LEAST_GROUPS = 10
"""With fewer groups there is no interval: their resamples are too much alike."""

_N_TABLE = 2**16
_SALT = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How intervals are drawn.

    Args:
        n_resamples: how many resamples.
        seed: the same seed gives the same intervals.
        confidence: how often an interval should hold the true value.

    Raises:
        ValueError: a number is out of its range.
    """

    n_resamples: int = 1000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.n_resamples < 1:
            raise ValueError(f"n_resamples is {self.n_resamples}; it must be at least 1")
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}; it must lie between 0 and 1")

    def as_json(self) -> dict[str, Any]:
        """The settings, for the report."""
        return asdict(self)


def resampled_accuracies(
    classes: NDArray[np.int32], right: NDArray[np.bool_], group: NDArray[np.int64], resampling: Resampling
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy in every resample: over products, and as the mean of the classes' accuracies.

    A resample's mean is over the classes that it holds; a resample without any product has NaN.

    Args:
        classes: (kinds, products) class of each product, 0 or more, for each kind of being right.
        right: (kinds, products)
        group: (products,) one number a group, the products of a group side by side.

    Returns:
        Micro and macro accuracy, each (kinds, resamples).
    """
    codes, offsets = _number_classes(classes)
    firsts = range(0, resampling.n_resamples, _WIDTH)

    def some_resamples(first: int) -> NDArray[np.float64]:
        sums = np.zeros((offsets[-1], 2, _WIDTH), np.int32)
        _add_resamples(
            group, codes, right, sums, _poisson_table(), np.uint64(resampling.seed), np.uint64(first)
        )
        return _accuracies(sums, offsets)

    if len(group) * len(classes) < 10_000:
        parts = [some_resamples(first) for first in firsts]
    else:
        with ThreadPoolExecutor(n_cores()) as threads:
            parts = list(threads.map(some_resamples, firsts))
    micro, macro = np.concatenate(parts, axis=2)[:, :, : resampling.n_resamples]
    return micro, macro


def interval(
    resampled: NDArray[np.float64], n_groups: int, resampling: Resampling
) -> tuple[float | None, float | None]:
    """The percentile interval; None where resampling cannot tell how sure the figure is.

    That is so of fewer than LEAST_GROUPS groups, and of a figure that is the same in every resample: where
    all answers are right, or all wrong, no resample holds another one, though another product well may.

    Args:
        resampled: (resamples,) a figure in every resample; NaN where the resample has none.
    """
    known = resampled[np.isfinite(resampled)]
    if n_groups < LEAST_GROUPS or len(known) == 0 or known.min() == known.max():
        return None, None
    tail = (1 - resampling.confidence) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def _number_classes(classes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the classes that occur, kind after kind, and say where each kind's numbers begin."""
    codes = np.empty(classes.shape, np.int32)
    offsets = np.zeros(len(classes) + 1, np.int64)
    for kind, of_kind in enumerate(classes):
        number = np.cumsum(np.bincount(of_kind) > 0)
        codes[kind] = number[of_kind] + (offsets[kind] - 1) if len(of_kind) else 0
        offsets[kind + 1] = offsets[kind] + (number[-1] if len(of_kind) else 0)
    return codes, offsets


def _accuracies(sums: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """(2, kinds, resamples) micro and macro accuracy, from the weights of wrong and right in each class."""
    found = np.full((2, len(offsets) - 1, sums.shape[2]), np.nan)
    for kind, (first, last) in enumerate(pairwise(offsets)):
        n_wrong, n_right = sums[first:last, 0], sums[first:last, 1]
        n = n_wrong + n_right
        held = n > 0
        in_class = np.divide(n_right, n, out=np.zeros(n.shape), where=held)
        for which, top, bottom in ((0, n_right, n), (1, in_class, held)):
            total = bottom.sum(axis=0)
            np.divide(top.sum(axis=0), total, out=found[which, kind], where=total > 0)
    return found


@cache
def _poisson_table() -> NDArray[np.int32]:
    """(65536,) a uniform 16-bit number indexes a Poisson(1) number."""
    share = np.cumsum([exp(-1) / factorial(k) for k in range(9)])
    return np.searchsorted(share, (np.arange(_N_TABLE) + 0.5) / _N_TABLE).astype(np.int32)


@kernel()
def _add_resamples(
    group: NDArray[np.int64],
    codes: NDArray[np.int32],
    right: NDArray[np.bool_],
    sums: NDArray[np.int32],
    table: NDArray[np.int32],
    seed: np.uint64,
    first: np.uint64,
) -> None:
    """Add every product's weight in resamples first, first + 1, ... to its classes' wrong or right."""
    n_kinds, n = codes.shape
    width = sums.shape[2]
    weight = np.zeros(width, np.int32)
    for row in range(n):
        if row == 0 or group[row] != group[row - 1]:
            for four in range(width // 4):
                bits = _mix(_mix(seed + np.uint64(group[row]) * _SALT) + first + np.uint64(4 * four))
                for i in range(4):
                    weight[4 * four + i] = table[(bits >> np.uint64(16 * i)) & np.uint64(_N_TABLE - 1)]
        for kind in range(n_kinds):
            code, is_right = codes[kind, row], np.int64(right[kind, row])
            for i in range(width):
                sums[code, is_right, i] += weight[i]


@kernel()
def _mix(x: np.uint64) -> np.uint64:
    """Splitmix64: every bit of the result depends on every bit of the number."""
    x = (x + _SALT) & np.uint64(0xFFFFFFFFFFFFFFFF)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
