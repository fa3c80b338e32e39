"""Coverage and precision over thresholds: what remains when answers below a probability are held back.

These are what was found on the scored products, not promises for others.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.evaluation.levels import by_level, share, shares
from aisle.evaluation.scored import Scored

THRESHOLDS = (*(round(0.05 * i, 2) for i in range(1, 20)), 0.99)


def coverage(scored: Scored) -> dict[str, Any]:
    """Share of the products answered at each threshold, and how many of these answers are right.

    Returns:
        `thresholds` (probabilities: an answer counts from there on); `leaf` and each of `levels` have, one
        for each threshold, `coverage` (share of all products), `precision` (share of the answered ones, null
        where none is), and `n_answered`.
    """
    figures = [_of_level(p, right) for p, right in zip(scored.p, scored.right, strict=True)]
    return {"thresholds": list(THRESHOLDS), **by_level(figures)}


def _of_level(p: NDArray[np.float32], right: NDArray[np.bool_]) -> dict[str, Any]:
    passed = np.searchsorted(np.array(THRESHOLDS, p.dtype), p, side="right")
    n, n_right = (
        _from_here_on(np.bincount(some, minlength=len(THRESHOLDS) + 1)) for some in (passed, passed[right])
    )
    return {
        "coverage": [share(answered, len(p)) for answered in n.tolist()],
        "precision": shares(n_right, n),
        "n_answered": n.tolist(),
    }


def _from_here_on(n_passed: NDArray[np.int64]) -> NDArray[np.int64]:
    """(thresholds,) products that pass at least this threshold, given how many pass 0, 1, ... of them."""
    return np.cumsum(n_passed[::-1])[::-1][1:]
