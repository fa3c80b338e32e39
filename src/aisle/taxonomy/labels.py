"""From what a merchant wrote as a label to the node of the model's tree that it means."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.taxonomy.cut import Cut
from aisle.taxonomy.names import clean
from aisle.taxonomy.node_table import read_nodes, read_nodes_and_means, write_nodes
from aisle.taxonomy.tree import Taxonomy

TREE_FILE = "taxonomy.tsv"
"""The tree that the model predicts: id, parent, name."""

LABELS_FILE = "labels.tsv"
"""The full tree: id, parent, name, and the id of the node of the model's tree that a label there means."""

_MEMORY_SIZE = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class LabelTree:
    """The tree that the model predicts, and the full one that labels are written in.

    Args:
        full: the taxonomy as it was read.
        tree: what is left of it after cutting.
        meaning: (nodes of full,) the node of `tree` that a label there means; -1 where it means none.
    """

    full: Taxonomy
    tree: Taxonomy
    meaning: NDArray[np.int32]
    _known: dict[str, int | None] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.meaning.shape != (self.full.n_nodes,):
            raise ValueError(f"meaning has the shape {self.meaning.shape}; expected ({self.full.n_nodes},)")
        if self.meaning.max() >= self.tree.n_nodes:
            raise ValueError(f"meaning names node {self.meaning.max()} of {self.tree.n_nodes}")

    def resolve(self, text: str) -> int | None:
        """The node of `tree` that a label's text means; None if it means none.

        The text is looked for in the full tree, as `Taxonomy.find` does, and then in `tree`, where ids and
        full paths count: the path of an `(other)` leaf, for example.
        """
        if text not in self._known:
            if len(self._known) >= _MEMORY_SIZE:
                self._known.clear()
            self._known[text] = self._resolve(text)
        return self._known[text]

    def _resolve(self, text: str) -> int | None:
        node = self.full.find(text)
        if node is None:
            return self.tree.lookup.exact(clean(text))
        meant = int(self.meaning[node])
        return meant if meant > 0 else None

    def write(self, folder: Path) -> None:
        """Write `taxonomy.tsv` and `labels.tsv` into a folder that exists."""
        write_nodes(folder / TREE_FILE, self.tree)
        means = ["" if node < 0 else self.tree.ids[node] for node in self.meaning]
        write_nodes(folder / LABELS_FILE, self.full, means)


def label_tree(full: Taxonomy, cut: Cut) -> LabelTree:
    """The labels of a tree and of what a cut, or several after one another, left of it."""
    return LabelTree(full, cut.tree, cut.new_of_old)


def read_label_tree(folder: Path) -> LabelTree:
    """Read what `LabelTree.write` wrote.

    Raises:
        AisleError: a file is missing or not in this format; a label means a node that the tree lacks.
    """
    tree = read_nodes(folder / TREE_FILE)
    full, means = read_nodes_and_means(folder / LABELS_FILE)
    nodes = {node_id: node for node, node_id in enumerate(tree.ids)}
    meaning = np.full(full.n_nodes, -1, dtype=np.int32)
    meaning[0] = 0
    for node, text in enumerate(means[1:], start=1):
        if text not in nodes:
            raise AisleError(
                f"{folder / LABELS_FILE}: '{full.ids[node]}' means '{text}', which {TREE_FILE} lacks; "
                "the two files do not belong together"
            )
        meaning[node] = nodes[text] if text else -1
    return LabelTree(full, tree, meaning)
