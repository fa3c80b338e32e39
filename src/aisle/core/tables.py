"""Tables that may be larger than memory: DuckDB, held to a few threads and a memory limit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from aisle.core.errors import FULL

Tables = duckdb.DuckDBPyConnection


def connect(database: str, spill: Path, *, memory_mb: int, n_threads: int) -> Tables:
    """Open a data base.

    Args:
        database: its file, or `:memory:`.
        spill: the folder for what does not fit into memory.
        memory_mb: how much the tables may hold in memory, in megabytes.
    """
    tables = duckdb.connect(
        database,
        config={
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(spill),
            "threads": n_threads,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    tables.execute("SET enable_progress_bar = false")
    return tables


@contextmanager
def full_disk_raised(place: Path | None = None) -> Iterator[None]:
    """Turn DuckDB's words for a full disk, while the block runs, into the system's error.

    Args:
        place: what the error is to name.

    Raises:
        OSError: the disk is full, or a file grew beyond what the system allows.
    """
    try:
        yield
    except duckdb.Error as error:
        spill_is_full = isinstance(error, duckdb.OutOfMemoryException) and "max_temp_directory" in str(error)
        for code in FULL:
            if spill_is_full or os.strerror(code).lower() in str(error).lower():
                raise OSError(code, os.strerror(code), place and str(place)) from error
        raise


def stream(tables: Tables, query: str, *, batch_rows: int = 65536, **values: Any) -> Iterator[pa.RecordBatch]:
    """Run a query and yield its rows in batches, not all held at once; other queries may run meanwhile."""
    with tables.cursor() as cursor:
        found: Any = cursor.sql(query, params=values or None)
        yield from found.to_arrow_reader(batch_rows)
