"""What is known of the products to be scored: label nodes, merchant, group, split; and what training saw."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.core.offsets import offsets_of
from aisle.taxonomy.label_sets import nodes_from_ids
from aisle.taxonomy.names import SEPARATOR
from aisle.taxonomy.tree import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """A name for each product, each name held once.

    Args:
        code: (products,) index into `names`.
        names: the names, none twice.
    """

    code: NDArray[np.int32]
    names: tuple[str, ...]

    @staticmethod
    def of(texts: "pa.Array | pa.ChunkedArray | list[str]") -> "Names":
        """Take the names from (products,) texts."""
        encoded = pc.dictionary_encode(_one_array(texts))
        return Names(
            code=np.asarray(encoded.indices, dtype=np.int32), names=tuple(encoded.dictionary.to_pylist())
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What the products really are.

    Args:
        ptr: (products + 1,) where each product's label nodes begin in `node`; a product without any is left
            out of all figures, unless it is `outside`.
        node: the label nodes of all products one after the other; nodes of the tree that answers name.
        outside: (products,) levels of the path of a label that the tree does not hold, which no answer can
            meet; 0 for every other product.
        merchant: the products' merchants.
        group: (products,) products of one group have one number; resampled together.
        split: the products' splits.

    Raises:
        ValueError: the arrays differ in their number of products, or a product with label nodes is `outside`.
    """

    ptr: NDArray[np.int64]
    node: NDArray[np.int32]
    outside: NDArray[np.int32]
    merchant: Names
    group: NDArray[np.int64]
    split: Names

    def __post_init__(self) -> None:
        lengths = [len(a) for a in (self.outside, self.merchant.code, self.group, self.split.code)]
        if lengths != [len(self)] * len(lengths):
            raise ValueError(
                f"outside, merchant, group and split have {lengths} products; ptr has {len(self)}"
            )
        if ((self.outside > 0) & (np.diff(self.ptr) > 0)).any():
            raise ValueError("a product has label nodes and is outside of the tree; it can only be one")

    def __len__(self) -> int:
        return len(self.ptr) - 1

    @property
    def is_scored(self) -> NDArray[np.bool_]:
        """(products,) whether the product has a label, in the tree or outside of it."""
        return (np.diff(self.ptr) > 0) | (self.outside > 0)

    @staticmethod
    def from_products(tree: Taxonomy, products: pa.Table) -> "Truth":
        """Take the truth from columns of the catalogue's schema.

        A product whose `label_text` led to no node of the tree is outside of it. An empty `group` is a group
        of its own.

        Args:
            tree: the tree that answers name.
            products: the columns label (ids of nodes of `tree`), label_text, merchant, group, split.

        Raises:
            ValueError: the tree has no node with one of the ids.
        """
        ptr, node = nodes_from_ids(tree, products["label"])
        text = pc.replace_substring_regex(_one_array(products["label_text"]), "\n.*", "")
        n_levels = np.asarray(pc.count_substring(text, SEPARATOR)) + 1
        is_outside = (np.diff(ptr) == 0) & (np.asarray(pc.binary_length(text)) > 0)
        groups = Names.of(products["group"])
        is_alone = np.array([name == "" for name in groups.names])[groups.code]
        group = np.where(is_alone, len(groups.names) + np.arange(len(groups.code)), groups.code)
        return Truth(
            ptr=ptr,
            node=node,
            outside=np.where(is_outside, n_levels, 0).astype(np.int32),
            merchant=Names.of(products["merchant"]),
            group=group.astype(np.int64),
            split=Names.of(products["split"]),
        )


@dataclass(frozen=True, eq=False)
class TrainingCounts:
    """How many training products each node was the label of.

    Args:
        own: (nodes,) products labelled with the node itself.
        tree: the tree of these nodes.

    Raises:
        ValueError: `own` has another number of nodes than the tree.
    """

    own: NDArray[np.int64]
    tree: Taxonomy

    def __post_init__(self) -> None:
        if len(self.own) != self.tree.n_nodes:
            raise ValueError(f"own has {len(self.own)} nodes; the tree has {self.tree.n_nodes}")

    @cached_property
    def below(self) -> NDArray[np.int64]:
        """(nodes,) products labelled with the node or with one below it."""
        before = offsets_of(self.own)
        return before[self.tree.end] - before[:-1]


def common_node(tree: Taxonomy, ptr: NDArray[np.int64], node: NDArray[np.int32]) -> NDArray[np.int32]:
    """The deepest node that holds all of a product's label nodes; the leaf, where they allow one leaf only.

    Args:
        ptr: (products + 1,) where each product's nodes begin in `node`; every product has at least one.
        node: the nodes of all products, one after the other.

    Returns:
        (products,) a node; the root where the labels share no category.
    """
    if len(ptr) == 1:
        return np.zeros(0, np.int32)
    first = np.minimum.reduceat(tree.start[node], ptr[:-1])
    last = np.maximum.reduceat(tree.stop[node], ptr[:-1])
    found = node[ptr[:-1]]
    while (climb := (tree.start[found] > first) | (tree.stop[found] < last)).any():
        found = np.where(climb, tree.parent[found], found)
    return down_to_leaf(tree, found)


def down_to_leaf(tree: Taxonomy, node: NDArray[np.int32]) -> NDArray[np.int32]:
    """Replace a node that has a single leaf below it by that leaf."""
    leaf = tree.leaf_nodes[tree.start[node]]
    return np.where(tree.stop[node] - tree.start[node] == 1, leaf, node)


def _one_array(texts: "pa.Array | pa.ChunkedArray | list[str]") -> pa.Array:
    if isinstance(texts, pa.ChunkedArray):
        return texts.combine_chunks()
    return texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
