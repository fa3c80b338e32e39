"""Where the fields of delimited text begin and end: one pass over the bytes, compiled.

Text is cut into records as RFC 4180 says: a field that opens with a quote ends at the next quote that is not
doubled and stands before a separator or the end of a line; it may hold separators and ends of lines.
Real feeds break this rule in three ways, and none of them may cost more than its own line:

- A field opens with a quote that nothing closes properly. Where its quotes pair off before the next
  separator (`"Best" shirt`), they are text. Otherwise the line is put aside and the next line is read.
- A field does close properly, some lines further, at a quote that belongs to another row (`monitor 24"`). So
  a record over several lines is believed only where its lines would not all pass as rows of their own: the
  right number of fields each, and an id like the first line's.
- A record over several lines has a wrong number of fields. It is put aside whole where none of its further
  lines would pass as a row, else its first line alone.
"""

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
_STRAY = -1
_OUT_OF_DATA = -2


@kernel()
def _field_end(data: U8, i: int, sep: int, end: int) -> int:
    """The next separator or line end from `i` on."""
    while i < data.size:
        if data[i] == sep or data[i] == end:
            return i
        i += 1
    return i


@kernel()
def _ends_here(data: U8, i: int, sep: int, end: int, is_last: bool) -> int:
    """Whether a field may end before byte `i`: 1 yes, 0 no, _OUT_OF_DATA when it takes more bytes to tell."""
    if i >= data.size:
        return 1 if is_last else _OUT_OF_DATA
    if data[i] == sep or data[i] == end:
        return 1
    if data[i] == _CR and end == _LF:
        if i + 1 >= data.size:
            return 1 if is_last else _OUT_OF_DATA
        return 1 if data[i + 1] == _LF else 0
    return 0


@kernel()
def _closing_quote(data: U8, i: int, sep: int, quote: int, end: int, is_last: bool) -> tuple[int, bool]:
    """Where the quoted field whose text begins at `i` closes, and whether it holds doubled quotes.

    The place is _STRAY when a quote stands where none may, _OUT_OF_DATA when the data end first.
    """
    doubled = False
    while i < data.size:
        if data[i] == quote:
            if i + 1 < data.size and data[i + 1] == quote:
                doubled = True
                i += 1
            else:
                ends = _ends_here(data, i + 1, sep, end, is_last)
                if ends == 1:
                    return i, doubled
                return (_STRAY if ends == 0 else _OUT_OF_DATA), doubled
        i += 1
    return _OUT_OF_DATA, doubled


@kernel()
def _pairs_off(data: U8, start: int, stop: int, quote: int) -> bool:
    """Whether there is an even number of quotes in between."""
    n_quotes = 0
    for i in range(start, stop):
        if data[i] == quote:
            n_quotes += 1
    return n_quotes % 2 == 0


@kernel()
def _field(
    data: U8, i: int, sep: int, quote: int, end: int, is_last: bool
) -> tuple[int, int, int, int, bool]:
    """One field from `i` on: what became of it, its text's span, where it ends, if quotes are doubled."""
    if i < data.size and data[i] == quote:
        close, doubled = _closing_quote(data, i + 1, sep, quote, end, is_last)
        if close >= 0:
            return ROW, i + 1, close, close + 1, doubled
        if close == _OUT_OF_DATA and not is_last:
            return _MORE, i, i, i, False
    after = _field_end(data, i, sep, end)
    if after == data.size and not is_last:
        return _MORE, i, i, i, False
    if i < data.size and data[i] == quote and not _pairs_off(data, i, after, quote):
        return OPEN_QUOTE, i, i, i, False
    stop = after
    at_line_end = after == data.size or data[after] == end
    if at_line_end and end == _LF and stop > i and data[stop - 1] == _CR:
        stop -= 1
    return ROW, i, stop, after, False


@kernel()
def _record(
    data: U8,
    i: int,
    sep: int,
    quote: int,
    end: int,
    is_last: bool,
    starts: I32,
    stops: I32,
    doubled: NDArray[np.bool_],
) -> tuple[int, int, int]:
    """One record from `i` on: what became of it, where the next begins, how many fields it has.

    The spans of the fields that there is room for are written to `starts`, `stops` and `doubled`.
    """
    n_fields = 0
    while True:
        status, start, stop, after, has_doubled = _field(data, i, sep, quote, end, is_last)
        if status != ROW:
            return status, i, n_fields + 1
        if n_fields < starts.size:
            starts[n_fields] = start
            stops[n_fields] = stop
            doubled[n_fields] = has_doubled
        n_fields += 1
        if after < data.size and data[after] == _CR and end == _LF:
            after += 1
        if after >= data.size or data[after] == end:
            blank = n_fields == 1 and start == stop and start == i
            return (_BLANK if blank else ROW), min(after + 1, data.size), n_fields
        i = after + 1


@kernel()
def _line_stop(data: U8, i: int, end: int) -> int:
    """Where the next line begins."""
    while i < data.size and data[i] != end:
        i += 1
    return min(i + 1, data.size)


@kernel()
def _split_line(line: U8, sep: int, quote: int, end: int, id_field: int) -> tuple[int, int, int]:
    """How many fields a line has on its own, unclosed quotes being text, and the span of its id."""
    i = n_fields = id_start = id_stop = 0
    while True:
        status, start, stop, after, _ = _field(line, i, sep, quote, end, True)
        if status != ROW:
            after = _field_end(line, i, sep, end)
            start, stop = i, after
        if n_fields == id_field:
            id_start, id_stop = start, stop
        n_fields += 1
        if after >= line.size or line[after] != sep:
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
    if spaces or spaces_2 or digits != digits_2 or letters != letters_2:
        return False
    shorter, longer = min(first.size, second.size), max(first.size, second.size)
    return shorter > 0 and longer <= 2 * shorter + 1


