"""Which of a feed's columns mean what: known columns found by name, however it is spelled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aisle.core.errors import AisleError, known_names
from aisle.core.schemas import RAW_SCHEMA

TEXTS = ("id", "title", "description", "brand", "link", "item_group_id", "google_product_category")
"""Columns of RAW_SCHEMA that hold one text of the feed."""

_LISTS = ("product_type", "image_link", "additional_image_link")
_KNOWN = {name: name for name in (*TEXTS, *_LISTS, "merchant")} | {"_id": "id"}
_REPEATED = ("product_type", "image_link", "additional_image_link")


def normalised(name: str) -> str:
    """A column's name as all spell it: `g:Image Link`, `image-link` and `IMAGE_LINK` are `image_link`."""
    return re.sub(r"[\s\-]+", "_", name.strip().lower().removeprefix("g:").strip())


def on_one_line(name: str) -> str:
    """A column's name as messages show it."""
    return " ".join(name.split())


def known_field(name: str) -> str:
    """What a column of this name holds: a name of RAW_SCHEMA, `additional_image_link`, or "" for neither."""
    return _KNOWN.get(normalised(name), "")


def find_column(name: str, names: Sequence[str]) -> str | None:
    """The name in `names` that a user means by `name`: itself, else the first that is spelled alike."""
    if name in names:
        return name
    return next((n for n in names if normalised(n) == normalised(name)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a feed's columns go.

    Args:
        fields: from a known field to the columns that hold it, by their place in the feed; only
            `product_type` and the two of images may have several.
        extras: the other columns: the name that they keep, and their place.
    """

    fields: dict[str, tuple[int, ...]]
    extras: tuple[tuple[str, int], ...]


def lay_out(address: str, names: Sequence[str], *, own_merchant: bool) -> Layout:
    """Find the known columns among `names`; of two alike the first is meant, and the other keeps its name.

    Args:
        own_merchant: whether a column `merchant` says whose products they are.

    Raises:
        AisleError: no column holds the ids.
    """
    fields: dict[str, tuple[int, ...]] = {}
    others: list[tuple[str, int]] = []
    for place, name in sorted(enumerate(names), key=lambda one: normalised(one[1]) == "_id"):
        field = known_field(name)
        if field == "merchant" and not own_merchant:
            field = ""
        if field and (field not in fields or field in _REPEATED):
            fields[field] = (*fields.get(field, ()), place)
        else:
            others.append((name, place))
    if "id" not in fields:
        hint = known_names("id", map(on_one_line, names))
        raise AisleError(
            f"{address}: has no column 'id'; {hint}; call the column that tells products apart 'id'"
        )
    return Layout(fields=fields, extras=_told_apart(sorted(others, key=lambda one: one[1])))


def _told_apart(others: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    taken = set(RAW_SCHEMA.names)
    extras = []
    for name, place in others:
        free, n = name, 1
        while free in taken:
            n += 1
            free = f"{name} ({n})"
        taken.add(free)
        extras.append((free, place))
    return tuple(extras)
