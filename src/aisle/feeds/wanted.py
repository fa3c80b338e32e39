"""Columns that a user names: whether some feed has them, in whichever row they first appear."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

from aisle.core.errors import AisleError, known_names
from aisle.feeds.layout import find_column, on_one_line
from aisle.feeds.reader import feed_names

_N_NAMED = 3


def some_of(addresses: Sequence[str]) -> str:
    """A few feeds by name, for a message about all of them."""
    return ", ".join(addresses[:_N_NAMED]) + (", ..." if len(addresses) > _N_NAMED else "")


def look_for(
    wanted: Sequence[tuple[str, str]],
    addresses: Sequence[str],
    columns: Callable[[str], Iterator[Sequence[str]]],
) -> list[str]:
    """The columns that feeds have in their first rows; and in the rest, until all are there that are wanted.

    Args:
        wanted: columns, each with the option that names it; a column need not be in every feed.
        columns: those of a feed, as `feed_columns` and `feed_names` tell them.

    Raises:
        AisleError: no feed has one of them; the message names the nearest column that there is.
    """
    known = dict.fromkeys(chain.from_iterable(next(columns(address)) for address in addresses))
    for more in chain.from_iterable(map(columns, addresses)):
        if not _missing(wanted, known):
            break
        known |= dict.fromkeys(more)
    for column, option in _missing(wanted, known):
        name = on_one_line(column)
        hint = known_names(name, map(on_one_line, known))
        raise AisleError(f"{some_of(addresses)}: no column '{name}' ({option}); {hint}")
    return list(known)


def check_fields_there(fields: Mapping[str, str], addresses: Sequence[str], encoding: str = "") -> None:
    """Check that each column that is to hold a field is in some feed.

    Args:
        fields, encoding: as FeedOptions.

    Raises:
        AisleError: as `look_for`.
    """
    if fields:
        wanted = [(column, field_option(field, column)) for field, column in fields.items()]
        look_for(wanted, addresses, partial(feed_names, encoding=encoding))


def field_option(field: str, column: str) -> str:
    """How a user says that a column holds a field."""
    return f"--field {field}={on_one_line(column)}"


def _missing(wanted: Sequence[tuple[str, str]], known: Iterable[str]) -> list[tuple[str, str]]:
    names = list(known)
    return [one for one in wanted if find_column(one[0], names) is None]
