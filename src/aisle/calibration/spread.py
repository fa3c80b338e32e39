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


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The spread over one tree's leaves, as a share of what the head says.

    Args:
        tree: whose leaves the head scores.
        share: of every probability, how much is taken for spread; 0 for none, 1 at most.
        per_leaf: (nodes,) 1 / its leaves for a node with several children, else 0.
        n_above: (leaves,) nodes with several children above each leaf, at least 1.
    """

    tree: Taxonomy
    share: float
    per_leaf: NDArray[np.float64]
    n_above: NDArray[np.float64]

    @staticmethod
    def of(tree: Taxonomy, share: float) -> "Spread":
        """Prepare a tree.

        Raises:
            ValueError: `share` is not from 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"the share of the spread is {share}; it must be from 0 to 1")
        n_children = np.bincount(tree.parent[1:], minlength=tree.n_nodes)
        per_leaf = np.where(n_children > 1, 1 / (tree.stop - tree.start), 0.0)
        n_above = np.zeros(tree.n_nodes)
        for node in range(1, tree.n_nodes):
            n_above[node] = n_above[tree.parent[node]] + (n_children[tree.parent[node]] > 1)
        return Spread(tree, share, per_leaf, np.maximum(n_above[tree.leaf_nodes], 1.0))

    def take_out(self, scores: NDArray[np.float32]) -> None:
        """Lower the scores, in place, to what they would be without the spread.

        Args:
            scores: (products, leaves) log-probabilities but for a constant in each row.
        """
        if not self.share:
            return
        scores -= scores.max(axis=1, keepdims=True)
        left = np.exp(scores)
        left /= left.sum(axis=1, keepdims=True)
        tree = self.tree
        _to_share_left(
            left, tree.start, tree.stop, tree.parent, tree.leaf_nodes, self.per_leaf, self.n_above, self.share
        )
        scores += np.log(left, out=left)


@kernel()
def _to_share_left(
    p: NDArray[np.float32],
    start: NDArray[np.int32],
    stop: NDArray[np.int32],
    parent: NDArray[np.int32],
    leaf_nodes: NDArray[np.int32],
    per_leaf: NDArray[np.float64],
    n_above: NDArray[np.float64],
    share: float,
) -> None:
    """Write over each probability the share of it that is left when the spread is taken out."""
    n_nodes, n_leaves = len(start), p.shape[1]
    until = np.zeros(n_leaves + 1)
    gathered = np.zeros(n_nodes)
    for row in range(p.shape[0]):
        for leaf in range(n_leaves):
            until[leaf + 1] = until[leaf] + p[row, leaf] / n_above[leaf]
        gathered[0] = until[n_leaves] * per_leaf[0]
        for node in range(1, n_nodes):
            gathered[node] = (
                gathered[parent[node]] + (until[stop[node]] - until[start[node]]) * per_leaf[node]
            )
        for leaf in range(n_leaves):
            left = p[row, leaf] - share * gathered[leaf_nodes[leaf]]
            p[row, leaf] = left / p[row, leaf] if left > _LEAST_LEFT * p[row, leaf] else _LEAST_LEFT
