"""Laws of cutting delimited text into records, on bytes of any kind."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aisle.feeds.scan import NO_QUOTE, OPEN_QUOTE, WRONG_COUNT, Rules, room_for, scan_records

any_bytes = st.lists(
    st.sampled_from([b"a", b"1", b",", b'"', b"\n", b"\r", b" ", b'1,"', b'",', b'"\n'])
).map(b"".join)
any_rules = st.builds(
    lambda quote, end, n_fields, id_field: Rules(
        ord(","), quote, ord(end), n_fields, min(id_field, n_fields - 1)
    ),
    st.sampled_from([ord('"'), ord('"'), NO_QUOTE]),
    st.sampled_from(["\n", "\n", "\r"]),
    st.integers(1, 4),
    st.integers(0, 3),
)


def scan(data, rules, cuts=()):
    """Scan `data`, of which the bytes up to each cut become known one after the other."""
    spans, lines, bad = room_for(100, rules.n_fields), np.zeros(100, np.int64), np.zeros((100, 5), np.int64)
    i, line, done, no_id = 0, 1, (0, 0), np.frombuffer(b"", np.uint8)
    for known in [*sorted(min(cut, len(data)) for cut in cuts), None]:
        part = np.frombuffer(data[:known], np.uint8)
        is_last = known is None
        i, line, *done = scan_records(part, i, rules, is_last, line, tuple(done), no_id, spans, lines, bad)
    assert i == len(data)
    n_rows, n_bad = done
    rows = list(
        zip(
            lines[:n_rows].tolist(),
            spans.starts[:n_rows].tolist(),
            spans.stops[:n_rows].tolist(),
            strict=True,
        )
    )
    return rows, bad[:n_bad].tolist()


@given(any_bytes, any_rules, st.lists(st.integers(0, 60), max_size=10))
def test_it_does_not_matter_in_which_pieces_the_bytes_arrive(data, rules, cuts):
    assert scan(data, rules, cuts) == scan(data, rules)


@given(any_bytes, any_rules)
def test_every_record_is_numbered_by_its_first_line(data, rules):
    rows, bad = scan(data, rules)
    end = bytes([rules.end])
    for line, starts, _ in rows:
        assert line == 1 + data[: starts[0]].count(end)
    for start, _, line, _, _ in bad:
        assert line == 1 + data[:start].count(end)


@given(any_bytes, any_rules)
def test_an_open_quote_costs_one_line(data, rules):
    for start, stop, _, status, _ in scan(data, rules)[1]:
        assert status in (OPEN_QUOTE, WRONG_COUNT)
        if status == OPEN_QUOTE:
            assert data[start:stop].rstrip(bytes([rules.end])).count(bytes([rules.end])) == 0


@given(any_bytes, any_rules)
def test_what_is_no_row_and_not_bad_is_blank(data, rules):
    """Rows, bad records and blank lines share out the bytes."""
    rows, bad = scan(data, rules)
    ends = bytes([rules.end]) + b"\r"
    taken = sorted(
        [(starts[0], stops[-1]) for _, starts, stops in rows] + [(start, stop) for start, stop, *_ in bad]
    )
    at = 0
    for start, stop in taken:
        assert data[at:start].strip(ends + b'"') == b""
        at = stop
    assert data[at:].strip(ends + b'"') == b""


@given(any_bytes, any_rules)
def test_without_quoting_each_line_is_a_record(data, rules):
    rules = rules._replace(quote=NO_QUOTE)
    rows, bad = scan(data, rules)
    lines = data.split(bytes([rules.end]))
    if rules.end == ord("\n"):
        lines = [line.removesuffix(b"\r") for line in lines]
    n_fields = {i: line.count(b",") + 1 for i, line in enumerate(lines, start=1) if line}
    assert [line for line, _, _ in rows] == [i for i, n in n_fields.items() if n == rules.n_fields]
    assert [(line, n) for _, _, line, _, n in bad] == [
        (i, n) for i, n in n_fields.items() if n != rules.n_fields
    ]
