"""Rows of answers as Parquet, TSV and JSON lines."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.core.errors import AisleError
from aisle.prediction.output import OUTPUTS, ending_of
from aisle.prediction.rows import row_schema

ROWS = pa.RecordBatch.from_pylist(
    [
        {
            "id": "a\tb",
            "merchant": 'the "shop"',
            "category_id": "1",
            "category_path": "Toys > Kites",
            "probability": 0.9,
            "level_probabilities": [0.95, 0.9],
            "status": "ok",
            "reason": "",
            "top": [{"category_id": "1", "category_path": "Toys > Kites", "probability": 0.9}],
        },
        {
            "id": "é\n2",
            "merchant": "",
            "category_id": "2",
            "category_path": "Toys",
            "probability": 0.5,
            "level_probabilities": [0.5],
            "status": "no_evidence",
            "reason": "image missing: a.jpg",
            "top": [],
        },
    ],
    schema=row_schema(top=5),
)


def write(path, *batches):
    with OUTPUTS.get(path.suffix)(path, ROWS.schema) as rows:
        for batch in batches:
            rows(batch)


def test_parquet_reads_back_as_it_was(tmp_path):
    write(tmp_path / "x.parquet", ROWS, ROWS)
    assert pq.read_table(tmp_path / "x.parquet") == pa.Table.from_batches([ROWS, ROWS])


def test_json_lines_keep_every_value(tmp_path):
    write(tmp_path / "x.jsonl", ROWS)
    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert rows[0]["id"] == "a\tb"
    assert rows[0]["level_probabilities"] == [0.95, 0.9]
    assert rows[0]["top"][0] == {"category_id": "1", "category_path": "Toys > Kites", "probability": 0.9}
    assert rows[1]["id"] == "é\n2"


def test_tsv_has_one_line_a_row_and_lists_as_json(tmp_path):
    write(tmp_path / "x.tsv", ROWS, ROWS.slice(0, 0))
    header, first, second = (tmp_path / "x.tsv").read_text().splitlines()
    assert header.split("\t") == ROWS.schema.names
    cells = dict(zip(ROWS.schema.names, first.split("\t"), strict=True))
    assert cells["id"] == "a b"
    assert cells["merchant"] == 'the "shop"'
    assert json.loads(cells["level_probabilities"]) == [0.95, 0.9]
    assert json.loads(cells["top"])[0]["category_path"] == "Toys > Kites"
    assert second.split("\t")[0] == "é 2"


@pytest.mark.parametrize("name", OUTPUTS.names())
def test_an_output_of_no_rows_is_readable(tmp_path, name):
    write(tmp_path / f"x{name}")
    assert (tmp_path / f"x{name}").exists()


@pytest.mark.parametrize("name", ["a.tsv", "a.TSV", "a.b.Tsv"])
def test_the_ending_of_a_name_tells_the_format_in_letters_of_any_case(name):
    assert ending_of(Path(name)) == ".tsv"


@pytest.mark.parametrize("name", ["a.xlsx", "a", ".tsv", "a.tsv.gz"])
def test_any_other_ending_is_refused(name):
    with pytest.raises(AisleError, match=r"its name must end in one of .jsonl, .parquet, .tsv"):
        ending_of(Path(name))
