"""Parquet feeds, a batch at a time."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aisle.core.errors import AisleError
from aisle.core.schemas import Rejected
from aisle.feeds.arrow_text import text_column
from aisle.feeds.batch import Block
from aisle.feeds.source import Source

_EXCERPT_BYTES = 1 << 10
_ERRORS = (pa.ArrowException, OSError, ValueError)
"""What pyarrow raises on bytes that are not Parquet."""


def read_parquet(source: Source, block_rows: int) -> Iterator[Block]:
    """Read a Parquet file; from a damaged page on, the rest is one record put aside.

    Raises:
        AisleError: it cannot be opened as Parquet, which needs the end of the file.
    """
    with source.seekable() as file:
        try:
            parquet = pq.ParquetFile(file)
        except _ERRORS as error:
            why = str(error).partition("\n")[0]
            raise AisleError(
                f"{source.address}: cannot be read as Parquet ({why}); fetch or write it again"
            ) from error
        names = tuple(parquet.schema_arrow.names)
        batches = parquet.iter_batches(block_rows)
        n_rows = 0
        while True:
            try:
                batch = next(batches, None)
            except _ERRORS as error:
                if file.error is not None:  # not the file's content is at fault
                    return
                why = str(error).partition("\n")[0]
                reason = f"cannot be read as Parquet ({why}); the rest of the file is left out"
                rejected = Rejected(
                    file=source.address, line=n_rows + 1, kind="damaged Parquet", reason=reason
                )
                yield _block(names, pa.RecordBatch.from_pylist([], parquet.schema_arrow), n_rows, [rejected])
                return
            if batch is None:
                return
            yield _block(names, batch, n_rows, [])
            n_rows += len(batch)


def _block(names: tuple[str, ...], batch: pa.RecordBatch, n_before: int, rejected: list[Rejected]) -> Block:
    columns = [text_column(column) for column in batch.columns]
    return Block(
        names=names,
        columns=columns,
        lines=np.arange(n_before + 1, n_before + 1 + len(batch)),
        rejected=rejected,
        excerpt=lambda row: "\t".join(_beginning(column, row) for column in columns),
        has_all_names=True,
    )


def _beginning(column: pa.Array, row: int) -> str:
    """The beginning of one text, or of the first of a list."""
    texts = column.slice(row, 1)
    texts = texts.flatten() if pa.types.is_list(texts.type) else texts
    return texts[0].as_buffer().to_pybytes()[:_EXCERPT_BYTES].decode(errors="replace") if len(texts) else ""
