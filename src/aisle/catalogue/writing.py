"""The last pass: the wide rows once more, in order, beside what was decided for each; products to Parquet."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aisle.catalogue.products import image_counts
from aisle.catalogue.tables import scalar
from aisle.core.hashes import sha256_of
from aisle.core.manifest import PRODUCTS_FOLDER
from aisle.core.progress import progress
from aisle.core.records import TEXT_FIELDS
from aisle.core.rejected import write_rejected
from aisle.core.schemas import CATALOGUE_SCHEMA, Rejected
from aisle.core.tables import Tables, stream
from aisle.images.source import images_found

_GROUP_ROWS = 16_384
_GROUP_BYTES = 64_000_000
_FILE_GROUPS = 64

_DECISIONS = """
    SELECT staged.row, placed.row IS NOT NULL AS is_kept,
           coalesce(placed.label, []) AS label, coalesce(placed.label_text, '') AS label_text,
           coalesce("group", '') AS "group", coalesce(split, '') AS split,
           winner_file, winner_line
    FROM (SELECT row FROM read_rows WHERE row >= {first} AND row < {stop}) AS staged
    LEFT JOIN (FROM placed WHERE row >= {first} AND row < {stop}) AS placed ON placed.row = staged.row
    LEFT JOIN (FROM doubles WHERE row >= {first} AND row < {stop}) AS doubles ON doubles.row = staged.row
    ORDER BY staged.row
"""
_DECISION_ROWS = 250_000
"""Rows that are sorted at once: DuckDB holds a sorted result in memory while it is read."""


@dataclass(slots=True)
class Written:
    """What was written.

    Args:
        files: name, rows and sha256 of each file.
        fields: products that have each field.
        images: images by status.
        doubles: rows put aside because another has their merchant and id.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)
    doubles: int = 0


def write_products(tables: Tables, wide: Iterable[pa.RecordBatch], out: Path, rejected: TextIO) -> Written:
    """Write all products, and put the doubles aside.

    Args:
        tables: with `read_rows`, `doubles` and `placed`.
        wide: every row that `read_rows` has, in its order, with the columns of CATALOGUE_SCHEMA that are not
            decided (label, label_text, group, split).
        out: the folder that becomes the catalogue.
        rejected: `rejected.jsonl`, open for writing.
    """
    written = Written()
    n_rows = scalar(tables, "SELECT count(*) FROM read_rows")
    with progress("Writing products", n_rows) as advance:

        def products() -> Iterator[pa.RecordBatch]:
            for rows, decided in aligned(wide, _decisions(tables, n_rows)):
                advance(len(rows))
                _put_aside(rows, decided, written, rejected)
                kept = decided["is_kept"]
                yield _counted(_as_products(rows.filter(kept), decided.filter(kept)), written)

        written.files = _write_files(products(), out / PRODUCTS_FOLDER)
    return written


def _decisions(tables: Tables, n_rows: int) -> Iterator[pa.RecordBatch]:
    """What was decided for each row, in order."""
    for first in range(0, n_rows, _DECISION_ROWS):
        yield from stream(tables, _DECISIONS.format(first=first, stop=first + _DECISION_ROWS))


def aligned(
    left: Iterable[pa.RecordBatch], right: Iterable[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Give each batch of `left` with the rows of `right` that stand beside it, however `right` is cut.

    Raises:
        ValueError: one of them ends before the other.
    """
    rights = iter(right)
    held: pa.RecordBatch | None = None
    for batch in left:
        beside: list[pa.RecordBatch] = []
        missing = len(batch)
        while missing:
            if held is None or not len(held):
                held = next(rights, None)
            if held is None:
                raise ValueError(f"the second stream ends {missing} rows or more before the first")
            beside.append(held.slice(0, missing))
            held = held.slice(missing) if len(held) > missing else None
            missing -= len(beside[-1])
        if beside:
            yield batch, pa.concat_batches(beside)
    if (held is not None and len(held)) or any(len(batch) for batch in rights):
        raise ValueError("the first stream ends before the second")


def _as_products(rows: pa.RecordBatch, decided: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        (rows if name in rows.schema.names else decided)[name].cast(CATALOGUE_SCHEMA.field(name).type)
        for name in CATALOGUE_SCHEMA.names
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CATALOGUE_SCHEMA)


def _counted(products: pa.RecordBatch, written: Written) -> pa.RecordBatch:
    for name in TEXT_FIELDS:
        written.fields[name] += pc.not_equal(products[name], "").true_count
    _, owners = images_found(products["images"])
    written.fields["image"] += len(np.unique(owners))
    written.images.update(image_counts(products))
    return products


def _put_aside(rows: pa.RecordBatch, decided: pa.RecordBatch, written: Written, rejected: TextIO) -> None:
    lost = pc.invert(decided["is_kept"])
    if lost.true_count == 0:
        return
    written.doubles += lost.true_count
    losers = rows.select(["source_file", "source_line", "merchant", "id", "title"]).filter(lost).to_pylist()
    winners = decided.select(["winner_file", "winner_line"]).filter(lost).to_pylist()
    write_rejected(
        rejected,
        [
            Rejected(
                file=loser["source_file"],
                line=loser["source_line"],
                kind="a double",
                reason=f"double: {winner['winner_file']}:{winner['winner_line']} has the same merchant and "
                "id, and the last row wins",
                text=f"{loser['merchant']} {loser['id']}: {loser['title']}",
            )
            for loser, winner in zip(losers, winners, strict=True)
        ],
    )


def _write_files(batches: Iterator[pa.RecordBatch], folder: Path) -> list[dict[str, Any]]:
    """Write row groups of a bearable size, a bearable number of them to a file; at least one file."""
    folder.mkdir()
    groups = _row_groups(batches)
    files: list[dict[str, Any]] = []
    group = next(groups, CATALOGUE_SCHEMA.empty_table())
    while group is not None:
        name = f"part-{len(files):05d}.parquet"
        n_rows = 0
        with pq.ParquetWriter(
            folder / name, CATALOGUE_SCHEMA, compression="zstd", compression_level=3
        ) as file:
            for _ in range(_FILE_GROUPS):
                file.write_table(group)
                n_rows += len(group)
                group = next(groups, None)
                if group is None:
                    break
        files.append({"name": name, "rows": n_rows, "sha256": sha256_of(folder / name)})
    return files


def _row_groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    n_rows = n_bytes = 0
    for batch in batches:
        waiting.append(batch)
        n_rows += len(batch)
        n_bytes += batch.nbytes
        if n_rows >= _GROUP_ROWS or n_bytes >= _GROUP_BYTES:
            yield pa.Table.from_batches(waiting)
            waiting, n_rows, n_bytes = [], 0, 0
    if n_rows:
        yield pa.Table.from_batches(waiting)
