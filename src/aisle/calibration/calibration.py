"""A model's calibration: from the scores of its head to probabilities that mean what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.calibration.spread import Spread
from aisle.calibration.temperatures import Temperatures, fit_temperatures
from aisle.calibration.tempered_loss import tempered_loss
from aisle.taxonomy.label_sets import LabelSets
from aisle.taxonomy.tree import Taxonomy

_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8)

_CELLS = 2**21
"""Products times leaves whose spread is taken out at once."""

_MOST_CELLS = 2**24
"""Products times leaves on which shares are compared, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What is done to scores; made without arguments, nothing but a softmax.

    Args:
        spread: the share that is taken out of the probabilities for spread, see `aisle.calibration.spread`.
        temperatures: by which the scores are divided then.
    """

    spread: float = 0.0
    temperatures: Temperatures = field(default_factory=Temperatures)

    def as_json(self) -> dict[str, Any]:
        """What the model directory stores."""
        return {"spread": self.spread, "temperatures": self.temperatures.as_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Calibration":
        """Read what `as_json` gave.

        Raises:
            ValueError: a key is missing or unknown, or a number is not usable.
        """
        if set(stored) != {"spread", "temperatures"}:
            raise ValueError(
                f"a calibration has the keys {sorted(stored)}; they must be spread, temperatures"
            )
        spread = float(stored["spread"])
        if not 0 <= spread <= 1:
            raise ValueError(f"spread is {spread}; it must be from 0 to 1")
        return cls(spread=spread, temperatures=Temperatures.from_json(stored["temperatures"]))


class Calibrated:
    """A calibration at work on one tree."""

    def __init__(self, calibration: Calibration, tree: Taxonomy) -> None:
        self._temperatures = calibration.temperatures
        self._spread = Spread.of(tree, calibration.spread)

    def probabilities(self, scores: NDArray[np.float32], mask: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn scores into probabilities, in place.

        Args:
            scores: (products, leaves) log-probabilities but for a constant in each row; overwritten.
            mask: (products,) which fields spoke; bit i stands for FIELDS[i].
        """
        self._spread.take_out(scores)
        return softmax(scores, self._temperatures.of(mask))


def fit_calibration(
    tree: Taxonomy, scores: NDArray[np.float32], labels: LabelSets, mask: NDArray[np.uint8]
) -> Calibration:
    """Find the share of the spread and the temperatures that give the labels the lowest log loss.

    Args:
        tree: whose leaves are scored.
        scores: (products, leaves) of products that no weight was trained on; overwritten.
        labels: the label sets of these products.
        mask: (products,) which fields spoke.

    Raises:
        ValueError: see `fit_temperatures`.
    """
    n_compared = min(len(scores), max(1, _MOST_CELLS // tree.n_leaves))
    some = np.linspace(0, len(scores) - 1, n_compared).astype(np.int64)
    compared = scores[some], labels.take(some), mask[some]
    losses = [_loss_without(tree, share, *compared) for share in _SHARES]
    share = _SHARES[int(np.argmin(losses))]
    _take_out(tree, share, scores)
    return Calibration(spread=share, temperatures=fit_temperatures(scores, labels, mask))


def softmax(scores: NDArray[np.float32], temperature: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores to probabilities, in place.

    Args:
        scores: (products, leaves); overwritten.
        temperature: (products,) above 0; below 1 it sharpens.
    """
    scores -= scores.max(axis=1, keepdims=True)
    scores /= temperature[:, None]
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def _loss_without(
    tree: Taxonomy, share: float, scores: NDArray[np.float32], labels: LabelSets, mask: NDArray[np.uint8]
) -> float:
    """The log loss of the labels, at its lowest, when so much of the spread is taken out."""
    without = scores.copy()
    _take_out(tree, share, without)
    temperatures = fit_temperatures(without, labels, mask)
    rows = np.flatnonzero(labels.is_labelled)
    log_t = np.log(temperatures.of(mask[rows]).astype(np.float64))
    return float(tempered_loss(without, labels, rows, log_t)[0].sum())


def _take_out(tree: Taxonomy, share: float, scores: NDArray[np.float32]) -> None:
    spread = Spread.of(tree, share)
    step = max(1, _CELLS // tree.n_leaves)
    for at in range(0, len(scores), step):
        spread.take_out(scores[at : at + step])
