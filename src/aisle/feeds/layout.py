"""Which of a feed's columns mean what: known columns found by name, however it is spelled."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aisle.core.errors import AisleError, known_names
from aisle.core.schemas import RAW_SCHEMA

TEXTS = ("id", "title", "description", "brand", "link", "item_group_id", "google_product_category")
"""Columns of RAW_SCHEMA that hold one text of the feed."""

_LISTS = ("product_type", "image_link", "additional_image_link")
"""Columns that hold several texts of a row, and that a feed may repeat."""

_KNOWN = {name: name for name in (*TEXTS, *_LISTS, "merchant")} | {"_id": "id"}


def normalised(name: str) -> str:
    """A column's name as all spell it: `g:Image Link`, `image-link` and `IMAGE_LINK` are `image_link`."""
    return re.sub(r"[\s\-]+", "_", name.strip().lower().removeprefix("g:").strip())


def on_one_line(name: str) -> str:
    """A column's name as messages show it."""
    return " ".join(name.split())


def parse_fields(texts: Iterable[str]) -> dict[str, str]:
    """Read `FIELD=COLUMN`, each of which says which column a field is read from.

    Raises:
        AisleError: one is written otherwise, names no field, or a field for the second time.
    """
    found: dict[str, str] = {}
    for text in texts:
        shown = on_one_line(text)
        name, _, column = (part.strip() for part in text.partition("="))
        name = normalised(name)
        if not (name and column):
            raise AisleError(f"--field {shown}: write FIELD=COLUMN, such as title=product_name")
        if name == "merchant":
            raise AisleError(f"--field {shown}: is told by --merchant column:{on_one_line(column)}")
        if name not in (*TEXTS, *_LISTS):
            raise AisleError(
                f"--field {shown}: no field '{on_one_line(name)}'; {known_names(name, (*TEXTS, *_LISTS))}"
            )
        if name in found:
            raise AisleError(
                f"--field {shown}: '{name}' is read from '{found[name]}' already; name one column"
            )
        found[name] = column
    return found


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
        fields: from a known field to the columns that hold it, by their place in the feed. All of several
            count for `product_type` and images; else, in each row, the first that is not blank.
        extras: the other columns: the name that they keep, and their place.
    """

    fields: dict[str, tuple[int, ...]]
    extras: tuple[tuple[str, int], ...]


def lay_out(names: Sequence[str], *, own_merchant: bool, given: Mapping[str, str] | None = None) -> Layout:
    """Find the known columns among `names`; of two alike the first is meant, and the other keeps its name.

    Args:
        own_merchant: whether a column `merchant` says whose products they are.
        given: columns that hold a field though they are called otherwise, by the field. They come before
            those that are called so, and stay what they are by their own name.
    """
    fields: dict[str, tuple[int, ...]] = {}
    others: list[tuple[str, int]] = []
    for place, name in sorted(enumerate(names), key=lambda one: normalised(one[1]) == "_id"):
        field = known_field(name)
        if field == "merchant" and not own_merchant:
            field = ""
        if field and (field not in fields or field in _LISTS):
            fields[field] = (*fields.get(field, ()), place)
        else:
            others.append((name, place))
    for field, column in (given or {}).items():
        if (found := find_column(column, names)) is not None:
            place = names.index(found)
            fields[field] = (place, *(other for other in fields.get(field, ()) if other != place))
    return Layout(fields=fields, extras=_told_apart(sorted(others, key=lambda one: one[1])))


def without_ids(address: str, names: Sequence[str]) -> AisleError:
    """What is wrong with a feed of these columns where none of them holds the ids."""
    hint = known_names("id", map(on_one_line, names))
    return AisleError(
        f"{address}: has no column 'id'; {hint}; call the column that tells products apart 'id', or "
        "say which it is (--field id=COLUMN)"
    )


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
