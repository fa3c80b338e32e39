"""A taxonomy on the console: a table of its levels, and a branch drawn as a tree."""

import difflib

import numpy as np
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from aisle.core.errors import AisleError
from aisle.core.words import counted
from aisle.taxonomy.names import clean, fold, fold_path
from aisle.taxonomy.tree import ROOT, Taxonomy

_MAX_LISTED = 5
_N_ALIKE = 3


def level_table(tree: Taxonomy, max_depth: int | None = None) -> Table:
    """Nodes and leaves at each level, and of the tree that is cut there.

    Args:
        max_depth: the level whose row stands out.
    """
    nodes = np.bincount(tree.depth[1:], minlength=tree.max_depth + 1)
    leaves = np.bincount(tree.depth[tree.leaf_nodes], minlength=tree.max_depth + 1)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=True)
    table.add_column("level", footer="all", justify="right")
    table.add_column("nodes", footer=f"{nodes.sum():,}", justify="right")
    table.add_column("leaves", footer=f"{leaves.sum():,}", justify="right")
    table.add_column("nodes if cut here", justify="right", style="dim")
    table.add_column("leaves if cut here", justify="right", style="dim")
    for level in range(1, tree.max_depth + 1):
        cut_nodes = nodes[: level + 1].sum()
        cut_leaves = leaves[:level].sum() + nodes[level]
        counts = (nodes[level], leaves[level], cut_nodes, cut_leaves)
        table.add_row(
            str(level), *(f"{n:,}" for n in counts), style="bold not dim" if level == max_depth else None
        )
    return table


def draw_branch(tree: Taxonomy, node: int, max_depth: int) -> Tree:
    """Draw a node and what is below it, names with ids where those differ.

    Args:
        node: the root draws the whole tree.
        max_depth: the last level drawn; of a node with more below it, the number of leaves is told.
    """
    top = Text("all categories" if node == ROOT else tree.path_text(node), style="bold")
    drawn = {node: Tree(_with_details(top, tree, node, max_depth), guide_style="dim")}
    for below in range(node + 1, int(tree.end[node])):
        above = int(tree.parent[below])
        if above in drawn and tree.depth[below] <= max_depth:
            label = _with_details(Text(tree.names[below]), tree, below, max_depth)
            drawn[below] = drawn[above].add(label)
    return drawn[node]


def _with_details(label: Text, tree: Taxonomy, node: int, max_depth: int) -> Text:
    """Add how many leaves are there but not drawn, and the id, if it is no path."""
    if tree.depth[node] >= max_depth and tree.end[node] > node + 1:
        leaves = counted(tree.stop[node] - tree.start[node], "leaf", "leaves")
        label.append(f"  … {leaves} below", style="cyan not bold")
    if tree.ids[node] != tree.path_text(node):
        label.append(f"  {tree.ids[node]}", style="dim not bold")
    return label


def find_branch(tree: Taxonomy, text: str) -> int:
    """The node that a text means, as `Taxonomy.find` understands it.

    Raises:
        AisleError: it means none, or more than one; the message names those that may be meant.
    """
    node = tree.find(text)
    if node is not None:
        return node
    paths = tree.path_texts()
    wanted = fold_path(clean(text))
    alike = [
        paths[node]
        for node in range(1, tree.n_nodes)
        if wanted in (fold(tree.names[node]), fold(paths[node]))
    ]
    if alike:
        more = f" or {len(alike) - _MAX_LISTED} more" if len(alike) > _MAX_LISTED else ""
        raise AisleError(
            f"'{text}' may be {' or '.join(alike[:_MAX_LISTED])}{more}; write the whole path, or an id"
        )
    near = _near(tree, wanted)
    tops = ", ".join(tree.names[child] for child in tree.children(ROOT))
    meant = " or ".join(f"'{path}'" for path in near[:_MAX_LISTED])
    more = f" ({len(near) - _MAX_LISTED} more are like it)" if len(near) > _MAX_LISTED else ""
    hint = f"did you mean {meant}{more}?" if near else f"top categories: {tops}"
    raise AisleError(f"no category is called '{text}'; {hint}")


def _near(tree: Taxonomy, wanted: str) -> list[str]:
    """The paths of categories whose names are like a folded text, the likeliest first.

    Those whose last words it is, the highest first; else those that hold it as words; else such as are
    spelled alike.
    """
    paths = tree.path_texts()
    nodes = sorted(range(1, tree.n_nodes), key=lambda node: int(tree.depth[node]))
    words = {node: f" {fold(tree.names[node])} " for node in nodes}
    for is_like in (str.endswith, str.__contains__):
        if found := [paths[node] for node in nodes if wanted and is_like(words[node], f" {wanted} ")]:
            return found
    by_folded = {fold(tree.names[node]): paths[node] for node in nodes}
    by_folded |= {fold(paths[node]): paths[node] for node in nodes}
    alike = difflib.get_close_matches(wanted, by_folded, n=_N_ALIKE)
    return list(dict.fromkeys(by_folded[name] for name in alike))
