"""The category tree: nodes in depth-first order, each a half-open interval of leaves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.core.offsets import offsets_of
from aisle.taxonomy.lookup import Lookup, build_lookup
from aisle.taxonomy.names import clean, fold, holds_separator, join_path

ROOT = 0
"""The node above the top categories. It has no name, stands on no path, and is never an answer."""


class TreeError(AisleError):
    """What was given is no tree; who knows the file puts its name and the line before the message.

    Args:
        row: which of the rows given to `from_parents` is at fault, counted from 0; -1 if none in particular.
        message: what is wrong with it, and what would be right.
    """

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row


@dataclass(frozen=True, slots=True, eq=False)
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
    _lookup: list[Lookup] = field(default_factory=list, init=False, repr=False)

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

    @property
    def lookup(self) -> Lookup:
        """The tables behind `find`, made when first asked for."""
        if not self._lookup:
            self._lookup.append(build_lookup(self.ids, self.names, self.path_texts()))
        return self._lookup[0]

    def path_texts(self) -> list[str]:
        """The path of every node as text; the root's is empty."""
        texts = [""]
        for node in range(1, self.n_nodes):
            above = texts[self.parent[node]]
            texts.append(join_path((above, self.names[node])) if above else self.names[node])
        return texts

    def node_probabilities(self, leaf_p: NDArray[np.floating]) -> NDArray[np.floating]:
        """Add up the leaf probabilities below every node, in float64.

        Args:
            leaf_p: (products, leaves) none negative.

        Returns:
            (products, nodes) in the type of `leaf_p`; children share out their parent's probability.

        Raises:
            ValueError: `leaf_p` has another number of leaves than the tree.
        """
        if leaf_p.ndim != 2 or leaf_p.shape[1] != self.n_leaves:
            raise ValueError(f"leaf_p has the shape {leaf_p.shape}; expected (products, {self.n_leaves})")
        below = np.zeros((len(leaf_p), self.n_leaves + 1))
        np.cumsum(leaf_p, axis=1, dtype=np.float64, out=below[:, 1:])
        node_p = np.take(below, self.stop, axis=1)
        node_p -= np.take(below, self.start, axis=1)
        return node_p.astype(leaf_p.dtype, copy=False)


def from_paths(
    paths: Iterable[tuple[str, ...]], ids: Mapping[tuple[str, ...], str] | None = None
) -> Taxonomy:
    """Make the tree of the paths; what stands above a path's end is made where no path names it.

    Siblings are in the order in which they first appear. Names are cleaned; an empty path is left out.
    Without ids, siblings that differ only in case are one node, spelled as it first was.
    With ids, they are two.

    Args:
        paths: names from level 1 downwards; doubles are welcome.
        ids: from a path to its id. A node without one has its path as text for an id.

    Raises:
        TreeError: there is no path at all; a name is empty or holds ` > `; two nodes have one id.
    """
    known_ids = {tuple(clean(name) for name in path): clean(text) for path, text in (ids or {}).items()}
    compared = str if known_ids else fold
    rows: dict[tuple[int, str], int] = {}
    node_ids: list[str] = []
    names: list[str] = []
    parents: list[int] = []
    for path in dict.fromkeys(paths):
        above = -1
        spelled: tuple[str, ...] = ()
        for name in map(clean, path):
            row = rows.setdefault((above, compared(name)), len(names))
            if row == len(names):
                full = (*spelled, name)
                node_ids.append(known_ids.get(full) or join_path(full))
                names.append(name)
                parents.append(above)
            spelled = (*spelled, names[row])
            above = row
    return _assemble(node_ids, names, parents)


