"""Expected calibration error: how far stated probabilities lie from how often they come true.

Fifteen bins of equal width, as in Guo et al. 2017, 'On Calibration of Modern Neural Networks': what the field
reports. A bin holds the probabilities above its lower edge, up to its upper edge.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.evaluation.levels import by_level, share, shares
from aisle.evaluation.scored import Scored

N_BINS = 15


def ece(scored: Scored) -> dict[str, Any]:
    """Mean distance between probability and accuracy over the bins, weighted by their products.

    Returns:
        `leaf` and each of `levels` have `ece` (0 is perfect, 1 the worst) and `bins`: `n_products`,
        `mean_p` and `accuracy` of each bin, from the lowest; `n_bins`.
    """
    figures = [_of_level(p, right) for p, right in zip(scored.p, scored.right, strict=True)]
    return {"n_bins": N_BINS, **by_level(figures)}


def _of_level(p: NDArray[np.float32], right: NDArray[np.bool_]) -> dict[str, Any]:
    edges = np.linspace(0, 1, N_BINS + 1).astype(p.dtype)
    place = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, N_BINS - 1)
    n = np.bincount(place, minlength=N_BINS)
    sum_p = np.bincount(place, weights=p, minlength=N_BINS)
    n_right = np.bincount(place, weights=right, minlength=N_BINS)
    return {
        "ece": share(np.abs(sum_p - n_right).sum(), len(p)),
        "bins": {"n_products": n.tolist(), "mean_p": shares(sum_p, n), "accuracy": shares(n_right, n)},
    }
