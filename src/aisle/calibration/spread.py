"""The spread: what label smoothing has a head put evenly on the leaves of every branch above a product.

Of each leaf's probability a head gives away a little, evenly to all leaves below each node above it, as
`aisle.training.smoothing` would have it. A large branch gathers more of this than a small one, and where the
head knows little, the most probable path is drawn into large branches. A temperature alone cannot tell the
spread from what the head knows; here it is estimated from the probabilities themselves, and taken out.

Source: smoothed labels are labels that were changed at known rates; Patrini et al., "Making Deep Neural
Networks Robust to Label Noise" (CVPR 2017), correct for such rates with their inverse. This is the first step
towards the inverse, taken in the probabilities.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisle.core.kernels import kernel
from aisle.taxonomy.tree import Taxonomy

_LEAST_LEFT = np.float32(0.05)
"""Of a probability so much is left, however much of it is spread."""

_TINY = np.float32(1e-38)
"""Added to what is divided by, which may be 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The spread over one tree's leaves, as a share of what the head says.

    Args:
        share: of every probability, how much is taken for spread; 0 for none, 1 at most.
        start, stop: (inner nodes,) the leaves below each node that is no leaf.
        above: (inner nodes,) which of them the parent is; of the root, itself.
        per_leaf: (inner nodes,) 1 / its leaves where a node has several children, else 0.
        parent: (leaves,) which inner node is above each leaf.
        per_node: (leaves,) 1 / nodes with several children above each leaf.
    """

    share: float
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    above: NDArray[np.int64]
    per_leaf: NDArray[np.float64]
    parent: NDArray[np.int64]
    per_node: NDArray[np.float64]

    @staticmethod
    def of(tree: Taxonomy, share: float) -> "Spread":
        """Prepare a tree.

        Raises:
            ValueError: `share` is not from 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"the share of the spread is {share}; it must be from 0 to 1")
        n_children = np.bincount(tree.parent[1:], minlength=tree.n_nodes)
        n_above = np.zeros(tree.n_nodes)
        for node in range(1, tree.n_nodes):
            n_above[node] = n_above[tree.parent[node]] + (n_children[tree.parent[node]] > 1)
        inner = np.flatnonzero(n_children)
        place = np.zeros(tree.n_nodes, np.int64)
        place[inner] = np.arange(len(inner))
        start, stop = tree.start[inner], tree.stop[inner]
        return Spread(
            share=share,
            start=start,
            stop=stop,
            above=place[np.maximum(tree.parent[inner], 0)],
            per_leaf=np.where(n_children[inner] > 1, 1 / (stop - start), 0.0),
            parent=place[tree.parent[tree.leaf_nodes]],
            per_node=1 / np.maximum(n_above[tree.leaf_nodes], 1.0),
        )

    def take_out(self, scores: NDArray[np.float32]) -> None:
        """Lower the scores, in place, to what they would be without the spread.

        Args:
            scores: (products, leaves) log-probabilities but for a constant in each row.
        """
        if not self.share:
            return
        scores -= scores.max(axis=1, keepdims=True)
        left = np.exp(scores)  # up to a factor in each row, which takes no part
        _to_share_left(
            left, self.start, self.stop, self.above, self.per_leaf, self.parent, self.per_node, self.share
        )
        scores += np.log(left, out=left)


@kernel(contract=True)
def _to_share_left(
    p: NDArray[np.float32],
    start: NDArray[np.int32],
    stop: NDArray[np.int32],
    above: NDArray[np.int64],
    per_leaf: NDArray[np.float64],
    parent: NDArray[np.int64],
    per_node: NDArray[np.float64],
    share: float,
) -> None:
    """Write over each probability the share of it that is left when the spread is taken out."""
    n_leaves = p.shape[1]
    until = np.zeros(n_leaves + 1)
    gathered = np.zeros(len(start), np.float32)
    for row in range(p.shape[0]):
        total = 0.0
        for leaf in range(n_leaves):
            total += p[row, leaf] * per_node[leaf]
            until[leaf + 1] = total
        gathered[0] = total * per_leaf[0] * share
        for node in range(1, len(start)):
            below = until[stop[node]] - until[start[node]]
            gathered[node] = gathered[above[node]] + below * per_leaf[node] * share
        for leaf in range(n_leaves):
            left = np.float32(1.0) - gathered[parent[leaf]] / (p[row, leaf] + _TINY)
            p[row, leaf] = max(left, _LEAST_LEFT)
