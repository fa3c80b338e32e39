"""A tree as a file of ours: one line a node, tab-separated, with its id, its parent's id and its name."""

import csv
from collections.abc import Sequence
from pathlib import Path

from aisle.core.errors import AisleError
from aisle.taxonomy.building import TreeError, from_parents
from aisle.taxonomy.tree import Taxonomy

_COLUMNS = ["id", "parent", "name"]


def write_nodes(file: Path, tree: Taxonomy, means: Sequence[str] | None = None) -> None:
    """Write the tree, its nodes depth-first and without the root.

    Args:
        means: (nodes,) a fourth column, `means`, where given.
    """
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS if means is None else [*_COLUMNS, "means"])
        for node in range(1, tree.n_nodes):
            row = [tree.ids[node], tree.ids[tree.parent[node]], tree.names[node]]
            writer.writerow(row if means is None else [*row, means[node]])


def read_nodes(file: Path) -> Taxonomy:
    """Read what `write_nodes` wrote.

    Raises:
        AisleError: the file is missing, not in this format, or no tree.
    """
    return _read(file, _COLUMNS)[0]


def read_nodes_and_means(file: Path) -> tuple[Taxonomy, list[str]]:
    """Read what `write_nodes` wrote with a column `means`, of which the root's entry is empty.

    Raises:
        AisleError: the file is missing, not in this format, or no tree.
    """
    return _read(file, [*_COLUMNS, "means"])


def _read(file: Path, columns: list[str]) -> tuple[Taxonomy, list[str]]:
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t", strict=True)
            for row in reader:
                if len(row) != len(columns):
                    raise AisleError(
                        f"{file}:{reader.line_num}: has {len(row)} fields; expected {len(columns)}"
                    )
                rows.append(row)
                lines.append(reader.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AisleError(f"{file}: cannot be read: {error}") from error
    if not rows or rows[0] != columns:
        raise AisleError(f"{file}: opens with {rows[:1]}; expected the columns {', '.join(columns)}")
    ids, parents, names, *rest = ([row[column] for row in rows[1:]] for column in range(len(columns)))
    try:
        tree = from_parents(ids, parents, names)
    except TreeError as error:
        raise AisleError(f"{file}:{lines[error.row + 1]}: {error}") from error
    means = [""] * tree.n_nodes
    for node_id, text in zip(ids, rest[0] if rest else [], strict=False):
        means[tree.node_of_id(node_id)] = text
    return tree, means
