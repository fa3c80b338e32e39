"""Whose products a feed holds."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.errors import AisleError, known_names
from aisle.feeds.formats import ENDINGS, PACKED_ENDINGS
from aisle.feeds.layout import find_column, on_one_line

_ENDINGS = (*ENDINGS, *PACKED_ENDINGS)
_COLUMN = "column:"


def file_merchant(address: str) -> str:
    """A feed's file without the endings of formats and compression: `shops/acme.tsv.gz` is `acme`."""
    name = PurePosixPath(address.rpartition("::")[0] or address).name
    while (ending := PurePosixPath(name).suffix.lower()) in _ENDINGS and PurePosixPath(name).stem:
        name = name[: -len(ending)]
    return name


def merchant_column(address: str, merchant: str, names: Sequence[str]) -> str | None:
    """The feed's column that `merchant` (as in FeedOptions) names; None where it names none.

    Raises:
        AisleError: it names a column that the feed has not.
    """
    if not merchant.startswith(_COLUMN):
        return None
    wanted = merchant.removeprefix(_COLUMN)
    found = find_column(wanted, names)
    if found is None:
        known = known_names(wanted, map(on_one_line, names))
        raise AisleError(f"{address}: has no column '{wanted}' for --merchant; {known}")
    return found


def filled_in(column: pa.Array, merchant: str) -> pa.Array:
    """The column's names without spaces round them; `merchant` where it is blank."""
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), merchant, trimmed)
