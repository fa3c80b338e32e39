"""Where the picture of an address lies: a sorted file beside the shards, read a small piece at a time."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.execution.commit import ShardStore
from aisle.images.download.ledger import Ledger

INDEX_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("records", pa.string(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
    ]
)
"""The picture of `address` is row `row` of the file `records` below the store's root."""

_GROUP_ROWS = 8192


def index_path(run: int) -> str:
    """Where a run's index lies in the store."""
    return f"index/{run:04d}.parquet"


def write_index(ledger: Ledger, store: ShardStore, run: int, folder: Path) -> None:
    """Write the index of all pictures, sorted by address.

    Args:
        folder: for what is under way.
    """
    partial = folder / "index.parquet"
    with pq.ParquetWriter(partial, INDEX_SCHEMA, compression="zstd") as writer:
        query = """
            SELECT k.address, s.records, k.row, k.sha256 FROM known k JOIN shards s ON k.shard = s.shard
            WHERE k.status = 'ok' ORDER BY k.address
        """
        for batch in ledger.stream(query):
            writer.write_table(pa.Table.from_batches([batch]).cast(INDEX_SCHEMA), row_group_size=_GROUP_ROWS)
    store.filesystem.makedirs(store.path("index"), exist_ok=True)
    store.filesystem.put_file(str(partial), store.path(index_path(run)))


def remove_old_indexes(store: ShardStore, run: int) -> None:
    """Remove the indexes of runs before the last: the last one's may just be read."""
    for number in range(run - 2, 0, -1):
        path = store.path(index_path(number))
        if not store.filesystem.exists(path):
            return
        store.filesystem.rm_file(path)
