"""Paths, one on a line: Google's product taxonomy without ids, or a list of categories of one's own."""

from aisle.taxonomy.formats.source import PathRow, Source, TaxonomyFormat, parse_path, tree_of_paths
from aisle.taxonomy.names import split_path
from aisle.taxonomy.tree import Taxonomy

_SIGNS_OF_OTHER_FORMATS = frozenset(",;\t|<{")


def _recognises(source: Source) -> bool:
    """Lines of which one is a path of two names or more, or that could be nothing but names."""
    lines = [line for _, line in source.lines()]
    return any(len(split_path(line)) > 1 for line in lines) or not any(
        _SIGNS_OF_OTHER_FORMATS.intersection(line) for line in lines
    )


def _parse(source: Source) -> Taxonomy:
    return tree_of_paths(
        source, [PathRow(number, parse_path(source, number, line)) for number, line in source.lines()]
    )


FORMAT = TaxonomyFormat(_recognises, _parse)
