"""The tree of a catalogue: read or made of the labels, then cut to what the products can fill."""

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from aisle.catalogue.labels import nodes_of_label, path_of_label, several
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.cut import add_other_leaves, prune, truncate, uncut
from aisle.taxonomy.labels import LabelTree, label_tree
from aisle.taxonomy.names import join_path
from aisle.taxonomy.tree import Taxonomy

LabelCounts = Callable[[], Iterable[tuple[str, int]]]
"""Gives each distinct label text and how many products have it, the most frequent first; asked repeatedly."""


def tree_of_labels(counts: LabelCounts) -> Taxonomy:
    """Make the tree of the labels' own paths; siblings are sorted by name, and case tells them apart."""
    paths = {path_of_label(part) for text, _ in counts() for part in several(text)} - {()}
    return from_paths(sorted(paths), {path: join_path(path) for path in paths})


def cut_to_products(
    full: Taxonomy,
    counts: LabelCounts,
    *,
    max_depth: int | None,
    min_products: int | None,
    other_leaves: bool,
) -> LabelTree:
    """Cut too deep levels off, then categories with too few products; then add `(other)` leaves.

    Args:
        other_leaves: give every inner node that a product is labelled with a leaf of its own.

    Raises:
        AisleError: no category has `min_products` products.
    """
    cut = uncut(full) if max_depth is None else truncate(full, max_depth)
    if min_products is not None:
        labels = label_tree(full, cut)
        cut = cut.then(prune(labels.tree, _products_by_node(labels, counts), min_products))
    if other_leaves:
        labels = label_tree(full, cut)
        labelled = {node for text, _ in counts() for node in nodes_of_label(labels, text)}
        cut = cut.then(add_other_leaves(labels.tree, labelled))
    return label_tree(full, cut)


def _products_by_node(labels: LabelTree, counts: LabelCounts) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(nodes,) numbers whose sum below a node is how many products are labelled there, each once.

    A product with several labels is taken off again where their paths part.
    """
    total = np.zeros(labels.tree.n_nodes, dtype=np.int64)
    for text, n_products in counts():
        nodes = nodes_of_label(labels, text)
        for node in nodes:
            total[node] += n_products
        for left, right in pairwise(nodes):
            total[labels.tree.lowest_common_ancestor(left, right)] -= n_products
    return total
