"""Writes the lists of a plan: each lane's addresses, cut into shards."""

from collections.abc import Iterator
from contextlib import ExitStack

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.core.image_records import ADDRESS_SCHEMA
from aisle.execution.commit import ShardStore
from aisle.images.download.ledger import Ledger
from aisle.images.download.plan import Plan


def write_lists(ledger: Ledger, store: ShardStore, plan: Plan, shard_rows: int) -> tuple[int, ...]:
    """Cut each lane's addresses into shards: large hosts fill shards of their own, the others share.

    Args:
        ledger: with the tables `work` and `lanes`.

    Returns:
        the number of shards of each lane.
    """
    batches = ledger.stream(
        """
        WITH laned AS (
            SELECT w.*, l.lane,
                   count(*) OVER (PARTITION BY l.lane, w.host) >= $shard_rows AS is_large,
                   row_number() OVER (PARTITION BY l.lane, w.host ORDER BY w.address) - 1 AS row_of_host
            FROM work w JOIN lanes l ON w.host = l.host AND (l.address = '' OR l.address = w.address)
        ), cut AS (
            SELECT *, if(is_large, host, NULL) AS own,
                   row_number() OVER (PARTITION BY lane, is_large ORDER BY host, address) - 1 AS row_of_rest
            FROM laned
        ), pieces AS (
            SELECT *, if(is_large, row_of_host, row_of_rest) // $shard_rows AS piece FROM cut
        )
        SELECT lane, address, host, next, n_redirects, etag, last_modified, status, reason, supersedes,
               (dense_rank() OVER (PARTITION BY lane ORDER BY own NULLS LAST, piece) - 1)::INTEGER AS shard
        FROM pieces ORDER BY lane, shard, host, address
        """,
        shard_rows=shard_rows,
    )
    writer = _ListWriter(store, plan)
    for batch in batches:
        writer.add(pa.Table.from_batches([batch]))
    return writer.close()


class _ListWriter:
    """Writes the lanes' lists, which come one after the other, a row group for each shard."""

    def __init__(self, store: ShardStore, plan: Plan) -> None:
        self._store = store
        self._plan = plan
        self._waiting: list[pa.Table] = []
        self._key = (-1, -1)
        self._n_shards = [0] * plan.n_lanes
        self._lane = -1
        self._files = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        for lane in range(plan.n_lanes):
            self._turn_to(lane)

    def add(self, rows: pa.Table) -> None:
        """Take in rows, in the order of lane and shard."""
        for key, piece in _pieces(rows):
            if key != self._key:
                self._write_shard()
                self._key = key
            self._waiting.append(piece)

    def close(self) -> tuple[int, ...]:
        """Write what is left."""
        self._write_shard()
        self._turn_to(-1)
        return tuple(self._n_shards)

    def _write_shard(self) -> None:
        if not self._waiting:
            return
        lane, _ = self._key
        if lane != self._lane:
            self._turn_to(lane)
        table = pa.concat_tables(self._waiting).select(ADDRESS_SCHEMA.names).cast(ADDRESS_SCHEMA)
        if self._writer is None:
            raise RuntimeError("no list is open")
        self._writer.write_table(table.combine_chunks(), row_group_size=max(1, len(table)))
        self._n_shards[lane] += 1
        self._waiting.clear()

    def _turn_to(self, lane: int) -> None:
        if self._writer is not None:
            self._writer.close()
            self._files.close()
            self._writer = None
        self._lane = lane
        if lane >= 0:
            file = self._files.enter_context(self._store.writing(self._plan.list_path(lane)))
            self._writer = pq.ParquetWriter(file, ADDRESS_SCHEMA, compression="zstd")


def _pieces(rows: pa.Table) -> Iterator[tuple[tuple[int, int], pa.Table]]:
    """Part rows where the lane or the shard changes."""
    lanes, shards = rows["lane"].to_numpy(), rows["shard"].to_numpy()
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or (lanes[end], shards[end]) != (lanes[start], shards[start]):
            yield (int(lanes[start]), int(shards[start])), rows.slice(start, end - start)
            start = end