@kernel()
def _lines_that_pass(
    data: U8, start: int, stop: int, sep: int, quote: int, end: int, n_fields: int, id_field: int
) -> tuple[int, int, int]:
    """How many lines there are, how many after the first would pass as rows, if the first would (1, 0)."""
    i = _line_stop(data, start, end)
    line = data[start:i]
    n_found, id_start, id_stop = _split_line(line, sep, quote, end, id_field)
    first = line[id_start:id_stop]
    first_passes = 1 if n_found == n_fields else 0
    n_lines, n_pass = 1, 0
    while i < stop:
        after = _line_stop(data, i, end)
        line = data[i:after]
        n_found, id_start, id_stop = _split_line(line, sep, quote, end, id_field)
        if n_found == n_fields and _alike(first, line[id_start:id_stop]):
            n_pass += 1
        n_lines += 1
        i = after
    return n_lines, n_pass, first_passes


@kernel()
def _judge(
    data: U8,
    start: int,
    stop: int,
    sep: int,
    quote: int,
    end: int,
    n_found: int,
    n_fields: int,
    id_field: int,
) -> tuple[int, int, int]:
    """What becomes of a record that closes properly: its status, where the next begins, its lines."""
    right = n_found == n_fields
    line_stop = _line_stop(data, start, end)
    if line_stop >= stop:
        return (ROW if right else WRONG_COUNT), stop, 1
    n_lines, n_pass, first_passes = _lines_that_pass(data, start, stop, sep, quote, end, n_fields, id_field)
    if right and first_passes + n_pass == n_lines:
        return OPEN_QUOTE, line_stop, 1
    if not right and n_pass:
        return OPEN_QUOTE, line_stop, 1
    return (ROW if right else WRONG_COUNT), stop, n_lines


@kernel()
def scan_records(
    data: U8,
    i: int,
    dialect: tuple[int, int, int],
    id_field: int,
    is_last: bool,
    line: int,
    done: tuple[int, int],
    starts: I32,
    stops: I32,
    doubled: NDArray[np.bool_],
    lines: NDArray[np.int64],
    bad: NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Cut bytes into records until they, or the room for rows or for bad records, run out.

    Args:
        data: (bytes,) delimited text in UTF-8.
        i: where the first record begins.
        dialect: the bytes that separate fields, quote them, and end lines.
        id_field: which field is the id.
        is_last: no more bytes follow, so that a last record without a line's end is whole.
        line: the first record's line number.
        done: how many rows and how many bad records are in the arrays already.
        starts, stops: (rows, fields) the span of each field's text in `data`.
        doubled: (rows, fields) whether the text holds doubled quotes.
        lines: (rows,) the line that each row begins on.
        bad: (bad records, 5) each one's span in `data`, line, status, and number of fields (WRONG_COUNT) or
            number of the field that opens with the quote, from 1 (OPEN_QUOTE).

    Returns:
        where the next record begins, its line, and how many rows and bad records there are now.
    """
    sep, quote, end = dialect
    n_rows, n_bad = done
    n_fields = starts.shape[1]
    while i < data.size and n_rows < starts.shape[0] and n_bad < bad.shape[0]:
        status, after, n_found = _record(
            data, i, sep, quote, end, is_last, starts[n_rows], stops[n_rows], doubled[n_rows]
        )
        if status == _MORE:
            break
        n_lines = 1
        if status == ROW:
            status, after, n_lines = _judge(data, i, after, sep, quote, end, n_found, n_fields, id_field)
        elif status == OPEN_QUOTE:
            after = _line_stop(data, i, end)
            if after == data.size and data[after - 1] != end and not is_last:
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


@kernel()
def text_offsets(
    data: U8, starts: I32, stops: I32, doubled: NDArray[np.bool_], field: int, quote: int, offsets: I32
) -> None:
    """Where each text of a column will begin once doubled quotes are single.

    Args:
        starts, stops, doubled: as `scan_records` leaves them.
        field: which column.
        offsets: (rows + 1,) written to.
    """
    total = 0
    offsets[0] = 0
    for row in range(offsets.size - 1):
        start, stop = starts[row, field], stops[row, field]
        total += stop - start
        if doubled[row, field]:
            n_quotes = 0
            for i in range(start, stop):
                if data[i] == quote:
                    n_quotes += 1
            total -= n_quotes // 2
        offsets[row + 1] = total


@kernel()
def copy_texts(
    data: U8,
    starts: I32,
    stops: I32,
    doubled: NDArray[np.bool_],
    field: int,
    quote: int,
    n_rows: int,
    texts: U8,
) -> None:
    """Write a column's texts one after the other, doubled quotes made single.

    Args:
        starts, stops, doubled: as `scan_records` leaves them.
        field: which column.
        texts: (the last of `text_offsets`,) written to.
    """
    at = 0
    for row in range(n_rows):
        i, stop = starts[row, field], stops[row, field]
        if not doubled[row, field]:
            for j in range(i, stop):
                texts[at] = data[j]
                at += 1
        else:
            while i < stop:
                texts[at] = data[i]
                at += 1
                i += 2 if data[i] == quote else 1
