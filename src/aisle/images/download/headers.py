"""The headers of an answer, kept as they came: a value is looked for when it is asked for."""

import re
from typing import Final

_STATUS = re.compile(rb"HTTP/\S+[ \t]+(\d{3})(?!\d)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")


class Headers:
    """The values of an answer's headers, by their names.

    Nearly all answers are looked at for nothing but conditions, which takes no more than four calls; more of
    it would drive the loop out of the processor's cache.

    Args:
        head: all lines that came, each with its end: of interim answers (1xx), of the answer, and those that
            followed its body.
    """

    __slots__ = ("_head", "_lines", "_lower")

    def __init__(self, head: bytes | bytearray) -> None:
        self._head = head
        self._lines: bytes | None = None
        self._lower = b""

    def may_hold_conditions(self) -> bool:
        """For the use of the body: how it is packed, or that it is not to be used."""
        find = self._head.lower().find  # `in` first raises and drops an error: its argument is no number
        return find(b"content-encoding") >= 0 or find(b"x-robots-tag") >= 0 or find(b"tdm-reservation") >= 0

    def status(self) -> int:
        """The answer's status; 0 where there is none or its headers are not whole."""
        return _final(self._head)[0]

    def first(self, name: str) -> str:
        """The first value of a header, by its name in lower case; empty where there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """All values of a header, by its name in lower case, in their order."""
        if self._lines is None:
            self._lines = _final(self._head)[1]
            self._lower = self._lines.lower()
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


NO_HEADERS: Final = Headers(b"")


def _final(head: bytes | bytearray) -> tuple[int, bytes]:
    """The status of the answer itself, and the lines below it; of them each begins with a line's end."""
    at, status = 0, 100
    while 100 <= status < 200 and status != 101:  # which is final: nobody asked for another protocol
        line, end = _STATUS.match(head, at), _EMPTY_LINE.search(head, at)
        if end is None:
            return 0, b"\n"
        first, at, status = at, end.end(), int(line[1]) if line else 0
    return status, bytes(head[head.index(b"\n", first) : at])


def _text(value: bytes) -> str:
    """A header's value: UTF-8 as many servers write it, else Latin-1 as the standard has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
