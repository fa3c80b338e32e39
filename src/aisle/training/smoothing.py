"""Label smoothing along the tree: where the loss would have a little of a product's mass lie."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisle.taxonomy.label_sets import LabelSets
from aisle.taxonomy.tree import Taxonomy


@dataclass(frozen=True, slots=True, eq=False)
class TreeSmoothing:
    """For each product a distribution over the leaves: near its label much, far from it little.

    Every node above the label, the root among them, gets an equal share, which it spreads evenly over the
    leaves below it. Smoothing that knows no tree gives each leaf the same; a branch then draws mass by the
    number of its leaves, and the most probable path turns into large branches though the most probable leaf
    lies elsewhere.

    Source: the soft labels of Bertinetto et al., "Making Better Mistakes" (CVPR 2020), which fall
    exponentially with the height of the common ancestor; here with the number of leaves below it.

    Args:
        kind: (products,) which row of the table each product has.
        start: (kinds, levels) first leaf below each node above the label.
        stop: (kinds, levels) one past the last.
        density: (kinds, levels) what each of these leaves gets; 0 where a label has fewer nodes above it.
        n_leaves: of the tree.
    """

    kind: NDArray[np.int32]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    density: NDArray[np.float32]
    n_leaves: int

    @staticmethod
    def of(tree: Taxonomy, labels: LabelSets) -> "TreeSmoothing":
        """Make the table for the labels that occur; a set of several counts as the lowest node above them."""
        first, last = _ends(labels)
        ends, kind = np.unique(np.stack([first, last], axis=1), axis=0, return_inverse=True)
        above = [list(_wider(tree, low, high)) for low, high in ends.tolist()]
        shape = (len(above), max(map(len, above), default=0))
        start, stop, density = (
            np.zeros(shape, np.int32),
            np.zeros(shape, np.int32),
            np.zeros(shape, np.float32),
        )
        for row, nodes in enumerate(above):
            start[row, : len(nodes)] = tree.start[nodes]
            stop[row, : len(nodes)] = tree.stop[nodes]
            density[row, : len(nodes)] = 1 / (len(nodes) * (tree.stop[nodes] - tree.start[nodes]))
        return TreeSmoothing(kind.astype(np.int32).ravel(), start, stop, density, tree.n_leaves)

    def targets(self, products: NDArray[np.int64]) -> NDArray[np.float32]:
        """(products, leaves), each row of which sums to 1."""
        kind = self.kind[products]
        edges = np.zeros((len(products), self.n_leaves + 1), np.float32)
        row = np.arange(len(products))
        for level in range(self.start.shape[1]):
            density = self.density[kind, level]
            edges[row, self.start[kind, level]] += density
            edges[row, self.stop[kind, level]] -= density
        return np.cumsum(edges, axis=1, dtype=np.float64)[:, :-1].astype(np.float32)


def _ends(labels: LabelSets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last leaf of each product's label set; 0 for a product without a label."""
    first, last = np.zeros(len(labels), np.int64), np.zeros(len(labels), np.int64)
    labelled = labels.is_labelled
    first[labelled] = labels.start[labels.ptr[:-1][labelled]]
    last[labelled] = labels.stop[labels.ptr[1:][labelled] - 1] - 1
    return first, last


def _wider(tree: Taxonomy, first: int, last: int) -> Iterator[int]:
    """The nodes above all leaves from first to last that hold others too; from the lowest to the root.

    An only child holds the leaves of its parent: of such a chain the lowest node is taken. Where all leaves
    of the tree are meant, the root is.
    """
    widest = last - first + 1
    for node in (*tree.ancestors(int(tree.leaf_nodes[first])).tolist(), 0):
        n_leaves = int(tree.stop[node] - tree.start[node])
        if tree.stop[node] > last and n_leaves > widest:
            widest = n_leaves
            yield node
    if widest == last - first + 1:
        yield 0
