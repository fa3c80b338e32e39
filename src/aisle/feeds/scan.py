"""Where the fields of delimited text begin and end: one pass over the bytes, compiled.

Text is cut into records as RFC 4180 says: a field that opens with a quote ends at the next quote that is not
doubled and stands before a separator or the end of a line; it may hold separators and ends of lines.
Real feeds break this rule in three ways, and none of them may cost more than its own line:

- A field opens with a quote that nothing closes properly. Where its quotes pair off before the next
  separator (`"Best" shirt`), they are text. Otherwise the line is put aside and the next line is read.
- A field does close properly, some lines further, at a quote that belongs to another row. So a record over
  several lines is not believed where its lines, but for a few, would pass as rows of their own (as
  `7,monitor 24",Acme` would), or where a row with all its quotes in place begins with one of them. Its first
  line is put aside. To pass as a row is to have the right number of fields and an id like that of the
  row before.
- A record over several lines has a wrong number of fields. It is put aside whole where no row begins with one
  of its further lines, else its first line alone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.core.kernels import kernel

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]

NO_QUOTE = -1
"""Stands for the quote's byte where a feed has no quoting."""

ROW = 0
WRONG_COUNT = 1
OPEN_QUOTE = 2
_BLANK = 3
_MORE = 4
"""What became of a record: a row; put aside for one of two reasons; an empty line; or not all is here."""

_CR, _LF, _SPACE = 13, 10, 32
_LOOK_AHEAD = 1 << 16
"""How many bytes a row may have, to be looked for inside of a record."""

_MOST = 10
"""Lines are taken for rows where one in so many does not look like a row, among fewer all."""

_STRAY = -1
_OUT_OF_DATA = -2


class Rules(NamedTuple):
    """How a feed is written.

    Args:
        sep, quote, end: the bytes that separate fields, quote them (or NO_QUOTE), and end lines.
        n_fields: how many fields a row has.
        id_field: which of them is the id.
    """

    sep: int
    quote: int
    end: int
    n_fields: int
    id_field: int


class Spans(NamedTuple):
    """Where the fields of rows are.

    Args:
        starts, stops: (rows, fields) the span of each field's text, without the quotes round it.
        doubled: (rows, fields) whether the text holds doubled quotes.
    """

    starts: I32
    stops: I32
    doubled: NDArray[np.bool_]


def room_for(n_rows: int, n_fields: int) -> Spans:
    """Spans to write to."""
    shape = (n_rows, n_fields)
    return Spans(np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.bool_))


@kernel()
def _count(data: U8, start: int, stop: int, byte: int) -> int:
    """How often a byte stands in between."""
    n_found = 0
    for i in range(start, stop):
        if data[i] == byte:
            n_found += 1
    return n_found


@kernel()
def _field_end(data: U8, i: int, rules: Rules) -> int:
    """The next separator or line end from `i` on."""
    while i < data.size:
        if data[i] == rules.sep or data[i] == rules.end:
            return i
        i += 1
    return i


@kernel()
def _line_stop(data: U8, i: int, end: int) -> int:
    """Where the next line begins."""
    while i < data.size and data[i] != end:
        i += 1
    return min(i + 1, data.size)


@kernel()
def _ends_here(data: U8, i: int, rules: Rules, is_last: bool) -> int:
    """Whether a field may end before byte `i`: 1 yes, 0 no, _OUT_OF_DATA when it takes more bytes to tell."""
    if i >= data.size:
        return 1 if is_last else _OUT_OF_DATA
    if data[i] == rules.sep or data[i] == rules.end:
        return 1
    if data[i] == _CR and rules.end == _LF:
        if i + 1 >= data.size:
            return 1 if is_last else _OUT_OF_DATA
        return 1 if data[i + 1] == _LF else 0
    return 0


@kernel()
def _closing_quote(data: U8, i: int, rules: Rules, is_last: bool) -> tuple[int, bool]:
    """Where the quoted field whose text begins at `i` closes, and whether it holds doubled quotes.

    The place is _STRAY when a quote stands where none may, _OUT_OF_DATA when the data end first.
    """
    doubled = False
    while i < data.size:
        if data[i] == rules.quote:
            if i + 1 < data.size and data[i + 1] == rules.quote:
                doubled = True
                i += 1
            else:
                ends = _ends_here(data, i + 1, rules, is_last)
                if ends == 1:
                    return i, doubled
                return (_STRAY if ends == 0 else _OUT_OF_DATA), doubled
        i += 1
    return _OUT_OF_DATA, doubled


