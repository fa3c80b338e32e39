"""Making a tree of what a file lists, paths or nodes that name their parents; what is no tree is refused."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from aisle.core.errors import AisleError
from aisle.core.offsets import offsets_of
from aisle.taxonomy.names import clean, fold, holds_separator, join_path
from aisle.taxonomy.tree import ROOT, Taxonomy


class TreeError(AisleError):
    """What was given is no tree; who knows the file puts its name and the line before the message.

    Args:
        row: which of the rows given to `from_parents` is at fault, counted from 0; -1 if none in particular.
        message: what is wrong with it, and what would be right.
    """

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row


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
