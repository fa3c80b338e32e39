"""Where an XML feed goes on behind an item that is not well-formed: the next item, what stands above it."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from aisle.feeds.objects import MAX_RECORD_BYTES

_ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
_TAIL_BYTES = 256
_AN_ITEM = re.compile(r"<(?:[^<>\s/:]+:)?(?:item|entry)[\s/>]")


class Place(NamedTuple):
    """A byte of the feed, counted from 0, and its line and column, counted from 1."""

    at: int
    line: int
    column: int


class Found(NamedTuple):
    """What a search found.

    Args:
        at: where an item begins, or -1.
        keep: where to search on once there is more text, where none was found.
    """

    at: int
    keep: int


class SectionEnds:
    """Where CDATA sections and comments of a feed end; no stretch of it is looked through twice."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, int, int]] = {}

    def find(self, end: bytes, text: bytes, begin: int, start: int) -> int:
        """The first `end` from `start` on, or -1.

        Args:
            text: which begins at the feed's byte `begin`.
            start: of the text, as what is given back.
        """
        looked_from, looked_to, stop = self._known.get(end, (0, 0, -1))
        at = begin + start
        if looked_from <= at and stop >= at:
            return stop - begin
        if looked_from <= at and stop < 0:
            at = max(at, looked_to - len(end) + 1)
        found = text.find(end, at - begin)
        stop = begin + found if found >= 0 else -1
        self._known[end] = begin + start, begin + len(text), stop
        return found


def item_starts(prefixes: Iterable[str]) -> re.Pattern[bytes]:
    """What `find_item` looks for: an item's or an entry's start tag with one of these prefixes, or none."""
    prefixed = "|".join(re.escape(f"{prefix}:") for prefix in sorted(prefixes) if prefix)
    return re.compile(rb"<!\[CDATA\[|<!--|<(?:%s)?(?:item|entry)(?=[\s/>])" % prefixed.encode())


def find_item(
    text: bytes, begin: int, start: int, starts: re.Pattern[bytes], ends: SectionEnds, *, is_last: bool
) -> Found:
    """The next item from `start` on that stands in no CDATA section and in no comment.

    One that nothing closes, or that closes where another like it does, is none: the damage is that its end
    is missing, and items may stand behind its beginning.

    Args:
        text: UTF-8 from the feed's byte `begin` on; `start`, a byte of it, is in no section and no comment.
        starts: as `item_starts` gives it.
        is_last: no more text follows.
    """
    place = start
    while found := starts.search(text, place):
        end = _ENDS.get(found.group())
        if end is None:
            return Found(found.start(), found.start())
        stop = ends.find(end, text, begin, found.end())
        if stop < 0 and not is_last and len(text) - found.start() < MAX_RECORD_BYTES:
            return Found(-1, found.start())
        is_closed = stop >= 0 and text.find(found.group(), found.end(), stop) < 0
        place = stop + len(end) if is_closed else found.end()
    return Found(-1, max(place, len(text) - _TAIL_BYTES))


def swallows_items(section: str) -> bool:
    """Whether a CDATA section is closed too late: it holds an item with a section of its own."""
    last = section.rfind("<![CDATA[")
    return last >= 0 and _AN_ITEM.search(section, 0, last) is not None


def ends_properly(text: bytes, root: str) -> bool:
    """Whether a feed whose end is `text` ends with an end tag, of `root` if that is known."""
    tags = re.escape(root).encode() or rb"[^<>\s]+"
    return re.search(rb"</%s\s*>\s*\Z" % tags, text[-_TAIL_BYTES:]) is not None


def opening(above: Sequence[tuple[str, dict[str, str]]]) -> bytes:
    """The start tags of these elements, on one line, in UTF-8."""
    tags = (
        f"<{tag}{''.join(f' {name}={quoteattr(value)}' for name, value in attributes.items())}>"
        for tag, attributes in above
    )
    return "".join(tags).encode()


def moved_on(place: Place, text: bytes) -> Place:
    """The place behind a text that begins at `place`."""
    n_lines = text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
    line_begin = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
    column = 1 if n_lines else place.column
    column += len(text[line_begin:].decode(errors="replace"))
    return Place(place.at + len(text), place.line + n_lines, column)
