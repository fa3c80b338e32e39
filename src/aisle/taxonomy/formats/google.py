"""Google's product taxonomy with ids, in any language: `3237 - Animals & Pet Supplies > Live Animals`."""

import re

from aisle.taxonomy.formats.source import PathRow, Source, TaxonomyFormat, parse_path, tree_of_paths
from aisle.taxonomy.names import clean
from aisle.taxonomy.tree import Taxonomy

_NUMBERED = re.compile(r"\s*\d+\s+-\s")
_FORM = "write '<id> - <path>'"


def _recognises(source: Source) -> bool:
    return source.share_of_lines(_NUMBERED) >= 0.5


def _parse(source: Source) -> Taxonomy:
    return tree_of_paths(source, [_row(source, number, clean(line)) for number, line in source.lines()])


def _row(source: Source, number: int, line: str) -> PathRow:
    node_id, dash, path = line.partition(" - ")
    if not dash:
        lacks = "path" if line.removesuffix(" -").isdigit() else "id"
        raise source.fault(number, f"'{line}' has no {lacks}; {_FORM}")
    if not (node_id.isascii() and node_id.isdigit()):
        raise source.fault(number, f"id '{node_id}' is not a number; {_FORM}")
    return PathRow(number, parse_path(source, number, path), node_id)


FORMAT = TaxonomyFormat(_recognises, _parse)
