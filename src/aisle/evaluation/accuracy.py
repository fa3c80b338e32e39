"""Accuracy at the leaf and at every level: of all products (micro), and the mean of the classes' (macro)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.evaluation.levels import by_level, mean, share
from aisle.evaluation.resampling import interval, resampled_accuracies
from aisle.evaluation.scored import Scored


def accuracy(scored: Scored) -> dict[str, Any]:
    """Share of the products, and mean share of the classes' products, whose answer is right.

    Returns:
        `leaf` and each of `levels` have `micro` and `macro`, each with `value`, `low`, `high` (shares), and
        `n_classes`, how many classes the labels name. A class is a label: one that allows several leaves is a
        class of its own.
    """
    micro, macro = resampled_accuracies(scored.true, scored.right, scored.group, scored.resampling)
    figures = []
    for level in range(scored.n_levels):
        of_products, of_classes = values(scored, level)
        figures.append(
            {
                "micro": with_interval(of_products, micro[level], scored),
                "macro": with_interval(of_classes, macro[level], scored),
                "n_classes": int((np.bincount(scored.true[level]) > 0).sum()),
            }
        )
    return by_level(figures)


def values(scored: Scored, level: int) -> tuple[float | None, float | None]:
    """Micro and macro accuracy at a level, counted from 0; None of no products."""
    true, right = scored.true[level], scored.right[level]
    n = np.bincount(true, minlength=scored.n_classes)
    n_right = np.bincount(true[right], minlength=scored.n_classes)
    return share(right.sum(), len(right)), mean(n_right[n > 0] / n[n > 0])


def with_interval(
    value: float | None, resampled: NDArray[np.float64], scored: Scored
) -> dict[str, float | None]:
    """A figure beside its bootstrap interval.

    Args:
        resampled: (resamples,) the figure in each resample.
    """
    low, high = interval(resampled, scored.n_groups, scored.resampling)
    return {"value": value, "low": low, "high": high}
