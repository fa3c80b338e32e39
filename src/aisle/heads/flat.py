"""The flat head: one linear layer from the evidence to the leaves, in which evidence adds up.

scores = bias + the sum over the encoders present of W_e v_e. Absent evidence is a vector of zeros and adds
nothing, so what each encoder contributes to a leaf can be listed, and the list is exact.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aisle.core.errors import AisleError
from aisle.heads.base import Array, HeadKind

_PREFIX = "weight."


class FlatHead:
    """Bias and one matrix for each encoder.

    Args:
        bias: (leaves,).
        weights: from an encoder's name to (leaves, dims).
    """

    def __init__(self, bias: Array, weights: Mapping[str, Array]) -> None:
        self.bias = bias
        self.weights = dict(weights)

    def parameters(self) -> dict[str, Array]:
        """See Head."""
        return {"bias": self.bias, **{_PREFIX + name: w for name, w in self.weights.items()}}

    def settings(self) -> dict[str, Any]:
        """See Head: the weights tell all."""
        return {}

    def scores(self, vectors: Mapping[str, Array]) -> Array:
        """See Head."""
        (name, weight), *others = self.weights.items()
        total = vectors[name] @ weight.T
        for name, weight in others:
            total += vectors[name] @ weight.T
        total += self.bias
        return total


def build(
    settings: Mapping[str, Any],
    dims: Mapping[str, int],
    n_leaves: int,
    generator: np.random.Generator,
    init: Mapping[str, float],
) -> FlatHead:
    """Make a head with first weights.

    Args:
        dims: from an encoder's name to the length of its vectors.
        init: from an encoder's name to the standard deviation of its weights, times 1 / sqrt(dims).

    Raises:
        AisleError: there are settings: it has none.
    """
    if settings:
        raise AisleError(f"there is no setting head.{next(iter(settings))}; the head 'flat' has none")
    weights = {
        name: (generator.standard_normal((n_leaves, d)) * (init[name] / np.sqrt(d))).astype(np.float32)
        for name, d in dims.items()
    }
    return FlatHead(np.zeros(n_leaves, np.float32), weights)


def restore(settings: Mapping[str, Any], parameters: Mapping[str, Array]) -> FlatHead:  # noqa: ARG001
    """Make a head of its parameters."""
    weights = {n.removeprefix(_PREFIX): w for n, w in parameters.items() if n.startswith(_PREFIX)}
    return FlatHead(parameters["bias"], weights)


def merge(heads: Sequence[FlatHead], joined: Sequence[str]) -> FlatHead:
    """Average the scores of heads that were trained with different seeds.

    Args:
        joined: encoders whose vectors were set side by side, one part for each head; the others give every
            head the same vector.
    """
    n = len(heads)
    weights = {}
    for name in heads[0].weights:
        parts = [head.weights[name] for head in heads]
        weights[name] = (np.concatenate(parts, axis=1) if name in joined else np.sum(parts, axis=0)) / n
    return FlatHead(np.mean([head.bias for head in heads], axis=0), weights)


KIND = HeadKind(build=build, restore=restore, merge=merge)
