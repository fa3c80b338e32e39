"""The headers of an answer, kept as they came: a value is looked for when it is asked for."""

import re
from typing import Final

_STATUS = re.compile(rb"HTTP/\S+[ \t]+(\d{3})(?!\d)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_CONDITION = re.compile(rb"\n(?:content-encoding|tdm-reservation|x-robots-tag)")


class Headers:
    """The values of an answer's headers, by their names.

    Args:
        lines: each begins with a line's end, and the last one ends with one, too.

    Attributes:
        hold_conditions: for the use of the body: how it is packed, or that it is not to be used. Told in one
            look, since nearly all answers hold none.
    """

    __slots__ = ("_lines", "_lower", "hold_conditions")

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        self._lower = lines.lower()
        self.hold_conditions = _CONDITION.search(self._lower) is not None

    def first(self, name: str) -> str:
        """The first value of a header, by its name in lower case; empty where there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """All values of a header, by its name in lower case, in their order."""
        values: list[str] = []
        mark = b"\n" + name.encode()
        at = self._lower.find(mark)
        while at >= 0:
            at += len(mark)
            rest, colon, value = self._lines[at : self._lines.index(b"\n", at)].partition(b":")
            if colon and not rest.strip(b" \t"):
                values.append(_text(value.strip()))
            at = self._lower.find(mark, at)
        return values


NO_HEADERS: Final = Headers(b"\n")


def read_headers(head: bytes) -> tuple[int, Headers]:
    """Read the status line, and find the lines below it.

    Args:
        head: all lines that came, each with its end: of interim answers (1xx), of the answer, and those that
            followed its body.

    Returns:
        The answer's status, 0 where there is none or its headers are not whole, and the headers.
    """
    at, status = 0, 100
    while 100 <= status < 200 and status != 101:  # which is final: nobody asked for another protocol
        line, end = _STATUS.match(head, at), _EMPTY_LINE.search(head, at)
        if end is None:
            return 0, NO_HEADERS
        first, at, status = at, end.end(), int(line[1]) if line else 0
    return status, Headers(head[head.index(b"\n", first) : at])


def _text(value: bytes) -> str:
    """A header's value: UTF-8 as many servers write it, else Latin-1 as the standard has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
