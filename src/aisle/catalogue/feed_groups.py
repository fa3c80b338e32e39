"""The groups of a feed's rows, found by the same keys as a catalogue's."""

import numpy as np
import pyarrow as pa

from aisle.catalogue.grouping import group_products
from aisle.catalogue.keys import KEY_SCHEMA, link_keys
from aisle.catalogue.tables import append, open_tables
from aisle.core.scratch import scratch_folder
from aisle.core.tables import stream

_MEMORY_MB = 1024
_N_THREADS = 2


class FeedGroups:
    """Takes in a feed batch by batch, then tells which rows belong together."""

    def __init__(self) -> None:
        self._keys = [KEY_SCHEMA.empty_table()]
        self._n_rows = 0

    def add(self, products: pa.RecordBatch, item_group_id: pa.StringArray) -> None:
        """Take in some more rows; see `keys.link_keys`."""
        self._keys.append(link_keys(products, item_group_id, self._n_rows))
        self._n_rows += len(products)

    def names(self) -> pa.StringArray:
        """(rows,) the group of each row taken in, in their order; a row that is like no other is its own."""
        rows = pa.array(np.arange(self._n_rows))
        products = pa.table(
            {"row": rows, "key": rows.cast(pa.string()), "old_group": pa.nulls(self._n_rows, pa.string())}
        )
        with (
            scratch_folder("aisle-groups-") as folder,
            open_tables(folder, memory_mb=_MEMORY_MB, n_threads=_N_THREADS) as tables,
        ):
            append(tables, "products", products)
            append(tables, "keys", pa.concat_tables(self._keys))
            tables.execute("CREATE TABLE distinct_keys AS SELECT DISTINCT row, key FROM keys")
            tables.execute("DROP TABLE keys")
            tables.execute("ALTER TABLE distinct_keys RENAME TO keys")
            group_products(tables)
            found = list(stream(tables, 'SELECT "group" FROM groups ORDER BY row'))
        return pa.concat_arrays([pa.array([], pa.string()), *(batch["group"] for batch in found)])