def from_parents(ids: Sequence[str], parents: Sequence[str], names: Sequence[str]) -> Taxonomy:
    """Make the tree of nodes that name their parents, in any order; siblings keep theirs.

    Args:
        ids: (rows,) one for each node; none empty, none twice.
        parents: (rows,) the parent's id; empty for a top category.
        names: (rows,) the node's own name.

    Raises:
        TreeError: there is no row; an id is empty or there twice; a parent is unknown, or a node lies below
            itself; a name is empty or holds ` > `.
    """
    ids = [clean(text) for text in ids]
    row_of_id = {text: row for row, text in enumerate(ids)}
    row_of_id[""] = -1
    rows = []
    for row, text in enumerate(parents):
        above = row_of_id.get(clean(text))
        if above is None:
            raise TreeError(
                row, f"the parent '{text}' of '{ids[row]}' is no row's id; leave it empty for a top category"
            )
        rows.append(above)
    return _assemble(ids, [clean(name) for name in names], rows)


def _assemble(ids: Sequence[str], names: Sequence[str], parents: Sequence[int]) -> Taxonomy:
    """Put the rows in depth-first order below a root, and number the leaves.

    Args:
        parents: (rows,) the parent's row; -1 for a top category.
    """
    _check(ids, names)
    order, parent_of = _depth_first(ids, parents)
    n_nodes = len(order) + 1
    parent = np.array([-1, *parent_of], dtype=np.int32)
    depth = np.zeros(n_nodes, dtype=np.int32)
    end = np.arange(1, n_nodes + 1, dtype=np.int32)
    for node in range(1, n_nodes):
        depth[node] = depth[parent[node]] + 1
    for node in range(n_nodes - 1, 0, -1):
        end[parent[node]] = max(end[parent[node]], end[node])
    is_leaf = end == np.arange(1, n_nodes + 1)
    leaves_before = offsets_of(is_leaf).astype(np.int32)
    return Taxonomy(
        ids=("", *(ids[row] for row in order)),
        names=("", *(names[row] for row in order)),
        parent=parent,
        depth=depth,
        start=leaves_before[:-1].copy(),
        stop=leaves_before[end],
        end=end,
        leaf_nodes=np.flatnonzero(is_leaf).astype(np.int32),
    )


def _check(ids: Sequence[str], names: Sequence[str]) -> None:
    """Refuse what has no place in any tree, whatever its parents."""
    if not ids:
        raise TreeError(-1, "holds no category")
    rows: dict[str, int] = {}
    for row, (node_id, name) in enumerate(zip(ids, names, strict=True)):
        if not node_id:
            raise TreeError(row, f"'{name}' has an empty id; give it one")
        if not name:
            raise TreeError(row, f"the category with the id '{node_id}' has an empty name; give it one")
        if holds_separator(name):
            raise TreeError(
                row, f"the name '{name}' holds a '>' of its own, which separates the names of a path"
            )
        if rows.setdefault(node_id, row) != row:
            raise TreeError(
                row,
                f"the id '{node_id}' of '{name}' is that of '{names[rows[node_id]]}' too; give each its own",
            )


def _depth_first(ids: Sequence[str], parents: Sequence[int]) -> tuple[list[int], list[int]]:
    """The rows in depth-first order, and for each the node (not the row) of its parent."""
    children: list[list[int]] = [[] for _ in range(len(parents) + 1)]
    for row, above in enumerate(parents):
        children[above].append(row)
    order: list[int] = []
    parent_of: list[int] = []
    waiting = [(row, ROOT) for row in reversed(children[-1])]
    while waiting:
        row, above = waiting.pop()
        order.append(row)
        parent_of.append(above)
        waiting += [(child, len(order)) for child in reversed(children[row])]
    if len(order) < len(parents):
        looped = _row_below_itself(parents, min(set(range(len(parents))) - set(order)))
        raise TreeError(
            looped, f"'{ids[looped]}' lies below itself; mend its parent '{ids[parents[looped]]}'"
        )
    return order, parent_of


def _row_below_itself(parents: Sequence[int], row: int) -> int:
    """Climb from a row that hangs in the air to one that is its own ancestor."""
    seen: set[int] = set()
    while row not in seen:
        seen.add(row)
        row = parents[row]
    return row
