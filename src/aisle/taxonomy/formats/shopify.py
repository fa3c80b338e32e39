"""Shopify's product taxonomy as text: `gid://shopify/TaxonomyCategory/ap-1 : Pets > Live Animals`."""

import re

from aisle.taxonomy.formats.source import PathRow, Source, TaxonomyFormat, parse_path, tree_of_paths
from aisle.taxonomy.names import clean
from aisle.taxonomy.tree import Taxonomy

_GID = re.compile(r"\s*gid://")
_ROW = re.compile(r"(gid://\S+?) ?: (.+)")


def _recognises(source: Source) -> bool:
    return source.share_of_lines(_GID) >= 0.5


def _parse(source: Source) -> Taxonomy:
    return tree_of_paths(source, [_row(source, number, clean(line)) for number, line in source.lines()])


def _row(source: Source, number: int, line: str) -> PathRow:
    match = _ROW.fullmatch(line)
    if match is None:
        lacks = "path" if _GID.match(line) else "id"
        raise source.fault(number, f"'{line}' has no {lacks}; write '<gid://...> : <path>'")
    return PathRow(number, parse_path(source, number, match[2]), match[1])


FORMAT = TaxonomyFormat(_recognises, _parse)
