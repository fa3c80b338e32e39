"""Writers of `aisle predict`: Parquet, TSV and JSON lines, chosen by the name of the file."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aisle.core.errors import AisleError
from aisle.core.registry import Registry

Write = Callable[[pa.RecordBatch], object]

OUTPUTS = Registry(
    "output format",
    {
        ".jsonl": "aisle.prediction.output:jsonl_rows",
        ".parquet": "aisle.prediction.output:parquet_rows",
        ".tsv": "aisle.prediction.output:tsv_rows",
    },
)
"""From the ending of a file's name to a context manager `(path, schema)` that gives what writes rows."""


def ending_of(out: Path) -> str:
    """The ending of an output's name, in small letters, which tells its format.

    Raises:
        AisleError: it is none of OUTPUTS.
    """
    ending = out.suffix.lower()
    if ending not in OUTPUTS.names():
        raise AisleError(f"{out}: its name must end in one of {', '.join(OUTPUTS.names())}")
    return ending


@contextmanager
def parquet_rows(path: Path, schema: pa.Schema) -> Iterator[Write]:
    """Parquet, compressed with zstd."""
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        yield file.write_batch


@contextmanager
def jsonl_rows(path: Path, schema: pa.Schema) -> Iterator[Write]:  # noqa: ARG001  JSON needs no header
    """One JSON object a line."""
    with path.open("wb") as file:
        yield lambda rows: file.writelines(
            json.dumps(_shortened(row), ensure_ascii=False).encode() + b"\n" for row in rows.to_pylist()
        )


def _shortened(value: object) -> object:
    """Round probabilities to the seven digits that a float32 has."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return {k: _shortened(v) for k, v in value.items()} if isinstance(value, dict) else value


@contextmanager
def tsv_rows(path: Path, schema: pa.Schema) -> Iterator[Write]:
    """Tab-separated, a header, nothing quoted; a tab or line break inside a value becomes a space.

    Lists are written as JSON, so that a cell holds `[0.99, 0.97]` or a list of objects.
    """
    with path.open("wb") as file:
        file.write("\t".join(schema.names).encode() + b"\n")
        yield lambda rows: file.write(tsv_lines(rows))


def tsv_lines(rows: pa.RecordBatch) -> bytes:
    """Write rows as lines, with no loop over rows but for runners-up."""
    if rows.num_rows == 0:
        return b""
    cells = [_cells(column) for column in rows.columns]
    lines = pc.binary_join_element_wise(*cells, "\t")
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")
    return bytes(whole[0].as_buffer()) + b"\n"


def _cells(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return pc.replace_substring_regex(column, r"[\t\r\n]", " ")
    if not pa.types.is_list(column.type):
        return column.cast(pa.string())
    if pa.types.is_struct(column.type.value_type):
        return pa.array(
            [json.dumps(_shortened(v), ensure_ascii=False) for v in column.to_pylist()], pa.string()
        )
    numbers = pa.ListArray.from_arrays(column.offsets, column.values.cast(pa.string()))
    return pc.binary_join_element_wise("[", pc.binary_join(numbers, ", "), "]", "")
