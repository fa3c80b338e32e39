"""A table (CSV or TSV) with the columns id, parent and name, or a column for each level, as Cdiscount's."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aisle.taxonomy.formats.source import (
    ParentRow,
    PathRow,
    Source,
    TaxonomyFormat,
    tree_of_parents,
    tree_of_paths,
)
from aisle.taxonomy.names import clean, holds_separator
from aisle.taxonomy.tree import Taxonomy

_DELIMITERS = "\t,;|"
_ID = ("id", "category_id", "categoryid", "node_id", "code", "category_code")
_PARENT = ("parent", "parent_id", "parentid", "parent_category_id", "parent_category", "parent_code")
_NAME = ("name", "category_name", "categoryname", "title", "label", "category")
_LEVEL = re.compile(r"((?:.*_)?(?:level|lvl|l|category|cat|niveau|nivel|ebene))_?(\d+)")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns stand; None or empty for those that the table lacks.

    Args:
        header: the columns' names as the file writes them.
    """

    delimiter: str
    header: Sequence[str]
    id: int | None
    parent: int | None
    name: int | None
    levels: Sequence[int]

    @property
    def is_known(self) -> bool:
        return self.has_parents or len(self.levels) > 1 or (len(self.levels) == 1 and self.id is not None)

    @property
    def has_parents(self) -> bool:
        return None not in (self.id, self.parent, self.name)


def _recognises(source: Source) -> bool:
    header = next(source.lines(), None)
    return header is not None and _columns(header[1]).is_known


def _parse(source: Source) -> Taxonomy:
    columns = _columns(next(source.lines())[1])
    if columns.has_parents:
        return tree_of_parents(source, list(_parent_rows(source, columns)))
    return tree_of_paths(source, list(_path_rows(source, columns)))


def _columns(line: str) -> _Columns:
    """Find the delimiter by which the header has columns that we know, if there is one, and the columns."""
    tried = [_columns_by(delimiter, line) for delimiter in _DELIMITERS]
    return next((columns for columns in tried if columns.is_known), tried[0])


def _columns_by(delimiter: str, line: str) -> _Columns:
    header = [clean(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
    names = [re.sub(r"[ .-]", "_", name).lower() for name in header]
    stems: dict[str, dict[int, int]] = {}
    for column, name in enumerate(names):
        if match := _LEVEL.fullmatch(name):
            stems.setdefault(match[1], {})[int(match[2])] = column
    levels = max(map(_from_one, stems.values()), key=len, default=[])
    return _Columns(
        delimiter, header, _first(names, _ID), _first(names, _PARENT), _first(names, _NAME), levels
    )


def _from_one(columns: dict[int, int]) -> list[int]:
    """The columns of the levels 1, 2, ..., as far as there is no gap."""
    found: list[int] = []
    while len(found) + 1 in columns:
        found.append(columns[len(found) + 1])
    return found


def _first(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _rows(source: Source, columns: _Columns) -> Iterator[tuple[int, list[str]]]:
    """Each row below the header: its line and its cleaned fields. A row is one line, quotes or not."""
    lines = source.lines()
    next(lines)
    for number, line in lines:
        try:
            fields = next(csv.reader([line], delimiter=columns.delimiter, strict=True))
        except csv.Error as error:
            why = "a quote opens here and never closes" if "end of data" in str(error) else str(error)
            raise source.fault(number, why) from error
        if len(fields) != len(columns.header):
            raise source.fault(number, f"has {len(fields)} fields; the header has {len(columns.header)}")
        if any(fields := [clean(field) for field in fields]):
            yield number, fields


def _parent_rows(source: Source, columns: _Columns) -> Iterator[ParentRow]:
    where = [column for column in (columns.id, columns.parent, columns.name) if column is not None]
    for line, fields in _rows(source, columns):
        node_id, parent, name = (fields[column] for column in where)
        yield ParentRow(line, node_id, parent, name)


def _path_rows(source: Source, columns: _Columns) -> Iterator[PathRow]:
    for line, fields in _rows(source, columns):
        names = [fields[column] for column in columns.levels]
        path = tuple(name for name in names if name)
        node_id = "" if columns.id is None else fields[columns.id]
        if fault := _fault(columns, names, len(path), node_id):
            raise source.fault(line, fault)
        if path:
            yield PathRow(line, path, node_id)


def _fault(columns: _Columns, names: Sequence[str], n_filled: int, node_id: str) -> str:
    """What is wrong with a row of levels; empty if nothing is."""
    levels = [columns.header[column] for column in columns.levels]
    if node_id and not n_filled:
        return f"the id '{node_id}' has no category; fill '{levels[0]}'"
    if any(names[n_filled:]):
        empty = names.index("")
        filled = next(level for level in range(empty, len(names)) if names[level])
        return f"'{levels[empty]}' is empty and '{levels[filled]}' is not; fill the levels from the left"
    split = next(filter(holds_separator, names), "")
    return f"the name '{split}' holds a '>' of its own, which separates the names of a path" if split else ""


FORMAT = TaxonomyFormat(_recognises, _parse)
