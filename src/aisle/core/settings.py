"""From a table of a recipe to a frozen record of settings, with every fault found at once."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from aisle.core.errors import known_names

Record = TypeVar("Record")

_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def checked_record(record: type[Record], values: Mapping[str, Any], where: str, faults: list[str]) -> Record:
    """Build a frozen dataclass from a TOML table; what is wrong is added to `faults`, not raised.

    Keys must be the record's fields, and plain values (whole number, number, text, true or false) of the
    declared type; values of other types are left to the record's own checks.

    Args:
        record: a dataclass whose fields all have defaults.
        where: the table's name in messages, e.g. `training`.

    Returns:
        The record; where a value is at fault, with the default.
    """
    types = get_type_hints(record)
    right: dict[str, Any] = {}
    for key, value in values.items():
        if key not in types:
            faults.append(f"there is no setting {where}.{key}; {known_names(key, types)}")
            continue
        is_union = get_origin(types[key]) in (Union, UnionType)
        plain = [t for t in (get_args(types[key]) if is_union else (types[key],)) if t in _WORDS]
        if plain and not any(_is_a(value, t) for t in plain):
            words = " or ".join(_WORDS[t] for t in plain)
            faults.append(f"{where}.{key} is {value!r}; it must be {words}")
            continue
        right[key] = float(value) if plain and type(value) is int and int not in plain else value
    return record(**right)


def _is_a(value: object, wanted: type) -> bool:
    """Whether `value` may stand for `wanted`: a whole number is a number, true and false are not."""
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is wanted
