"""How a delimited feed is written: its separator, quoting and line ends, told from its beginning."""

import csv
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.feeds.checks import NOT_UTF8
from aisle.feeds.layout import known_field
from aisle.feeds.scan import NO_QUOTE, Rules, room_for, scan_records

_SEPARATORS = "\t,;|"
_QUOTE = '"'
_TOLD_SEPARATOR = re.compile(rb'\s*"?sep=([\t,;|])"?[ \t]*[\r\n]+(?=[^\r\n])')
"""The first line that Excel writes and reads: `sep=;`."""
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    r"""A way to write delimited text.

    Args:
        separator: one character of ASCII.
        quoted: whether a field may stand in double quotes.
        line_end: the last character of a line's end, `\n` or `\r`.
    """

    separator: str
    quoted: bool
    line_end: str

    def rules(self, header: "Header") -> Rules:
        """What `scan_records` needs to know."""
        quote = ord(_QUOTE) if self.quoted else NO_QUOTE
        n_fields = len(header.names)
        return Rules(ord(self.separator), quote, ord(self.line_end), n_fields, header.id_field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The columns of a delimited feed, and where its rows begin.

    Args:
        names: of the columns; one without a name is called by its place, e.g. `column 3`.
        n_bytes: length of the header and of empty lines before it.
        n_lines: the lines that these take up.
    """

    names: tuple[str, ...]
    n_bytes: int
    n_lines: int

    @property
    def id_field(self) -> int:
        """Which column holds the ids; 0 where none does."""
        fields = [known_field(name) for name in self.names]
        return fields.index("id") if "id" in fields else 0


Reading = tuple[Dialect, Header]


def recognise(address: str, sample: bytes, *, is_whole: bool) -> tuple[Dialect, Header]:
    """Tell how a feed is written.

    The separator is what a first line `sep=;` says, as Excel has it; else the one that gives the header an id
    and the most columns that are known. Quoting is told by which reading of the sample loses fewer rows.

    Args:
        sample: the beginning of the feed; it may break off anywhere.
        is_whole: the sample is all of the feed.

    Raises:
        AisleError: the header is no UTF-8 text, or there is none.
    """
    line_end = "\n" if b"\n" in sample else "\r"
    told = _TOLD_SEPARATOR.match(sample)
    begin = len(sample) - len(sample[told.end() if told else 0 :].lstrip(b"\r\n"))
    first = sample[begin:].split(line_end.encode(), 1)[0].rstrip(b"\r")
    n_blank = sample[:begin].count(line_end.encode())
    _check_header(f"{address}:{n_blank + 1}", first)
    plain = first.decode()
    separators = [s for s in _SEPARATORS if s in plain] or [_SEPARATORS[0]]
    separators = [told[1].decode()] if told else separators
    readings = [(s, quoted) for s in separators for quoted in (True, False)]
    headers = {reading: _read_header(sample, begin, line_end, *reading) for reading in readings}
    separator = max(separators, key=lambda s: max(_worth(headers[s, quoted]) for quoted in (True, False)))
    trials = {q: Dialect(separator=separator, quoted=q, line_end=line_end) for q in (True, False)}
    quoted = _is_quoted(sample, is_whole, *((trials[q], headers[separator, q]) for q in (True, False)))
    return trials[quoted], headers[separator, quoted]


def _check_header(place: str, line: bytes) -> None:
    if b"\0" in line:
        raise AisleError(f"{place}: the header has a NUL byte; save the feed as UTF-8 text")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        raise AisleError(f"{place}: the header {NOT_UTF8[1]}") from error


def _read_header(sample: bytes, begin: int, line_end: str, separator: str, quoted: bool) -> Header:
    """Python's own reader takes the first record; it wants lines that keep their ends."""
    lines = sample[begin : begin + (1 << 16)].split(line_end.encode())
    kept = [line + line_end.encode() for line in lines]
    if not quoted:
        kept = kept[:1]
    texts = (line.decode(errors="replace").replace("\r", "" if line_end == "\n" else "\n") for line in kept)
    reader = csv.reader(
        texts,
        delimiter=separator,
        quotechar=_QUOTE,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    names = next(reader)
    n_bytes = sum(len(line) for line in kept[: reader.line_num])
    return Header(
        names=tuple(name.strip() or f"column {i + 1}" for i, name in enumerate(names)),
        n_bytes=min(begin + n_bytes, len(sample)),
        n_lines=sample[:begin].count(line_end.encode()) + reader.line_num,
    )


def _worth(header: Header) -> tuple[bool, int, int]:
    known = [field for name in header.names if (field := known_field(name))]
    return "id" in known, len(known), len(header.names)


def _is_quoted(sample: bytes, is_whole: bool, with_quotes: Reading, without: Reading) -> bool:
    """Whether reading with quotes tells more than it loses.

    A row with a field in proper quotes speaks for quoting; a row that only quoting loses speaks against it. A
    comma or semicolon stands inside texts so often that feeds without quoting are rare; tabs do not.
    """
    if b'"' not in sample:
        return True
    has_id, has_id_without = (_worth(header)[0] for _, header in (with_quotes, without))
    if has_id != has_id_without:
        return has_id
    n_bad, n_quoted = _try_out(sample, is_whole, with_quotes)
    n_lost = n_bad - _try_out(sample, is_whole, without)[0]
    if with_quotes[0].separator in ",;":
        return n_quoted >= n_lost or n_lost < 2
    return n_quoted > n_lost


def _try_out(sample: bytes, is_whole: bool, reading: Reading) -> tuple[int, int]:
    """How many records of the sample are bad, and how many rows have a field in quotes."""
    dialect, header = reading
    data = np.frombuffer(sample, dtype=np.uint8)
    rules, spans = dialect.rules(header), room_for(_ROWS_AT_ONCE, len(header.names))
    lines, bad = np.empty(_ROWS_AT_ONCE, np.int64), np.empty((_ROWS_AT_ONCE, 5), np.int64)
    i, n_bad_all, n_quoted_all, no_id = header.n_bytes, 0, 0, data[:0]
    while True:
        i, _, n_rows, n_bad = scan_records(data, i, rules, is_whole, 1, (0, 0), no_id, spans, lines, bad)
        n_bad_all += n_bad
        n_quoted_all += _n_quoted_rows(data, spans.starts[:n_rows], spans.stops[:n_rows])
        if n_rows == 0 and n_bad == 0:
            return n_bad_all, n_quoted_all


def _n_quoted_rows(data: NDArray[np.uint8], starts: NDArray[np.int32], stops: NDArray[np.int32]) -> int:
    if not len(starts):
        return 0
    quote = ord(_QUOTE)
    last = len(data) - 1
    within = (data[np.maximum(starts - 1, 0)] == quote) & (data[np.minimum(stops, last)] == quote)
    return int(within.any(axis=1).sum())
