"""Columns of raw rows by name: as one text a row, and all that has no place of its own as a map."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.errors import AisleError
from aisle.core.offsets import arrow_offsets
from aisle.core.schemas import RAW_SCHEMA
from aisle.feeds import (
    FeedOptions,
    check_fields_there,
    feed_columns,
    field_option,
    find_column,
    look_for,
)

SEVERAL = "\n"
"""Stands between the values of a field that a row repeats."""

_INTERNAL = ("source_file", "source_line", "image_bytes")
_LABELS = ("google_product_category", "product_type")


def text_column(raw: pa.RecordBatch, name: str) -> pa.StringArray:
    """A column as one text a row, repeated values with a line break between; empty where it is not there.

    Args:
        name: however it is spelled; see `feeds.find_column`.
    """
    found = find_column(name, raw.schema.names)
    if found is None:
        return pa.repeat(pa.scalar("", pa.string()), len(raw))
    column = raw[found]
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, SEVERAL)
    return pc.fill_null(column.cast(pa.string()), "")


def check_fields(
    fields: Mapping[str, str], label_columns: Sequence[str], addresses: Sequence[str], encoding: str = ""
) -> None:
    """Check that each column that is to hold a field is in some feed, and that none of them is the label.

    Args:
        fields, encoding: as feeds.FeedOptions.
        label_columns: that labels are read from, or were in training.

    Raises:
        AisleError: no feed has one of them, and the message names the nearest column that there is; or the
            label would speak for its product.
    """
    for field, column in fields.items():
        option = field_option(field, column)
        is_label = find_column(field, label_columns) is not None
        if find_column(column, label_columns) is not None and not is_label:
            raise AisleError(f"{option}: labels are read from that column, so it cannot speak; leave it out")
        if is_label and field not in _LABELS:
            raise AisleError(f"{option}: labels are read from '{field}', too; give that another name")
    check_fields_there(fields, addresses, encoding)


def find_columns(
    option: str, wanted: Iterable[str], addresses: Sequence[str], options: FeedOptions
) -> tuple[str, ...]:
    """The columns that a user means, as the feeds spell them; a column need not be in every feed.

    Args:
        option: how the user named them, e.g. `--label-column`.
        options: how the feeds are read.

    Raises:
        AisleError: no feed has one of them; the message names the nearest column that there is.
    """
    wanted = tuple(wanted)
    if not wanted:
        return ()

    def columns(address: str) -> Iterator[list[str]]:
        for names in feed_columns(address, options):
            yield [name for name in names if name not in _INTERNAL]

    known = look_for([(name, option) for name in wanted], addresses, columns)
    found = (find_column(name, known) for name in wanted)
    return tuple(column for column in found if column is not None)


def extra_columns(raw: pa.RecordBatch, leave_out: Collection[str]) -> pa.MapArray:
    """What the catalogue has no column for, as a map from column to text; empty values are left out.

    Args:
        leave_out: columns that are kept elsewhere.
    """
    own = [name for name in raw.schema.names if name not in RAW_SCHEMA.names]
    kept = ("item_group_id", "google_product_category", *own)
    names = [name for name in kept if find_column(name, list(leave_out)) is None]
    if not names:
        return pa.MapArray.from_arrays(
            [0] * (len(raw) + 1), pa.array([], pa.string()), pa.array([], pa.string())
        )
    columns = [text_column(raw, name) for name in names]
    filled = np.stack([pc.not_equal(column, "").to_numpy(zero_copy_only=False) for column in columns], axis=1)
    row, column = np.nonzero(filled)
    values = pa.concat_arrays(columns).take(pa.array(column * len(raw) + row))
    offsets = arrow_offsets(filled.sum(axis=1))
    return pa.MapArray.from_arrays(
        pa.array(offsets), pa.array(names, pa.string()).take(pa.array(column)), values
    )


def extra_value(extra: pa.MapArray, name: str) -> pa.StringArray:
    """One entry of each map; empty where there is none."""
    return pc.fill_null(pc.map_lookup(extra, pa.scalar(name), "first"), "")
