"""The headers of an answer: those that matter, read in one go."""

import re

_STATUS = re.compile(rb"HTTP/\S+[ \t]+(\d{3})(?!\d)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_NAMES = {
    name.encode(): name
    for name in (
        "content-encoding",
        "content-type",
        "etag",
        "last-modified",
        "location",
        "retry-after",
        "tdm-reservation",
        "x-robots-tag",
    )
}
_WANTED = re.compile(rb"\n(" + b"|".join(_NAMES) + rb")[ \t]*:([^\n]*)", re.IGNORECASE)


def read_headers(head: bytes) -> tuple[int, dict[str, list[str]]]:
    """Read the status line and the lines below it.

    Args:
        head: all lines that came, each with its end: of interim answers (1xx), of the answer, and those that
            followed its body.

    Returns:
        The answer's status, 0 where there is none or its headers are not whole, and the values of each header
        that anyone here asks for, by its name in lower case.
    """
    at, status = 0, 100
    while 100 <= status < 200 and status != 101:  # which is final: nobody asked for another protocol
        line, end = _STATUS.match(head, at), _EMPTY_LINE.search(head, at)
        if end is None:
            return 0, {}
        first, at, status = at, end.end(), int(line[1]) if line else 0
    found: dict[str, list[str]] = {}
    for name, value in _WANTED.findall(head, first, at):
        found.setdefault(_NAMES[name.lower()], []).append(_text(value.strip()))
    return status, found


def _text(value: bytes) -> str:
    """A header's value: UTF-8 as many servers write it, else Latin-1 as the standard has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
