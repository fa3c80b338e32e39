"""Damped Newton steps (Fisher scoring) for a few parameters that many products share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MAX_STEPS = 60
_MAX_MOVE = 1.0
_SMALL_MOVE = 1e-5
_SMALL_GAIN = 1e-9
_LEAST_DAMPING = 1e-6
_MOST_DAMPING = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """A loss that is a sum over rows, at one value for each row.

    Args:
        loss: (rows,)
        slope: (rows,) first derivative by the row's value.
        curvature: (rows,) second derivative, or an approximation of it that is never negative.
    """

    loss: NDArray[np.float64]
    slope: NDArray[np.float64]
    curvature: NDArray[np.float64]


def minimise(
    slopes: Callable[[NDArray[np.float64]], Slopes],
    design: NDArray[np.float64],
    start: NDArray[np.float64],
    pull: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Minimise the loss at `design @ parameters` plus half of `pull` times the squared way from `start`.

    Each step solves the damped normal equations; one that does not lower the sum is taken back and damping
    grows, so that the result is never worse than the start.

    Args:
        slopes: the loss and its derivatives at (rows,) values.
        design: (rows, parameters)
        start: (parameters,) where to begin, and where `pull` pulls to.
        pull: (parameters,) at least 0.

    Returns:
        (parameters,)

    Raises:
        ValueError: the loss at the start is not a number.
    """
    parameters, damping = start.copy(), _LEAST_DAMPING
    here = slopes(design @ parameters)
    if not np.isfinite(here.loss).all():
        raise ValueError("the loss at the start is not a number; the scores hold NaN")
    for _ in range(_MAX_STEPS):
        gradient = design.T @ here.slope + pull * (parameters - start)
        hessian = design.T @ (here.curvature[:, None] * design) + np.diag(pull)
        scale = np.diag(hessian).max() + 1e-12
        move = -np.linalg.solve(hessian + damping * scale * np.eye(len(parameters)), gradient)
        move *= min(1.0, _MAX_MOVE / max(np.abs(move).max(), 1e-300))
        if np.abs(move).max() < _SMALL_MOVE or damping > _MOST_DAMPING:
            break
        there = slopes(design @ (parameters + move))
        gain = _total(here, parameters - start, pull) - _total(there, parameters + move - start, pull)
        if gain > 0:
            parameters, here, damping = parameters + move, there, max(damping / 10, _LEAST_DAMPING)
        else:
            damping *= 10
        if 0 < gain < _SMALL_GAIN * here.loss.sum():
            break
    return parameters


def _total(slopes: Slopes, way: NDArray[np.float64], pull: NDArray[np.float64]) -> float:
    return float(slopes.loss.sum() + 0.5 * (pull * way**2).sum())
