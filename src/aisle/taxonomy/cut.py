"""Cutting a tree to the categories that a model can learn, and keeping track of what each old node means."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.core.offsets import offsets_of
from aisle.taxonomy.building import from_parents
from aisle.taxonomy.tree import ROOT, Taxonomy

OTHER = "(other)"
"""The name of the leaf for products that lie at an inner node itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A new tree, and where the nodes of the old one went.

    Args:
        tree: the new tree.
        new_of_old: (old nodes,) the node of `tree` that a label at the old node means now; -1 where nothing
            below the root survives of it.
    """

    tree: Taxonomy
    new_of_old: NDArray[np.int32]

    def then(self, after: "Cut") -> "Cut":
        """This cut and after it one of its tree, as one.

        Raises:
            ValueError: `after` is a cut of a tree of another size.
        """
        if len(after.new_of_old) != self.tree.n_nodes:
            raise ValueError(
                f"the second cut is of {len(after.new_of_old)} nodes, the first leaves {self.tree.n_nodes}"
            )
        survives = self.new_of_old >= 0
        return Cut(after.tree, np.where(survives, after.new_of_old[self.new_of_old], -1).astype(np.int32))


def uncut(tree: Taxonomy) -> Cut:
    """The cut that leaves all as it is."""
    return Cut(tree, np.arange(tree.n_nodes, dtype=np.int32))


def truncate(tree: Taxonomy, depth: int) -> Cut:
    """Keep levels 1 to `depth`; what lies deeper becomes its ancestor at that level.

    Raises:
        ValueError: `depth` is below 1.
    """
    if depth < 1:
        raise ValueError(f"depth is {depth}; it must be at least 1")
    return _keep(tree, tree.depth <= depth)


def prune(tree: Taxonomy, counts: NDArray[np.integer], min_products: int) -> Cut:
    """Keep the nodes with at least `min_products` products; the others become their nearest ancestor kept.

    What lies below a top category that is not kept means nothing any more.

    Args:
        counts: (nodes,) products labelled with exactly this node; those below are added up here.

    Raises:
        AisleError: no category has that many products.
        ValueError: `counts` has another length than the tree.
    """
    if counts.shape != (tree.n_nodes,):
        raise ValueError(f"counts has the shape {counts.shape}; expected ({tree.n_nodes},)")
    before = offsets_of(counts)
    below = before[tree.end] - before[:-1]
    keep = below >= min_products
    if not keep[1:].any():
        raise AisleError(
            f"no category has {min_products} products (the largest has {below[1:].max()}); "
            "lower --min-products, or check that the labels belong to this taxonomy"
        )
    return _keep(tree, keep)


def add_other_leaves(tree: Taxonomy, nodes: Iterable[int]) -> Cut:
    """Give each of the inner nodes a last leaf `(other)`, and let a label at the node mean that leaf.

    Args:
        nodes: the root and leaves among them are left as they are, and so is a node that has such a leaf.

    Raises:
        TreeError: another node's id is the one that such a leaf would have.
    """
    is_leaf = tree.is_leaf
    inner = sorted({int(node) for node in nodes if node != ROOT and not is_leaf[node]})
    other_ids = {node: f"{tree.ids[node]}/{OTHER}" for node in inner}
    known = {(tree.parent[node], node_id) for node, node_id in enumerate(tree.ids)}
    added = [node for node in inner if (node, other_ids[node]) not in known]
    new = from_parents(
        [*tree.ids[1:], *(other_ids[node] for node in added)],
        [*(tree.ids[above] for above in tree.parent[1:]), *(tree.ids[node] for node in added)],
        [*tree.names[1:], *(OTHER for _ in added)],
    )
    meant = [other_ids.get(node, node_id) for node, node_id in enumerate(tree.ids)]
    return Cut(new, _nodes_of(new, meant))


def _keep(tree: Taxonomy, keep: NDArray[np.bool_]) -> Cut:
    """Keep the nodes marked, of which every parent but the root is marked too."""
    kept = np.flatnonzero(keep)
    kept = kept[kept != ROOT]
    new = from_parents(
        [tree.ids[node] for node in kept],
        [tree.ids[tree.parent[node]] for node in kept],
        [tree.names[node] for node in kept],
    )
    meant = np.arange(tree.n_nodes)
    for node in range(1, tree.n_nodes):
        if not keep[node]:
            meant[node] = meant[tree.parent[node]]
    new_of_old = _nodes_of(new, [tree.ids[node] for node in meant])
    new_of_old[(meant == ROOT) & (np.arange(tree.n_nodes) != ROOT)] = -1
    return Cut(new, new_of_old)


def _nodes_of(tree: Taxonomy, ids: list[str]) -> NDArray[np.int32]:
    """The node of each id; the root's for the empty one."""
    node_of_id = {node_id: node for node, node_id in enumerate(tree.ids)}
    return np.array([node_of_id[node_id] for node_id in ids], dtype=np.int32)
