"""Writes a shard: image records sorted by address, what was measured, and the facts of its entry."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.core.image_records import IMAGE_RECORD_SCHEMA, MEASURED_SCHEMA
from aisle.execution.commit import ShardStore
from aisle.images.download.spool import Row

ROW_GROUP = 100
"""Records of one row group: what a reader of one picture has to read."""

_SMALL_PAGES = {"data_page_size": 64 << 10, "write_batch_size": 4}
"""Parquet holds a page several times over while it writes one: a MB of pictures in one page would take 7 MB.
A page ends after a batch of rows."""

UNCHANGED = "unchanged"
"""A record that was revalidated and stays as an older shard has it. It stands in no shard."""

_TEXT = ("status", "reason", "etag", "last_modified", "format", "final_address")


def write_shard(
    store: ShardStore,
    name: str,
    rows: Sequence[Row],
    hosts: Mapping[str, str],
    *,
    picture_of: Callable[[Row], bytes] = attrgetter("jpeg"),
    n_superseding: int = 0,
) -> bool:
    """Write and commit a shard; of its pictures, those of one row group are in memory at a time.

    Args:
        rows: one for each address of the shard, in any order.
        hosts: from an address to the host it was listed under.
        picture_of: finds a row's JPEG.
        n_superseding: how many of the rows have a record in an older shard too.

    Returns:
        False where it was committed before.
    """
    kept = sorted(
        (row for row in rows if row.record["status"] != UNCHANGED), key=lambda row: row.record["address"]
    )
    return store.commit(
        name,
        {
            "records.parquet": _writer(kept, IMAGE_RECORD_SCHEMA, partial(_records, picture_of=picture_of)),
            "measured.parquet": _writer(kept, MEASURED_SCHEMA, _measured),
        },
        {**facts(rows, hosts), "superseding": n_superseding},
    )


def facts(rows: Iterable[Row], hosts: Mapping[str, str]) -> dict[str, Any]:
    """What a summary needs of a shard: rows and bytes, and how many have each status, in all and by host."""
    by_host: dict[str, Counter[str]] = {}
    n_bytes = n_unchanged = 0
    for row in rows:
        if row.record["status"] == UNCHANGED:
            n_unchanged += 1
            continue
        by_host.setdefault(hosts[row.record["address"]], Counter())[row.record["status"]] += 1
        n_bytes += row.record["n_bytes"]
    total = sum(by_host.values(), Counter[str]())
    return {
        "rows": total.total(),
        "unchanged": n_unchanged,
        "bytes": n_bytes,
        "by_status": dict(sorted(total.items())),
        "by_host": {host: dict(sorted(counts.items())) for host, counts in sorted(by_host.items())},
    }


def _records(rows: Sequence[Row], *, picture_of: Callable[[Row], bytes]) -> pa.Table:
    columns = {
        name: [row.record[name] for row in rows] for name in IMAGE_RECORD_SCHEMA.names if name != "jpeg"
    }
    return pa.table({**columns, "jpeg": _pictures(rows, picture_of)}, IMAGE_RECORD_SCHEMA)


def _pictures(rows: Sequence[Row], picture_of: Callable[[Row], bytes]) -> pa.Array:
    """The JPEGs in one buffer; a list of them would be in memory beside it."""
    data, ends = bytearray(), [0]
    for row in rows:
        data += picture_of(row)
        ends.append(len(data))
    _, offsets = pa.array(ends, pa.int32()).buffers()
    return pa.Array.from_buffers(pa.binary(), len(rows), [None, offsets, pa.py_buffer(data)])


def _measured(rows: Sequence[Row]) -> pa.Table:
    columns = {
        "address": [row.record["address"] for row in rows],
        "finished_at": [round(row.finished_at * 1000) for row in rows],
        "seconds": [row.seconds for row in rows],
        "n_tries": [row.n_tries for row in rows],
        "network_address": [row.network_address for row in rows],
    }
    return pa.table(columns, MEASURED_SCHEMA)


def _writer(
    rows: Sequence[Row], schema: pa.Schema, table_of: Callable[[Sequence[Row]], pa.Table]
) -> Callable[[IO[bytes]], None]:
    """What writes rows as Parquet, a row group at a time; pictures are not compressed again."""
    names = schema.names

    def write(file: IO[bytes]) -> None:
        with pq.ParquetWriter(
            file,
            schema,
            compression={name: "none" if name == "jpeg" else "zstd" for name in names},
            use_dictionary=[name for name in names if name in _TEXT],
            write_statistics=["address"],
            **_SMALL_PAGES,
        ) as writer:
            for start in range(0, len(rows), ROW_GROUP):
                writer.write_table(table_of(rows[start : start + ROW_GROUP]), row_group_size=ROW_GROUP)

    return write
