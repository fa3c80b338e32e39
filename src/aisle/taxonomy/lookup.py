"""Finding a node by what a merchant or a user writes: an id, a path, or a last name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aisle.taxonomy.names import fold, fold_path, unescape_path

_AMBIGUOUS = -1


@dataclass(frozen=True, slots=True)
class Lookup:
    """Tables from a text to a node; where several nodes share a text, the table says so and none is found.

    Args:
        ids: from id to node.
        paths: from the path as it stands, names joined by ` > `.
        folded: from the path without regard to case.
        last: from the last name without regard to case.
    """

    ids: dict[str, int]
    paths: dict[str, int]
    folded: dict[str, int]
    last: dict[str, int]

    def exact(self, text: str) -> int | None:
        """The node with this id or this full path; None where there is none or more than one."""
        node = self.ids.get(text)
        if node is None:
            node = self.paths.get(text)
        if node is None:
            node = self.folded.get(fold_path(text))
        return None if node is None or node == _AMBIGUOUS else node

    def find(self, text: str) -> int | None:
        """The node with this id, this full path, or this last name if no other node has it.

        Where the text as it stands finds nothing, it is tried with HTML entities resolved and with every `>`
        as a separator, spaces around it or not.
        """
        node = self._find(text)
        if node is None and ("&" in text or ">" in text):
            node = self._find(unescape_path(text))
        return node

    def _find(self, text: str) -> int | None:
        node = self.exact(text)
        if node is None:
            node = self.last.get(fold_path(text))
        return None if node is None or node == _AMBIGUOUS else node


def build_lookup(ids: Sequence[str], names: Sequence[str], paths: Sequence[str]) -> Lookup:
    """Make the tables of a tree whose root is node 0, which is never found.

    Args:
        ids: of every node.
        names: of every node.
        paths: of every node, as text.
    """
    nodes = range(1, len(ids))
    return Lookup(
        ids={ids[node]: node for node in nodes},
        paths=_table((paths[node], node) for node in nodes),
        folded=_table((fold(paths[node]), node) for node in nodes),
        last=_table((fold(names[node]), node) for node in nodes),
    )


def _table(entries: Iterable[tuple[str, int]]) -> dict[str, int]:
    table: dict[str, int] = {}
    for text, node in entries:
        table[text] = _AMBIGUOUS if text in table else node
    return table
