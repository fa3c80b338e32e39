"""What is known of every address: a table on disk of the newest records, beside what the products name."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.core.image_records import temporary_statuses
from aisle.core.tables import Tables, connect, stream
from aisle.execution.commit import Entry, ShardStore
from aisle.images.download.memory import give_back_memory

_COLUMNS = ["address", "status", "final_address", "n_redirects", "etag", "last_modified", "sha256"]

_BATCH_ROWS = 4096
"""Not more: the texts of a batch leave holes in Python's memory, which stay as large as the largest batch."""


def _known() -> str:
    """The view `known`: the last record that is final if it has a picture, or else the newest."""
    passing = ", ".join(f"'{status}'" for status in sorted(temporary_statuses()))
    return f"""
        CREATE VIEW known AS
        SELECT * EXCLUDE (final)
        FROM (
            SELECT *, max(shard) OVER (PARTITION BY address) AS newest,
                   max(if(status IN ({passing}), -1, shard)) OVER (PARTITION BY address) AS final
            FROM seen
        )
        QUALIFY row_number() OVER (
            PARTITION BY address ORDER BY status = 'ok' AND shard = final DESC, shard DESC
        ) = 1
    """  # noqa: S608  the names are our own


class Ledger:
    """A DuckDB database in a temporary folder, with a bound on its memory.

    Its tables: `seen` (every record, without its picture, and the number of the shard it stands in), `known`
    (the one of every address that counts), `shards` (of each committed one its number, name, file of records,
    addresses settled, and bytes that its requests brought), and those that others make. The newest record
    counts; but a picture that we have is kept where asking anew failed in a way that may pass: then `newest`
    is larger than `shard`.

    Args:
        folder: for the database and what does not fit in memory.
        memory_mb: how much of it may be in memory, in megabytes.
    """

    def __init__(self, folder: Path, *, memory_mb: int = 256) -> None:
        self._folder = folder
        self._memory_mb = memory_mb
        self._opened: Tables | None = None
        self._connection.execute(
            "CREATE TABLE seen (shard INTEGER, row INTEGER, address VARCHAR, status VARCHAR, "
            "final_address VARCHAR, n_redirects TINYINT, etag VARCHAR, last_modified VARCHAR, sha256 VARCHAR)"
        )
        self._connection.execute(_known())
        self._connection.execute(
            "CREATE TABLE shards "
            "(shard INTEGER, name VARCHAR, records VARCHAR, n_done BIGINT, n_bytes BIGINT)"
        )
        self._taken: set[str] = set()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.rest()

    @property
    def _connection(self) -> Tables:
        if self._opened is None:
            database = str(self._folder / "ledger.duckdb")
            self._opened = connect(database, self._folder, memory_mb=self._memory_mb, n_threads=2)
        return self._opened

    def rest(self) -> None:
        """Close the database, whose buffers grow with it; whoever asks next opens it again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        give_back_memory()

    def n_shards_before(self, plan: int) -> int:
        """How many shards are older than a plan, given by its number: its own are numbered from there."""
        query = "SELECT count(*) FROM shards WHERE name < $first"
        n: int = self.run(query, first=f"{plan:04d}-").fetchone()[0]
        return n

    def take_in(self, store: ShardStore) -> None:
        """Read every shard that was committed since the last time; the names are in order of age."""
        for name in store.committed():
            if name not in self._taken:
                self._take_in_shard(store, store.entry(name))

    def n_done(self, prefix: str) -> int:
        """How many addresses the shards have settled whose names begin so, unchanged ones among them."""
        query = "SELECT coalesce(sum(n_done), 0)::BIGINT FROM shards WHERE starts_with(name, $prefix)"
        n: int = self.run(query, prefix=prefix).fetchone()[0]
        return n

    def run(self, query: str, **values: Any) -> Any:
        """Run a query and give DuckDB's result."""
        return self._connection.execute(query, values or None)

    def stream(self, query: str, **values: Any) -> Iterator[pa.RecordBatch]:
        """The batches of a query; others may run, and tables be filled, meanwhile."""
        return stream(self._connection, query, batch_rows=_BATCH_ROWS, **values)

    def fill(self, table: str, batches: Iterator[pa.RecordBatch]) -> None:
        """Add batches to a table that is there."""
        for batch in batches:
            self._connection.from_arrow(pa.Table.from_batches([batch])).insert_into(table)

    def counts(self, query: str, **values: Any) -> Mapping[str, int]:
        """The rows of a query of a name and a number."""
        return dict(self._connection.execute(query, values or None).fetchall())

    def _take_in_shard(self, store: ShardStore, entry: Entry) -> None:
        number = len(self._taken)
        self._taken.add(entry.name)
        records = entry.files["records"]
        try:
            with store.open(records) as file:
                rows = pq.read_table(file, columns=_COLUMNS)
        except (pa.ArrowException, FileNotFoundError) as error:
            raise store.damaged(records, error, remove=f"entries/{entry.name}.json") from error
        table = rows.add_column(0, "row", pa.array(range(len(rows)), pa.int32()))
        table = table.add_column(0, "shard", pa.array([number] * len(rows), pa.int32()))
        self._connection.from_arrow(table).insert_into("seen")
        self.run(
            "INSERT INTO shards VALUES ($shard, $name, $records, $n_done, $n_bytes)",
            shard=number,
            name=entry.name,
            records=records,
            n_done=entry.facts["rows"] + entry.facts["unchanged"],
            n_bytes=entry.facts["bytes"],
        )
