"""How figures of every level are laid out, and how a share of nothing is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def by_level(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Name the figures of levels 1, 2, ...; the last is the leaf's too.

    Args:
        figures: (levels,) the figures of each level.
    """
    return {
        "leaf": dict(figures[-1]),
        "levels": [{"level": level, **of_level} for level, of_level in enumerate(figures, start=1)],
    }


def share(part: "float | np.number[Any]", whole: float) -> float | None:
    """`part` of `whole`; None of nothing."""
    return float(part / whole) if whole else None


def shares(part: NDArray[np.generic], whole: NDArray[np.generic]) -> list[float | None]:
    """(n,) each `part` of its `whole`; None of nothing."""
    return [share(a, b) for a, b in zip(part.tolist(), whole.tolist(), strict=True)]


def mean(values: NDArray[np.float64]) -> float | None:
    """The mean; None of nothing."""
    return float(values.mean()) if len(values) else None
