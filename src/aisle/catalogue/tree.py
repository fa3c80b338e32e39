"""The tree of a catalogue: read or made of the labels, then cut to what the products can fill."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from aisle.catalogue.labels import nodes_of_label, several
from aisle.taxonomy.cut import add_other_leaves, prune, truncate, uncut
from aisle.taxonomy.labels import LabelTree, label_tree
from aisle.taxonomy.names import SEPARATOR, fold, split_path, unescape_path
from aisle.taxonomy.tree import Taxonomy, from_paths

LabelCounts = Callable[[], Iterable[tuple[str, int]]]
"""Gives each distinct label text and how many products have it, the most frequent first; may be asked again."""


def tree_of_labels(counts: LabelCounts) -> Taxonomy:
    """Make the tree of the labels' own paths; siblings are sorted by name.

    Names that differ only in case are one, spelled as most products spell it.

    Raises:
        ValueError: there is no label.
    """
    spelling: dict[tuple[str, ...], str] = {}
    paths: set[tuple[str, ...]] = set()
    for text, _ in counts():
        for part in several(text):
            names = path_of_label(part)
            folded = tuple(fold(name) for name in names)
            spelled = [spelling.setdefault(folded[: i + 1], name) for i, name in enumerate(names)]
            paths.add(tuple(spelled))
    return from_paths(sorted(paths))


def path_of_label(text: str) -> tuple[str, ...]:
    """The names of a label's path; a '>' without spaces separates too where none stands alone."""
    names = split_path(text)
    return split_path(unescape_path(text)) if len(names) == 1 else names


def cut_to_products(
    full: Taxonomy,
    counts: LabelCounts,
    *,
    max_depth: int | None,
    min_products: int | None,
    other_leaves: bool,
) -> LabelTree:
    """Cut a tree in this order: too deep levels, nodes with too few products; then `(other)` leaves are added.

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
        for left, right in _pairs(nodes):
            total[labels.tree.lowest_common_ancestor(left, right)] -= n_products
    return total


def _pairs(nodes: list[int]) -> Iterator[tuple[int, int]]:
    return zip(nodes, nodes[1:], strict=False)
