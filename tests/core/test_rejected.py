"""Rows put aside, and the file that names them."""

import io
import json

import pytest

from aisle.core.rejected import is_rejected_list, write_rejected
from aisle.core.schemas import MAX_EXCERPT, REJECTED_KINDS, Rejected

ROW = Rejected(file="a.tsv", line=3, kind="no id", reason="no id", text="ä\tb")


def test_each_row_is_a_line_of_json():
    file = io.StringIO()
    write_rejected(file, [ROW, ROW])
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [ROW.as_dict()] * 2


def test_a_kind_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="'odd'"):
        Rejected(file="a.tsv", line=3, kind="odd", reason="no id")
    assert ROW.kind in REJECTED_KINDS


def test_of_what_stands_there_the_beginning_is_kept():
    row = Rejected(file="a.tsv", line=3, kind="no id", reason="no id", text="é" * 5000)
    assert row.text == "é" * MAX_EXCERPT


@pytest.mark.parametrize(
    ("content", "is_list"),
    [("", True), ('{"id": 1}\n', False), ("3\n", False), ("id\ttitle\n", False), ("[]", False)],
)
def test_only_what_was_written_here_is_taken_for_such_a_file(tmp_path, content, is_list):
    (tmp_path / "x").write_text(content)
    assert is_rejected_list(tmp_path / "x") == is_list
    with (tmp_path / "y").open("w", encoding="utf-8") as file:
        write_rejected(file, [ROW])
    assert is_rejected_list(tmp_path / "y")
    assert not is_rejected_list(tmp_path)
