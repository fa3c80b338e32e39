"""Tab-, comma-, semicolon- and pipe-separated feeds, block by block."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from aisle.core.schemas import Rejected
from aisle.core.words import counted
from aisle.feeds.batch import Block
from aisle.feeds.dialect import Dialect, Header, recognise
from aisle.feeds.encoding import utf8_reader
from aisle.feeds.objects import BREAKS_OFF, MAX_RECORD_BYTES, TOO_LONG, rest_is_missing
from aisle.feeds.scan import OPEN_QUOTE, last_id, room_for, scan_records
from aisle.feeds.source import Source
from aisle.feeds.texts import copy_texts, text_offsets

_SAMPLE_BYTES = 1 << 20
_READ_BYTES = 1 << 18
_MAX_CELLS = 1 << 21
_MAX_BAD = 4096
_EXCERPT_BYTES = 1 << 10


def read_delimited(source: Source, block_rows: int) -> Iterator[Block]:
    """Read delimited text; see `dialect` for what is recognised and `scan` for what a record is.

    Raises:
        AisleError: the header cannot be read.
    """
    read = utf8_reader(source)
    sample = _read_up_to(read, _SAMPLE_BYTES)
    if not sample.strip():
        return
    dialect, header = recognise(source.address, sample, is_whole=len(sample) < _SAMPLE_BYTES)
    cutter = _Cutter(source, read, dialect, header, min(block_rows, max(1, _MAX_CELLS // len(header.names))))
    yield from cutter.blocks(sample[header.n_bytes :])


def _read_up_to(read: Callable[[int], bytes], size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Cutter:
    """Cuts a feed into blocks of rows; holds the bytes of one block and what was read beyond it."""

    def __init__(
        self, source: Source, read: Callable[[int], bytes], dialect: Dialect, header: Header, block_rows: int
    ) -> None:
        self._source = source
        self._read = read
        self._header = header
        self._line_end = dialect.line_end.encode()
        self._line = header.n_lines + 1
        self._buffer = b""
        self._an_id = b""
        self._at_end = False
        self._broken_line = b""
        self._overlong: list[Rejected] = []
        self._rules = dialect.rules(header)
        self._spans = room_for(block_rows, len(header.names))
        self._lines = np.empty(block_rows, np.int64)
        self._bad = np.empty((_MAX_BAD, 5), np.int64)

    def blocks(self, buffer: bytes) -> Iterator[Block]:
        """All blocks of a feed that goes on with `buffer` after its header."""
        self._buffer = buffer
        while self._buffer or not self._at_end:
            at, n_rows, n_bad = self._scan_block()
            yield self._block(n_rows, n_bad)
            self._an_id = self._last_id(n_rows) or self._an_id
            self._buffer = self._buffer[at:]
        if self._source.fault:
            yield self._rest()

    def _scan_block(self) -> tuple[int, int, int]:
        """Scan until a block is full or the feed ends: where the next begins, its rows, its bad records."""
        at, n_rows, n_bad = 0, 0, 0
        self._overlong = []
        while True:
            at, self._line, n_rows, n_bad = scan_records(
                np.frombuffer(self._buffer, np.uint8),
                at,
                self._rules,
                self._at_end,
                self._line,
                (n_rows, n_bad),
                np.frombuffer(self._an_id, np.uint8),
                self._spans,
                self._lines,
                self._bad,
            )
            if self._at_end or n_rows == len(self._lines) or n_bad == len(self._bad):
                return at, n_rows, n_bad
            if len(self._buffer) - at >= MAX_RECORD_BYTES:
                at = self._skip_overlong(at)
            elif len(self._buffer) >= MAX_RECORD_BYTES:
                return at, n_rows, n_bad
            else:
                self._read_on()

    def _last_id(self, n_rows: int) -> bytes:
        data = np.frombuffer(self._buffer, np.uint8)
        start, stop = last_id(data, self._spans, n_rows, self._rules.id_field)
        return self._buffer[start:stop]

    def _read_on(self) -> None:
        """Add about as much again to the buffer as it holds, or find that the feed ends."""
        more = self._read(max(_READ_BYTES, len(self._buffer)))
        self._buffer += more
        self._at_end = not more
        if self._at_end and self._source.fault:
            whole = self._buffer.rfind(self._line_end) + 1
            self._buffer, self._broken_line = self._buffer[:whole], self._buffer[whole:]

    def _skip_overlong(self, at: int) -> int:
        """Put aside the line at `at`, the first of a record that is too long; where the next line begins."""
        stop = self._buffer.find(self._line_end, at) + 1
        record = self._buffer[at : stop or None]
        self._overlong.append(self._rejected(self._line, "too long", TOO_LONG, record))
        self._line += 1
        if stop:
            return stop
        self._buffer = self._buffer[:at]
        while more := self._read(_READ_BYTES):
            stop = more.find(self._line_end) + 1
            if stop:
                self._buffer += more[stop:]
                return at
        self._at_end = True
        return at

    def _rest(self) -> Block:
        """What is left where the bytes broke off: a line that is not whole, and all that is missing."""
        reason = rest_is_missing(self._source.fault)
        return Block(
            names=self._header.names,
            columns=[pa.array([], pa.string()) for _ in self._header.names],
            lines=np.empty(0, np.int64),
            rejected=[self._rejected(self._line, BREAKS_OFF, reason, self._broken_line)],
            excerpt=lambda _: "",
            has_all_names=True,
        )

    def _block(self, n_rows: int, n_bad: int) -> Block:
        buffer, quote = self._buffer, self._rules.quote
        starts, stops = self._spans.starts[:n_rows, 0].copy(), self._spans.stops[:n_rows, -1].copy()

        def excerpt(row: int) -> str:
            start, stop = starts[row], stops[row]
            start -= start > 0 and buffer[start - 1] == quote
            stop += stop < len(buffer) and buffer[stop] == quote
            return _text(buffer[start:stop])

        return Block(
            names=self._header.names,
            columns=[self._column(i, n_rows) for i in range(len(self._header.names))],
            lines=self._lines[:n_rows].copy(),
            rejected=self._overlong + [self._bad_record(bad) for bad in self._bad[:n_bad].tolist()],
            excerpt=excerpt,
            has_all_names=True,
        )

    def _column(self, field: int, n_rows: int) -> pa.Array:
        """(rows,) the texts of one field, as bytes that nobody has proved to be UTF-8 yet."""
        data = np.frombuffer(self._buffer, np.uint8)
        offsets = np.empty(n_rows + 1, np.int32)
        text_offsets(data, *self._spans, field, self._rules.quote, offsets)
        texts = np.empty(offsets[-1], np.uint8)
        copy_texts(data, *self._spans, field, self._rules.quote, n_rows, texts)
        return pa.StringArray.from_buffers(n_rows, pa.py_buffer(offsets), pa.py_buffer(texts))

    def _bad_record(self, bad: list[int]) -> Rejected:
        start, stop, line, status, n = bad
        kind = "another number of fields than the header"
        reason = f"{counted(n, 'field')} where the header has {len(self._header.names)}"
        if status == OPEN_QUOTE:
            kind = "a quote that does not close"
            reason = f"field {n} opens with a quote that is not closed as it must be"
        is_open = stop == len(self._buffer) and not self._buffer.endswith(self._line_end)
        if is_open and (status == OPEN_QUOTE or n < len(self._header.names)):
            kind, reason = BREAKS_OFF, f"{reason}, and the line has no end"
        return self._rejected(line, kind, reason, self._buffer[start:stop])

    def _rejected(self, line: int, kind: str, reason: str, record: bytes) -> Rejected:
        text = _text(record).rstrip("\r\n")
        return Rejected(file=self._source.address, line=line, kind=kind, reason=reason, text=text)


def _text(record: bytes) -> str:
    return record[:_EXCERPT_BYTES].decode(errors="replace")
