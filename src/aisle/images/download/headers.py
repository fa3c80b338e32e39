"""The headers of an answer: those that matter, read in one go."""

import re

_STATUS = re.compile(rb"HTTP/\S+[ \t]+(\d{3})(?!\d)")
_WANTED = frozenset(
    {
        b"content-encoding",
        b"content-type",
        b"etag",
        b"last-modified",
        b"location",
        b"retry-after",
        b"tdm-reservation",
        b"x-robots-tag",
    }
)


def read_headers(head: bytes) -> tuple[int, dict[str, list[str]]]:
    """Read the status line and the lines below it.

    Args:
        head: all lines, each with its end.

    Returns:
        The status, 0 where there is none, and the values of each header that anyone here asks for, by its
        name in lower case.
    """
    status = _STATUS.match(head)
    found: dict[str, list[str]] = {}
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        name = name.rstrip().lower()
        if name in _WANTED and colon:
            found.setdefault(name.decode("ascii"), []).append(_text(value.strip()))
    return int(status[1]) if status else 0, found


def _text(value: bytes) -> str:
    """A header's value: UTF-8 as many servers write it, else Latin-1 as the standard has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
