"""What every format is given, a file's text, and what it makes of it: rows that become a tree."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from aisle.core.errors import AisleError
from aisle.taxonomy.building import TreeError, from_parents, from_paths
from aisle.taxonomy.names import clean, join_path, split_path
from aisle.taxonomy.tree import Taxonomy

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a taxonomy file, and the address that messages name."""

    address: str
    text: str

    def lines(self) -> Iterator[tuple[int, str]]:
        """Each line's number, from 1, and text; blank lines and the comment at the top are passed over."""
        at_top = True
        for number, line in enumerate(_LINE_END.split(self.text), start=1):
            if line.strip() and not (at_top and line.startswith("#")):
                at_top = False
                yield number, line

    def share_of_lines(self, pattern: re.Pattern[str]) -> float:
        """How many of the first hundred lines begin as the pattern says, from 0 to 1."""
        begins = [pattern.match(line) is not None for _, line in islice(self.lines(), 100)]
        return sum(begins) / len(begins) if begins else 0.0

    def fault(self, line: int | str, message: str) -> AisleError:
        """The error to raise for a fault on a line, or at a place inside the file."""
        return AisleError(f"{self.address}:{'' if isinstance(line, int) else ' '}{line}: {message}")


@dataclass(frozen=True, slots=True)
class TaxonomyFormat:
    """One format.

    Args:
        recognises: whether a file looks like one of this format.
        parse: make the tree of a file that it recognises; raises AisleError, with file and line, for what is
            malformed.
    """

    recognises: Callable[[Source], bool]
    parse: Callable[[Source], Taxonomy]


@dataclass(frozen=True, slots=True)
class PathRow:
    """A category that a file names by its path; the id is empty where the file has none."""

    line: int
    path: tuple[str, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class ParentRow:
    """A category that a file names by its id and its parent's; the parent of a top category is empty."""

    line: int | str
    id: str
    parent: str
    name: str


def parse_path(source: Source, line: int, text: str) -> tuple[str, ...]:
    """The names of a path, none of which may be empty.

    Raises:
        AisleError: a name is empty.
    """
    path = split_path(text)
    if join_path(path) != clean(text):
        raise source.fault(
            line, f"'{clean(text)}' has an empty name; write the names with ' > ' between them"
        )
    return path


def tree_of_paths(source: Source, rows: Sequence[PathRow]) -> Taxonomy:
    """The tree of categories named by their paths; a row that is there twice counts once.

    Raises:
        AisleError: there is no row; an id stands for two paths, or a path for two ids.
    """
    by_id: dict[str, PathRow] = {}
    by_path: dict[tuple[str, ...], PathRow] = {}
    for row in filter(lambda row: row.id, rows):
        first = by_id.setdefault(row.id, row)
        if first.path != row.path:
            other = join_path(first.path)
            raise source.fault(
                row.line,
                f"the id '{row.id}' is that of '{other}' on line {first.line}; give each category its own",
            )
        first = by_path.setdefault(row.path, row)
        if first.id != row.id:
            raise source.fault(
                row.line,
                f"'{join_path(row.path)}' has the id '{first.id}' on line {first.line} and '{row.id}' here; "
                "give it one",
            )
    if not rows:
        raise _nothing(source)
    try:
        return from_paths((row.path for row in rows), {path: row.id for path, row in by_path.items()})
    except TreeError as error:
        raise AisleError(f"{source.address}: {error}") from error


def tree_of_parents(source: Source, rows: Sequence[ParentRow]) -> Taxonomy:
    """The tree of categories that name their parents.

    Raises:
        AisleError: there is no row, or the rows are no tree.
    """
    if not rows:
        raise _nothing(source)
    try:
        return from_parents(
            [row.id for row in rows], [row.parent for row in rows], [row.name for row in rows]
        )
    except TreeError as error:
        raise source.fault(rows[error.row].line, str(error)) from error


def _nothing(source: Source) -> AisleError:
    return AisleError(f"{source.address}: holds no category; is it the right file?")
