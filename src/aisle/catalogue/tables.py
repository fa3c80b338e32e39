"""Tables that may be larger than memory: DuckDB, held to a few threads and a memory limit."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from aisle.core.errors import FULL

Tables = duckdb.DuckDBPyConnection


@contextmanager
def open_tables(folder: Path, *, memory_mb: int, n_threads: int) -> Iterator[Tables]:
    """Open an empty data base.

    Args:
        folder: where what does not fit into memory is spilled.
        memory_mb: how much the tables may hold in memory, in megabytes.

    Raises:
        OSError: the disk is full, or a file grew beyond what the system allows.
    """
    try:
        with duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": str(folder / "spill"),
                "threads": n_threads,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        ) as tables:
            tables.execute("SET enable_progress_bar = false")
            yield tables
    except duckdb.Error as error:
        raise_if_disk_is_full(error)
        raise


def raise_if_disk_is_full(error: duckdb.Error) -> None:
    """Turn DuckDB's words for a full disk into the system's error.

    Raises:
        OSError: that is what `error` says.
    """
    if isinstance(error, duckdb.OutOfMemoryException) and "max_temp_directory_size" in str(error):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
    for code in FULL:
        if os.strerror(code).lower() in str(error).lower():
            raise OSError(code, os.strerror(code)) from error


def append(tables: Tables, name: str, rows: pa.Table | pa.RecordBatch) -> None:
    """Add rows to a table of the same columns, which is made if it is not there."""
    arrow = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    tables.register("arrow_rows", arrow)
    tables.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM arrow_rows LIMIT 0")
    tables.execute(f"INSERT INTO {name} FROM arrow_rows")
    tables.unregister("arrow_rows")


def stream(tables: Tables, query: str, *, batch_rows: int = 65536) -> Iterator[pa.RecordBatch]:
    """Run a query and yield its rows in batches, not all held at once; other queries may run meanwhile."""
    with tables.cursor() as cursor:
        yield from cursor.sql(query).to_arrow_reader(batch_rows)


def scalar(tables: Tables, query: str) -> Any:
    """The one value of a query's one row."""
    row = tables.execute(query).fetchone()
    return None if row is None else row[0]
