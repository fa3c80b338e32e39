"""Recipes: a TOML file that names encoders, head and training settings, checked whole before work starts.

A table with a key `encoder` is an encoder, under the table's name; `[head]` names the head; `[training]`
holds TrainingSettings, and `[training.rates.NAME]` the Rates of the encoder NAME. `extends = "NAME"`, first
of all, takes another recipe's tables, in which the recipe's own change single settings.
"""

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from aisle.core.errors import AisleError, known_names
from aisle.core.settings import checked_record
from aisle.encoders.base import ENCODERS, Encoder, build_encoder, fields_of
from aisle.heads.base import HEADS, check_head
from aisle.training.settings import Rates, TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe that was checked.

    Args:
        name: as the user named it.
        encoders: from an encoder's name in the recipe (`text`, `image`) to its table, `encoder` included.
        head: the table of the head, `head` included.
        fields: which of core.records.FIELDS each encoder reads, by its name in the recipe.
        training: how to train.
    """

    name: str
    encoders: Mapping[str, Mapping[str, Any]]
    fields: Mapping[str, tuple[str, ...]]
    head: Mapping[str, Any]
    training: TrainingSettings

    @property
    def file(self) -> Path | None:
        """The file that it was read from; None for one that comes with Aisle."""
        return Path(self.name) if self.name.endswith(".toml") else None

    def build_encoders(self, leave_out: Sequence[str] = ()) -> dict[str, Encoder]:
        """Make the encoders, untrained, but for those named in `leave_out`.

        Raises:
            AisleError: the weights that an encoder starts from are not to be had, or do not fit.
        """
        return {
            name: build_encoder(table["encoder"], _settings_of(table, "encoder"))
            for name, table in self.encoders.items()
            if name not in leave_out
        }


def _settings_of(table: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The table of a part without the key that names the part: `encoder` or `head`."""
    return {key: value for key, value in table.items() if key != kind}


def recipe_names() -> list[str]:
    """The recipes that come with Aisle."""
    found = (files("aisle") / "recipes").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in found if f.name.endswith(".toml"))


def read_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe by name or file and apply single changes to it.

    Args:
        name: one of `recipe_names()`, or the path of a TOML file.
        changes: settings to change, each as `a.b=c`, where `c` is written as in TOML; a text needs no quotes.

    Raises:
        AisleError: no such recipe, no TOML, or settings that are unknown or out of range: all of them in one
            message.
    """
    tables = _read_tables(name, Path())
    for change in changes:
        _apply(tables, change)
    return _checked(name, tables)


def _read_tables(name: str, folder: Path, extended_by: tuple[str, ...] = ()) -> dict[str, Any]:
    """Read a recipe's tables, those that it extends included.

    Args:
        name: of a recipe, or of a file in `folder`.
        extended_by: the recipes that led here, by name or by absolute path.
    """
    path = folder / name
    if name in recipe_names():
        here, text = name, (files("aisle") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    elif path.suffix == ".toml":
        if not path.is_file():
            told = f"; {extended_by[-1]} extends it" if extended_by else ""
            raise AisleError(
                f"{path}: no such recipe file{told}; recipes by name: {', '.join(recipe_names())}"
            )
        here, text = str(path.resolve()), _text_of(path)
    else:
        known = known_names(name, recipe_names())
        told = f"{extended_by[-1]}: extends '{name}', but " if extended_by else ""
        raise AisleError(f"{told}no recipe is called '{name}'; {known}; or name a file that ends in .toml")
    if here in extended_by:
        raise AisleError(f"{' extends '.join((*extended_by, here))}; a recipe cannot extend itself")
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AisleError(f"{path}: no valid TOML: {error}") from error
    other = own.pop("extends", None)
    if other is None:
        return own
    if not isinstance(other, str):
        raise AisleError(f"{path}: extends is {other!r}; it must be a recipe's name, or a file's")
    return _extended(_read_tables(other, path.parent, (*extended_by, here)), own)


def _extended(tables: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Change single settings of a recipe; a table that names its part again replaces the old one."""
    named_again = {
        key: table
        for key, table in own.items()
        if isinstance(table, dict) and ("head" if key == "head" else "encoder") in table
    }
    return _changed(tables, own) | named_again