@kernel()
def _field(data: U8, i: int, rules: Rules, is_last: bool) -> tuple[int, int, int, int, bool]:
    """One field from `i` on: what became of it, its text's span, where it ends, if quotes are doubled."""
    opens = i < data.size and data[i] == rules.quote
    if opens:
        close, doubled = _closing_quote(data, i + 1, rules, is_last)
        if close >= 0:
            return ROW, i + 1, close, close + 1, doubled
        if close == _OUT_OF_DATA and not is_last:
            return _MORE, i, i, i, False
    after = _field_end(data, i, rules)
    if after == data.size and not is_last:
        return _MORE, i, i, i, False
    if opens and _count(data, i, after, rules.quote) % 2:
        return OPEN_QUOTE, i, i, i, False
    stop = after
    at_line_end = after == data.size or data[after] == rules.end
    if at_line_end and rules.end == _LF and stop > i and data[stop - 1] == _CR:
        stop -= 1
    return ROW, i, stop, after, False


@kernel()
def _record(data: U8, i: int, rules: Rules, is_last: bool, spans: Spans, row: int) -> tuple[int, int, int]:
    """One record from `i` on: what became of it, where the next begins, how many fields it has.

    The first `rules.n_fields` of its fields are written to `spans`. Where a quote is left open, the number of
    fields is that of the field which it opens, from 1.
    """
    n_fields = 0
    while True:
        status, start, stop, after, doubled = _field(data, i, rules, is_last)
        if status != ROW:
            return status, i, n_fields + 1
        if n_fields < rules.n_fields:
            spans.starts[row, n_fields] = start
            spans.stops[row, n_fields] = stop
            spans.doubled[row, n_fields] = doubled
        n_fields += 1
        if after < data.size and data[after] == _CR and rules.end == _LF:
            after += 1
        if after >= data.size or data[after] == rules.end:
            is_blank = n_fields == 1 and start == stop and start == i
            return (_BLANK if is_blank else ROW), min(after + 1, data.size), n_fields
        i = after + 1


@kernel()
def _split_line(line: U8, rules: Rules) -> tuple[int, int, int]:
    """How many fields a line has on its own, unclosed quotes being text, and the span of its id."""
    i = n_fields = id_start = id_stop = 0
    while True:
        status, start, stop, after, _ = _field(line, i, rules, True)
        if status != ROW:
            after = _field_end(line, i, rules)
            start, stop = i, after
        if n_fields == rules.id_field:
            id_start, id_stop = start, stop
        n_fields += 1
        if after >= line.size or line[after] != rules.sep:
            return n_fields, id_start, id_stop
        i = after + 1


@kernel()
def _kinds(text: U8) -> tuple[bool, bool, bool]:
    """Whether a text has digits, letters (bytes beyond ASCII are letters), white space."""
    digits = letters = spaces = False
    for byte in text:
        if 48 <= byte <= 57:
            digits = True
        elif byte <= _SPACE:
            spaces = True
        elif byte >= 128 or 65 <= byte <= 90 or 97 <= byte <= 122:
            letters = True
    return digits, letters, spaces


@kernel()
def _alike(first: U8, second: U8) -> bool:
    """Whether two texts could be ids of one feed: the same kinds of characters, about the same length."""
    digits, letters, spaces = _kinds(first)
    digits_2, letters_2, spaces_2 = _kinds(second)
    if spaces or spaces_2 or not (digits or letters) or digits != digits_2 or letters != letters_2:
        return False
    return max(first.size, second.size) <= 2 * min(first.size, second.size) + 8


@kernel()
def last_id(data: U8, spans: Spans, n_rows: int, id_field: int) -> tuple[int, int]:
    """The span of the last id that can be compared with others; (0, 0) where none can."""
    for row in range(n_rows - 1, -1, -1):
        start, stop = spans.starts[row, id_field], spans.stops[row, id_field]
        if _alike(data[start:stop], data[start:stop]):
            return start, stop
    return 0, 0


@kernel()
def _is_proper_row(data: U8, i: int, rules: Rules, is_last: bool, an_id: U8) -> int:
    """Whether a row that passes, and has no quote out of place, begins at `i`.

    1 yes, 0 no, _OUT_OF_DATA when it takes more bytes to tell.
    """
    shape = (1, rules.n_fields)
    spans = Spans(np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.bool_))
    window = data[i : i + _LOOK_AHEAD]
    is_whole = i + _LOOK_AHEAD >= data.size
    status, _, n_found = _record(window, 0, rules, is_last and is_whole, spans, 0)
    if status == _MORE:
        return _OUT_OF_DATA if is_whole else 0
    if status != ROW or n_found != rules.n_fields:
        return 0
    for field in range(rules.n_fields):
        begin, stop = spans.starts[0, field], spans.stops[0, field]
        in_quotes = begin > 0 and window[begin - 1] == rules.quote
        if not in_quotes and _count(window, begin, stop, rules.quote):
            return 0
    own_id = window[spans.starts[0, rules.id_field] : spans.stops[0, rules.id_field]]
    return 1 if _alike(an_id, own_id) else 0


