"""The shop's word tables, silhouettes and merchants, read from the data files beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

DATA = files("aisle.demo") / "data"

LANGUAGES = ("en", "de", "fr", "es")
"""Each is a file of words; a merchant speaks some of them."""

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What can be bought in one leaf, whatever the language; see leaves.toml."""

    id: str
    family: str
    share: float
    price: int
    sizes: tuple[str, ...]
    materials: tuple[str, ...]
    palette: str
    silent: bool = False
    patterned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How one language tells of products; see en.toml."""

    titles: tuple[str, ...]
    nameless: tuple[str, ...]
    separators: tuple[str, ...]
    openings: tuple[str, ...]
    general: tuple[str, ...]
    units: Mapping[str, str]
    colours: Mapping[str, str]
    materials: Mapping[str, str]
    families: Mapping[str, tuple[str, ...]]
    nouns: Mapping[str, tuple[str, ...]]
    sentences: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """One merchant; see merchants.toml. `categories` maps a leaf's key to the merchant's own word for it."""

    name: str
    id: str
    languages: Mapping[str, float]
    share: float
    labelled: float
    pixels: int
    link: str
    categories: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Everything that the shop is made of."""

    leaves: Mapping[str, Leaf]
    colours: Mapping[str, Rgb]
    palettes: Mapping[str, tuple[str, ...]]
    brands: Mapping[str, tuple[str, ...]]
    lines: tuple[str, ...]
    languages: Mapping[str, Language]
    merchants: Mapping[str, Merchant]
    silhouettes: Mapping[str, Mapping[str, str]]


def read_tables() -> Tables:
    """Read every data file but the taxonomy."""
    shop = _toml("leaves")
    return Tables(
        leaves={key: Leaf(**_frozen(row)) for key, row in shop["leaves"].items()},
        colours={key: (red, green, blue) for key, (red, green, blue) in shop["colours"].items()},
        palettes=_frozen(shop["palettes"]),
        brands=_frozen(shop["brands"]),
        lines=tuple(shop["lines"]["names"]),
        languages={name: _language(_toml(name)) for name in LANGUAGES},
        merchants={name: _merchant(name, row) for name, row in _toml("merchants").items()},
        silhouettes=_toml("silhouettes"),
    )


def taxonomy_text() -> str:
    """The shop's category tree, in Google's text format with ids."""
    return (DATA / "taxonomy.txt").read_text(encoding="utf-8")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    """The same table, with tuples where TOML has lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _language(words: dict[str, Any]) -> Language:
    leaves = words.pop("leaves")
    words["families"] = _frozen(words["families"])
    return Language(
        nouns={key: tuple(row["nouns"]) for key, row in leaves.items()},
        sentences={key: tuple(row["sentences"]) for key, row in leaves.items()},
        **_frozen(words),
    )


def _merchant(name: str, row: dict[str, Any]) -> Merchant:
    own = {leaf: category["name"] for category in row.pop("categories") for leaf in category["leaves"]}
    return Merchant(name=name, categories=own, **row)