def _changed(tables: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Set single values in tables within tables."""
    found = dict(tables)
    for key, value in own.items():
        before = found.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            found[key] = _changed(before, value)
        else:
            found[key] = value
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise AisleError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        raise AisleError(
            f"{path}: byte 0x{error.object[error.start]:02x} at {error.start} is not UTF-8; save it as UTF-8"
        ) from error


def _apply(tables: dict[str, Any], change: str) -> None:
    """Set one value, given as `a.b=c`."""
    key, equals, text = change.partition("=")
    parts = key.strip().split(".")
    if not equals or len(parts) < 2 or not all(parts):
        raise AisleError(f"--set {change}: write TABLE.NAME=VALUE, for example --set training.epochs=8")
    table = tables
    for i, part in enumerate(parts[:-1]):
        inner = table.setdefault(part, {}) if i else table.get(part)
        if not isinstance(inner, dict):
            known = known_names(part, [k for k, v in table.items() if isinstance(v, dict)])
            raise AisleError(f"--set {change}: the recipe has no table '{part}'; {known}")
        table = inner
    table[parts[-1]] = _value(text.strip())


def _value(text: str) -> Any:
    """Read a value as TOML writes it; what TOML cannot read is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _checked(name: str, tables: dict[str, Any]) -> Recipe:
    tables = copy.deepcopy(tables)
    faults: list[str] = []
    head = _table_in(tables, "head", "head", faults) or {"head": "flat"}
    training = _table_in(tables, "training", "training", faults)
    rates = _table_in(training, "rates", "training.rates", faults)
    rates = {name: _table_in(rates, name, f"training.rates.{name}", faults) for name in list(rates)}
    encoders = {key: table for key, table in tables.items() if isinstance(table, dict) and "encoder" in table}
    known = {*encoders, "head", "training"}
    for key in tables.keys() - encoders.keys():
        faults.append(f"'{key}' is no encoder (a table with a key 'encoder'); {known_names(key, known)}")
    if not encoders:
        faults.append("the recipe names no encoder; add a table such as [text] with encoder = 'ngrams'")
    fields = _fields_of_each(encoders, faults)
    for key in rates.keys() - encoders.keys():
        faults.append(f"[training.rates.{key}] is for no encoder of the recipe; {known_names(key, encoders)}")
    _check_head(head, faults)
    settings = checked_record(TrainingSettings, training, "training", faults)
    faults += settings.faults()
    by_encoder = {k: checked_record(Rates, t, f"training.rates.{k}", faults) for k, t in rates.items()}
    for key, mine in by_encoder.items():
        faults += mine.faults(f"training.rates.{key}")
        if mine.travel and "head" in rates[key]:
            faults.append(f"training.rates.{key} has head and travel; set travel = 0 for a rate of your own")
    if faults:
        raise AisleError(f"recipe {name}: " + "; ".join(faults))
    for key in encoders:
        by_encoder.setdefault(key, Rates())
    return Recipe(
        name=name,
        encoders=encoders,
        fields=fields,
        head=head,
        training=replace(settings, rates=by_encoder),
    )


def _table_in(tables: dict[str, Any], key: str, name: str, faults: list[str]) -> dict[str, Any]:
    """Take a table out of another one; empty where it is not there, or no table."""
    found = tables.pop(key, {})
    if isinstance(found, dict):
        return found
    faults.append(f"{name} is {found!r}; it must be a table of settings, such as [{name}]")
    return {}


def _fields_of_each(
    encoders: Mapping[str, Mapping[str, Any]], faults: list[str]
) -> dict[str, tuple[str, ...]]:
    """The fields that each encoder reads; to `faults` go encoders and settings that there are none of."""
    found = {}
    for key, table in encoders.items():
        if table["encoder"] not in ENCODERS.names():
            value = str(table["encoder"])
            faults.append(f"[{key}] no encoder is called '{value}'; {known_names(value, ENCODERS.names())}")
            continue
        try:
            found[key] = fields_of(table["encoder"], _settings_of(table, "encoder"), key)
        except AisleError as error:
            faults.append(str(error))
    return found


def _check_head(head: Mapping[str, Any], faults: list[str]) -> None:
    """Add to `faults` a head that there is none of, or what it says of its settings."""
    name = str(head.get("head", ""))
    if name not in HEADS.names():
        faults.append(f"no head is called '{name}'; {known_names(name, HEADS.names())}")
        return
    try:
        check_head(name, _settings_of(head, "head"))
    except AisleError as error:
        faults.append(str(error))
