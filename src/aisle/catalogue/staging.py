"""The first pass: every readable row, as a product, is written aside, with the little that later steps need.

The steps that look at all products at once (doubles, groups, splits) work on narrow tables; the wide rows go
to a file that is read once more, in order, at the end.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aisle.catalogue.keys import KEY_SCHEMA, link_keys
from aisle.catalogue.tables import append
from aisle.core.schemas import CATALOGUE_SCHEMA, PRODUCT_SCHEMA
from aisle.core.tables import Tables

WIDE_SCHEMA = pa.schema(
    [
        *PRODUCT_SCHEMA,
        pa.field("other_category", pa.string()),
        *(CATALOGUE_SCHEMA.field(name) for name in ("source_file", "source_line", "extra")),
    ]
)
"""`other_category` is the merchant's category in case that `product_type` turns out to be the label."""

ROW_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("merchant", pa.string()),
        pa.field("id", pa.string()),
        pa.field("label_text", pa.string()),
        pa.field("other_label_text", pa.string()),
        pa.field("given_split", pa.string()),
        pa.field("has_title", pa.bool_()),
        pa.field("has_image", pa.bool_()),
        pa.field("source_file", pa.string()),
        pa.field("source_line", pa.int64()),
        pa.field("old_group", pa.string()),
        pa.field("old_split", pa.string()),
    ]
)
"""`row` counts all rows from 0. The last two are null but for the rows of a catalogue that is extended.
`other_label_text` is the label in case that no row has a label where it is looked for first."""

WIDE_FILE = "wide.parquet"
_WIDE_ROWS = 8192


class Stage:
    """Where the first pass puts its rows.

    Args:
        folder: an empty folder, for the wide rows.
        tables: get `staged_rows` (ROW_SCHEMA) and `staged_keys` (KEY_SCHEMA).
    """

    def __init__(self, folder: Path, tables: Tables) -> None:
        self.n_rows = 0
        self._wide = pq.ParquetWriter(folder / WIDE_FILE, WIDE_SCHEMA, compression="lz4")
        self._tables = tables

    def __enter__(self) -> Self:
        append(self._tables, "staged_rows", ROW_SCHEMA.empty_table())
        append(self._tables, "staged_keys", KEY_SCHEMA.empty_table())
        return self

    def __exit__(self, *_: object) -> None:
        self._wide.close()

    def add(self, wide: pa.RecordBatch, columns: dict[str, pa.Array], item_group_id: pa.StringArray) -> None:
        """Add new rows.

        Args:
            wide: WIDE_SCHEMA.
            columns: those of ROW_SCHEMA that are neither in `wide` nor a number.
            item_group_id: (rows,) empty where there is none.
        """
        self._wide.write_batch(wide)
        self.add_old(wide, columns, item_group_id)

    def add_old(
        self, wide: pa.RecordBatch, columns: dict[str, pa.Array], item_group_id: pa.StringArray
    ) -> None:
        """Add rows whose wide part lies elsewhere already; they come before all new ones. See `add`."""
        n_rows = len(wide)
        known = {
            "row": pa.array(range(self.n_rows, self.n_rows + n_rows), pa.int64()),
            **{name: wide[name] for name in ("merchant", "id", "source_file", "source_line")},
            "has_title": pc.not_equal(wide["title"], ""),
            "has_image": pc.greater(pc.list_value_length(wide["images"]), 0),
            **columns,
        }
        rows = [known.get(column.name, pa.nulls(n_rows, column.type)) for column in ROW_SCHEMA]
        append(self._tables, "staged_rows", pa.table(rows, schema=ROW_SCHEMA))
        append(self._tables, "staged_keys", link_keys(wide, item_group_id, self.n_rows))
        self.n_rows += n_rows


def staged_wide(folder: Path, *, use_other_category: bool) -> Iterator[pa.RecordBatch]:
    """The wide rows once more, in order, with the merchant's category that proved right.

    Args:
        folder: that of the stage.
    """
    left_out = "merchant_category" if use_other_category else "other_category"
    with pq.ParquetFile(folder / WIDE_FILE) as file:
        for batch in file.iter_batches(_WIDE_ROWS, use_threads=False):
            rows = batch.drop_columns([left_out])
            yield rows.rename_columns({"other_category": "merchant_category"}) if use_other_category else rows
