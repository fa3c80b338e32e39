"""What every head can do, and the table of heads.

A head is written once for both kinds of array: torch tensors while it is trained, NumPy arrays when it
answers, so that a model of text alone never loads torch.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, TypeAlias, cast

import numpy as np

from aisle.core.registry import Registry

Array: TypeAlias = Any
"""A NumPy array or a torch tensor; all arrays of one call are of one kind."""


class Head(Protocol):
    """Turns the vectors that a product has into scores over the leaves."""

    def parameters(self) -> dict[str, Array]:
        """The weights by name; those of an encoder's evidence are called `weight.NAME`."""
        ...

    def settings(self) -> dict[str, Any]:
        """What `build` needs beside the weights, as JSON writes it."""
        ...

    def scores(self, vectors: Mapping[str, Array]) -> Array:
        """Log-probabilities over leaves, but for a constant in each row: their softmax is the answer.

        Args:
            vectors: from an encoder's name to (products, dims), zeros where the product lacks the evidence.

        Returns:
            (products, leaves).
        """
        ...


HEADS = Registry("head", {"flat": "aisle.heads.flat:build"})
"""From a head's name to its `build(settings, dims, n_leaves, generator, init) -> Head` with NumPy weights.
Beside each `build` stand `restore(settings, parameters) -> Head`, for arrays of either kind, and
`merge(heads, joined) -> Head`; the functions below call them."""


def check_head(name: str, settings: Mapping[str, Any]) -> None:
    """Make a small head of these settings, to see whether it takes them.

    Raises:
        AisleError: no head has this name, or settings are unknown or out of range.
    """
    HEADS.get(name)(settings, {"any": 1}, 2, np.random.default_rng(0), {"any": 1.0})


def restore_head(name: str, settings: Mapping[str, Any], parameters: Mapping[str, Array]) -> Head:
    """Make a head again from what its `settings()` and `parameters()` gave.

    Raises:
        AisleError: no head has this name.
    """
    module = import_module(HEADS.get(name).__module__)
    return cast(Head, module.restore(settings, parameters))


def merge_heads(name: str, heads: Sequence[Head], joined: Sequence[str]) -> Head:
    """Average the scores of heads that were trained with different seeds.

    Args:
        joined: encoders whose vectors were set side by side, one part for each head; the others give every
            head the same vector.
    """
    module = import_module(HEADS.get(name).__module__)
    return cast(Head, module.merge(heads, joined))