@kernel()
def _look_at_lines(
    data: U8, start: int, stop: int, rules: Rules, is_last: bool, an_id: U8
) -> tuple[int, int, int, int]:
    """Whether the lines of a record could be rows of their own.

    A line with an even number of quotes can be split on its own; with one that has an odd number, a row may
    begin that goes on beyond it.

    Returns:
        how many lines there are; how many after the first would pass as rows; how many of all would not and
        are not blank; and whether a row with no quote out of place begins with one after the first: 1 yes,
        0 no, _OUT_OF_DATA when it takes more bytes to tell.
    """
    i, n_lines, n_pass, n_other = start, 0, 0, 0
    while i < stop:
        after = _line_stop(data, i, rules.end)
        line = data[i:after]
        n_found, id_start, id_stop = _split_line(line, rules)
        if n_found == rules.n_fields and _alike(an_id, line[id_start:id_stop]):
            n_pass += 1 if i > start else 0
        elif not (line[0] == rules.end or (line.size == 2 and line[0] == _CR)):
            n_other += 1
        if i > start and _count(line, 0, line.size, rules.quote) % 2:
            proper = _is_proper_row(data, i, rules, is_last, an_id)
            if proper:
                return n_lines, n_pass, n_other, proper
        n_lines += 1
        i = after
    return n_lines, n_pass, n_other, 0


@kernel()
def _judge(
    data: U8,
    start: int,
    stop: int,
    rules: Rules,
    is_last: bool,
    n_found: int,
    spans: Spans,
    n_rows: int,
    an_id: U8,
) -> tuple[int, int, int]:
    """What becomes of a record that closes properly: its status, where the next begins, its lines."""
    is_right = n_found == rules.n_fields
    line_stop = _line_stop(data, start, rules.end)
    if line_stop >= stop:
        return (ROW if is_right else WRONG_COUNT), stop, 1
    row_start, row_stop = last_id(data, spans, n_rows, rules.id_field)
    if row_stop:
        an_id = data[row_start:row_stop]
    elif an_id.size == 0:
        _, id_start, id_stop = _split_line(data[start:line_stop], rules)
        an_id = data[start:line_stop][id_start:id_stop]
    n_lines, n_pass, n_other, proper = _look_at_lines(data, start, stop, rules, is_last, an_id)
    if proper == _OUT_OF_DATA:
        return _MORE, start, 0
    are_rows = n_pass > 0 and n_other * _MOST <= n_pass
    if proper == 1 or (are_rows if is_right else n_pass > 0):
        return OPEN_QUOTE, line_stop, 1
    return (ROW if is_right else WRONG_COUNT), stop, n_lines


@kernel()
def scan_records(
    data: U8,
    i: int,
    rules: Rules,
    is_last: bool,
    line: int,
    done: tuple[int, int],
    an_id: U8,
    spans: Spans,
    lines: NDArray[np.int64],
    bad: NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Cut bytes into records until they, or the room for rows or for bad records, run out.

    Args:
        data: (bytes,) delimited text in UTF-8.
        i: where the first record begins.
        is_last: no more bytes follow, so that a last record without a line's end is whole.
        line: the first record's line number.
        done: how many rows and how many bad records are in the arrays already.
        an_id: the last id of the rows before those in the arrays, empty where there is none.
        spans: (rows, fields) written to.
        lines: (rows,) the line that each row begins on, written to.
        bad: (bad records, 5) each one's span in `data`, line, status, and number of fields (WRONG_COUNT) or
            number of the field that opens with the quote, from 1 (OPEN_QUOTE); written to.

    Returns:
        where the next record begins, its line, and how many rows and bad records there are now.
    """
    n_rows, n_bad = done
    while i < data.size and n_rows < lines.size and n_bad < bad.shape[0]:
        status, after, n_found = _record(data, i, rules, is_last, spans, n_rows)
        n_lines = 1
        if status == ROW:
            status, after, n_lines = _judge(data, i, after, rules, is_last, n_found, spans, n_rows, an_id)
        elif status == OPEN_QUOTE:
            after = _line_stop(data, i, rules.end)
            if after == data.size and data[after - 1] != rules.end and not is_last:
                status = _MORE
        if status == _MORE:
            break
        if status == ROW:
            lines[n_rows] = line
            n_rows += 1
        elif status != _BLANK:
            bad[n_bad, 0] = i
            bad[n_bad, 1] = after
            bad[n_bad, 2] = line
            bad[n_bad, 3] = status
            bad[n_bad, 4] = n_found
            n_bad += 1
        i = after
        line += n_lines
    return i, line, n_rows, n_bad
