"""Rows that can be cut out of a feed and are no products."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from aisle.feeds.checks import find_faults, rows_without_id

texts = st.sampled_from([b"", b"cup", "tée".encode(), b"\0", b"a\0b", b"\xff", b"a\xc3", b"\xed\xa0\x80"])


def unproved(values):
    """A column of strings that nobody has proved to be UTF-8."""
    raw = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(raw), *raw.buffers()[1:])


def is_sound(value):
    try:
        return "\0" not in value.decode()
    except UnicodeDecodeError:
        return False


@given(st.lists(texts), st.integers(0, 3))
def test_every_text_that_is_not_utf8_or_has_a_nul_is_found_in_its_row(values, offset):
    column = unproved(values).slice(offset)
    found = [fault.row for fault in find_faults(["x"], [column])]
    assert found == [row for row, value in enumerate(values[offset:]) if not is_sound(value)]


@given(st.lists(st.lists(texts)), st.integers(0, 3))
def test_lists_are_looked_through(rows, offset):
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row))
    column = pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), unproved([v for row in rows for v in row])
    )
    found = [fault.row for fault in find_faults(["x"], [column.slice(offset)])]
    assert found == [i for i, row in enumerate(rows[offset:]) if not all(is_sound(v) for v in row)]


def test_a_row_with_two_faults_is_told_once():
    assert find_faults(["a", "b"], [unproved([b"\0"]), unproved([b"\xff"])]) == [
        (0, "a NUL byte", "'a' has a NUL byte")
    ]


def test_blank_ids_are_found():
    assert rows_without_id(pa.array(["1", "", "2", ""])) == [
        (1, "no id", "no id"),
        (3, "no id", "no id"),
    ]
