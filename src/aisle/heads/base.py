"""What every head can do, and the table of heads.

A head is written once for both kinds of array: torch tensors while it is trained, NumPy arrays when it
answers, so that a model of text alone never loads torch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

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


class BuildHead(Protocol):
    """Makes a head with first weights."""

    def __call__(
        self,
        settings: Mapping[str, Any],
        dims: Mapping[str, int],
        n_leaves: int,
        generator: np.random.Generator,
        init: Mapping[str, float],
    ) -> Head:
        """Make the head.

        Args:
            dims: from an encoder's name to the length of its vectors.
            generator: of all that is random.
            init: from an encoder's name to the standard deviation of its weights, times 1 / sqrt(dims).

        Raises:
            AisleError: settings are unknown or out of range.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadKind:
    """What the table holds of a head: the ways to make one.

    Args:
        build: makes one with NumPy weights.
        restore: makes one again of its settings and parameters, arrays of either kind.
        merge: as `merge_heads`.
    """

    build: BuildHead
    restore: Callable[[Mapping[str, Any], Mapping[str, Array]], Head]
    merge: Callable[[Sequence[Any], Sequence[str]], Head]


HEADS = Registry("head", {"flat": "aisle.heads.flat:KIND"})
"""From a head's name to its HeadKind."""


def head_kind(name: str) -> HeadKind:
    """The ways to make a head.

    Raises:
        AisleError: no head has this name.
    """
    found: HeadKind = HEADS.get(name)
    return found


def check_head(name: str, settings: Mapping[str, Any]) -> None:
    """Make a small head of these settings, to see whether it takes them.

    Raises:
        AisleError: no head has this name, or settings are unknown or out of range.
    """
    head_kind(name).build(settings, {"any": 1}, 2, np.random.default_rng(0), {"any": 1.0})


def restore_head(name: str, settings: Mapping[str, Any], parameters: Mapping[str, Array]) -> Head:
    """Make a head again from what its `settings()` and `parameters()` gave.

    Raises:
        AisleError: no head has this name.
    """
    return head_kind(name).restore(settings, parameters)


def merge_heads(name: str, heads: Sequence[Head], joined: Sequence[str]) -> Head:
    """Average the scores of heads that were trained with different seeds.

    Args:
        joined: encoders whose vectors were set side by side, one part for each head; the others give every
            head the same vector.
    """
    return head_kind(name).merge(heads, joined)
