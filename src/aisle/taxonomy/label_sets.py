"""Labels of many products as sets of leaves: for each product a few half-open intervals."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.core.offsets import offsets_of
from aisle.taxonomy.tree import Taxonomy

_ROW = np.int64(1) << 31
"""Further apart than any two leaves, so that (row, leaf) sorts as one number."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelSets:
    """The leaves that each product's label allows.

    Args:
        ptr: (products + 1,) where each product's intervals begin; a product without a label has none.
        start: (intervals,) first leaf, as a leaf index; sorted within a product, no two overlap.
        stop: (intervals,) one past the last leaf.
    """

    ptr: NDArray[np.int64]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ptr) - 1

    @staticmethod
    def from_nodes(tree: Taxonomy, ptr: NDArray[np.int64], node: NDArray[np.int32]) -> "LabelSets":
        """The intervals of nodes.

        Args:
            ptr: (products + 1,) where each product's nodes begin in `node`.
            node: the nodes of all products, one after the other; nested and repeated ones are joined.
        """
        n_products = len(ptr) - 1
        row = np.repeat(np.arange(n_products, dtype=np.int64), np.diff(ptr))
        start, stop = tree.start[node].astype(np.int64), tree.stop[node].astype(np.int64)
        order = np.lexsort((-stop, start, row))
        row, start, stop = row[order], start[order], stop[order]
        reached = np.maximum.accumulate(row * _ROW + stop)
        keep = np.ones(len(row), dtype=bool)
        keep[1:] = row[1:] * _ROW + start[1:] >= reached[:-1]
        counts = np.bincount(row[keep], minlength=n_products)
        return LabelSets(offsets_of(counts), start[keep].astype(np.int32), stop[keep].astype(np.int32))

    @property
    def is_labelled(self) -> NDArray[np.bool_]:
        """(products,) whether the label allows any leaf."""
        return np.diff(self.ptr) > 0

    def take(self, rows: NDArray[np.integer]) -> "LabelSets":
        """The label sets of some products, in the order asked for.

        Args:
            rows: indices from 0; a product may be asked for twice.
        """
        first, counts = self.ptr[rows], np.diff(self.ptr)[rows]
        ptr = offsets_of(counts)
        pick = np.repeat(first - ptr[:-1], counts) + np.arange(ptr[-1])
        return LabelSets(ptr, self.start[pick], self.stop[pick])

    def contains(self, leaf_index: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each product's label allows the leaves.

        Args:
            leaf_index: (products, k) leaf indices; -1 is in no set.
        """
        row = np.arange(len(self), dtype=np.int64)[:, None]
        interval_row = np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.ptr))
        keys = interval_row * _ROW + self.start
        at = np.searchsorted(keys, row * _ROW + leaf_index, side="right") - 1
        found = at >= self.ptr[:-1, None]
        if len(self.stop):
            found &= leaf_index < self.stop[at]
        return found


def nodes_from_ids(
    tree: Taxonomy, labels: pa.ListArray | pa.ChunkedArray
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The nodes that lists of ids name.

    Args:
        labels: (products,) a list of ids for each.

    Returns:
        (products + 1,) where each product's nodes begin, and the nodes of all products one after the other.

    Raises:
        ValueError: the tree has no node with one of the ids.
    """
    if isinstance(labels, pa.ChunkedArray):
        labels = labels.combine_chunks()
    counts = np.asarray(pc.fill_null(pc.list_value_length(labels), 0))
    ids = labels.flatten()
    node = pc.index_in(ids, value_set=pa.array(tree.ids[1:], type=ids.type))
    if node.null_count:
        unknown = ids.filter(pc.is_null(node))[0].as_py()
        raise ValueError(f"no category has the id {unknown!r}; the labels belong to another taxonomy")
    return offsets_of(counts), np.asarray(node).astype(np.int32) + 1
