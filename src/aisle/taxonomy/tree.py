"""The category tree: nodes in depth-first order, each a half-open interval of leaves."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aisle.taxonomy.lookup import Lookup, build_lookup
from aisle.taxonomy.names import clean, join_path

ROOT = 0
"""The node above the top categories. It has no name, stands on no path, and is never an answer."""


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """A category tree. Make one with `from_paths`, `from_parents` or `read_taxonomy`.

    Nodes are numbered depth-first from the root, node 0, which is counted in `n_nodes`; leaves are numbered
    in the same order. These numbers change when the tree is cut and are never stored: ids are.

    Args:
        ids: (nodes,) the source's id, else the path as text; the root's is empty.
        names: (nodes,) the node's own name; the root's is empty.
        parent: (nodes,) the parent's node; -1 for the root.
        depth: (nodes,) levels below the root; the top categories have 1.
        start: (nodes,) first leaf below the node, as a leaf index.
        stop: (nodes,) one past the last leaf below it; a leaf's own interval holds itself.
        end: (nodes,) one past the last node below it; so a node's first child is the next node, and a child's
            next sibling begins where the child ends.
        leaf_nodes: (leaves,) the node of each leaf index.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    parent: NDArray[np.int32]
    depth: NDArray[np.int32]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    end: NDArray[np.int32]
    leaf_nodes: NDArray[np.int32]

    def __post_init__(self) -> None:
        for array in (self.parent, self.depth, self.start, self.stop, self.end, self.leaf_nodes):
            array.flags.writeable = False

    def __repr__(self) -> str:
        return f"Taxonomy({self.n_nodes - 1} categories, {self.n_leaves} leaves, {self.max_depth} levels)"

    @property
    def n_nodes(self) -> int:
        """How many nodes there are, the root included."""
        return len(self.ids)

    @property
    def n_leaves(self) -> int:
        """How many leaves there are."""
        return len(self.leaf_nodes)

    @property
    def max_depth(self) -> int:
        """The level of the deepest leaf."""
        return int(self.depth.max())

    @property
    def is_leaf(self) -> NDArray[np.bool_]:
        """(nodes,) whether nothing lies below the node."""
        return np.equal(self.end, np.arange(1, self.n_nodes + 1))

    def children(self, node: int) -> NDArray[np.int32]:
        """The nodes right below, in order; none for a leaf."""
        found = []
        child = node + 1
        while child < self.end[node]:
            found.append(child)
            child = int(self.end[child])
        return np.array(found, dtype=np.int32)

    def ancestors(self, node: int) -> NDArray[np.int32]:
        """The node itself, then its parent, and so on up to level 1; none for the root."""
        found = []
        while node != ROOT:
            found.append(node)
            node = int(self.parent[node])
        return np.array(found, dtype=np.int32)

    def path(self, node: int) -> tuple[str, ...]:
        """The names from level 1 down to the node."""
        return tuple(self.names[step] for step in self.ancestors(node)[::-1])

    def path_text(self, node: int) -> str:
        """The path as text: `Animals & Pet Supplies > Live Animals`."""
        return join_path(self.path(node))

    def path_nodes(self) -> NDArray[np.int32]:
        """(nodes, levels) the node at level 1, 2, ... on the path to each node; -1 below the node itself."""
        table = np.full((self.n_nodes, self.max_depth), -1, dtype=np.int32)
        for node in range(1, self.n_nodes):
            level = self.depth[node] - 1
            table[node, :level] = table[self.parent[node], :level]
            table[node, level] = node
        return table

    def lowest_common_ancestor(self, first: int, second: int) -> int:
        """The deepest node that both lie below, or are; the root if they share no category."""
        while first != second:
            if self.depth[first] >= self.depth[second]:
                first = int(self.parent[first])
            else:
                second = int(self.parent[second])
        return first

    def find(self, text: str) -> int | None:
        """The node that a text means: an id, else a full path, else the last name of one node only.

        Paths and names are compared without regard to case and runs of white space. None if nothing, or more
        than one node, is meant.
        """
        return self.lookup.find(clean(text))

    def node_of_id(self, node_id: str) -> int:
        """The node with this id.

        Raises:
            ValueError: there is none.
        """
        node = self.lookup.ids.get(node_id)
        if node is None:
            raise ValueError(f"no category has the id {node_id!r}")
        return node

    @cached_property
    def lookup(self) -> Lookup:
        """The tables behind `find`, made when first asked for."""
        return build_lookup(self.ids, self.names, self.path_texts())

    def path_texts(self) -> list[str]:
        """The path of every node as text; the root's is empty."""
        texts = [""]
        for node in range(1, self.n_nodes):
            above = texts[self.parent[node]]
            texts.append(join_path((above, self.names[node])) if above else self.names[node])
        return texts
