"""The lines of a text feed, one at a time, none of them too long for memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from aisle.feeds.encoding import utf8_reader
from aisle.feeds.objects import BREAKS_OFF, MAX_RECORD_BYTES, TOO_LONG, rest_is_missing
from aisle.feeds.source import Source

_READ_BYTES = 1 << 18
_KEPT_BYTES = 1 << 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank.

    Args:
        number: the first line of a file is 1.
        text: without its end; the beginning alone of a line with a fault.
        fault: why the line is not whole: it is too long, or the file breaks off in it; else empty.
        kind: of the fault, one of core.schemas.REJECTED_KINDS; else empty.
        is_open: it is the last, and nothing ends it.
    """

    number: int
    text: bytes
    fault: str = ""
    kind: str = ""
    is_open: bool = False


def read_lines(source: Source) -> Iterator[Line]:
    r"""The lines of a feed; `\n` ends a line. Where the bytes break off there is one more, with a fault."""
    read = utf8_reader(source)
    number, begun = 1, b""
    while data := read(_READ_BYTES):
        first, *others = data.split(b"\n")
        begun += first if len(begun) <= MAX_RECORD_BYTES else b""
        for text in others:
            yield from _line(number, begun)
            number, begun = number + 1, text
    if source.fault:
        yield Line(number, begun[:_KEPT_BYTES], rest_is_missing(source.fault), BREAKS_OFF)
    else:
        yield from _line(number, begun, is_open=True)


def _line(number: int, text: bytes, *, is_open: bool = False) -> Iterator[Line]:
    if len(text) > MAX_RECORD_BYTES:
        yield Line(number, text[:_KEPT_BYTES], TOO_LONG, "too long")
    elif text and not text.isspace():
        yield Line(number, text, is_open=is_open)
