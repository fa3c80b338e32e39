"""Shopify's product taxonomy as JSON: verticals, each a list of categories that name their parents."""

import json
from collections.abc import Iterator
from typing import Any

from aisle.core.errors import AisleError
from aisle.taxonomy.formats.source import ParentRow, Source, TaxonomyFormat, tree_of_parents
from aisle.taxonomy.tree import Taxonomy


def _recognises(source: Source) -> bool:
    return source.text.lstrip()[:1] in ("{", "[")


def _parse(source: Source) -> Taxonomy:
    if not source.text.strip():
        return tree_of_parents(source, [])
    try:
        document = json.loads(source.text)
    except json.JSONDecodeError as error:
        raise source.fault(error.lineno, f"is no JSON: {error.msg}") from error
    except RecursionError as error:
        raise AisleError(
            f"{source.address}: is JSON within JSON without end; is it the right file?"
        ) from error
    return tree_of_parents(source, list(_rows(source, document)))


def _rows(source: Source, document: Any) -> Iterator[ParentRow]:
    verticals = document.get("verticals") if isinstance(document, dict) else None
    if not isinstance(verticals, list):
        raise AisleError(f"{source.address}: holds no list 'verticals'; expected Shopify's categories.json")
    for i, vertical in enumerate(verticals):
        categories = vertical.get("categories") if isinstance(vertical, dict) else None
        if not isinstance(categories, list):
            raise source.fault(f"verticals[{i}]", "holds no list 'categories'")
        for j, category in enumerate(categories):
            yield _row(source, f"verticals[{i}].categories[{j}]", category)


def _row(source: Source, place: str, category: Any) -> ParentRow:
    if not isinstance(category, dict):
        raise source.fault(place, "is no object with an id and a name")
    node_id = category.get("id", category.get("public_id"))  # the first editions said public_id
    name = category.get("name")
    for key, value in (("id", node_id), ("name", name)):
        if not isinstance(value, str):
            raise source.fault(place, f"has no text '{key}'")
    parent = category["parent_id"] if "parent_id" in category else _nearest(category)
    if parent is not None and not isinstance(parent, str):
        raise source.fault(place, "has a 'parent_id' that is no text")
    return ParentRow(place, str(node_id), parent or "", str(name))


def _nearest(category: dict[str, Any]) -> Any:
    """The id of the parent where only the ancestors are told, the nearest first."""
    ancestors = category.get("ancestors") or [None]
    nearest = ancestors[0] if isinstance(ancestors, list) else None
    return nearest.get("id") if isinstance(nearest, dict) else nearest


FORMAT = TaxonomyFormat(_recognises, _parse)
