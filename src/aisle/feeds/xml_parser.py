"""Expat, told to hand over a feed's items as they stream by, and to say where and why it can go no further.

Expat reads without namespaces, since feeds forget to declare `g`. Whatever could define an entity is refused,
and nothing outside the file is ever opened. Expat is told to expect a foreign DTD, which nobody provides: it
then hands over the entities of HTML that feeds use (`&nbsp;`) instead of stopping at them.
"""

from collections.abc import Callable
from html.entities import html5
from xml.parsers import expat

from aisle.core.errors import AisleError
from aisle.feeds.checks import NOT_UTF8
from aisle.feeds.layout import known_field
from aisle.feeds.objects import MAX_RECORD_BYTES, TOO_LONG
from aisle.feeds.xml_items import Element, Namespaces
from aisle.feeds.xml_resume import Place, opening, swallows_items

NOT_WELL_FORMED = "not well-formed XML"
ITEMS = ("item", "entry")

_MAX_DEPTH = 1000
_MAX_NESTED = 8
_MAX_NAMES = 5
_MAX_OUTSIDE = 1000
_ELEMENT_BYTES = 64


class XmlFault(Exception):  # noqa: N818  a fault of the feed
    """The feed can be read no further at this place; the message says why.

    Args:
        kind: one of core.schemas.REJECTED_KINDS.
        line: of the item that is being read, or of the fault where none is.
        at: the byte where it was found.
        search_at: from where to look for the next item; no section and no comment is open there.
    """

    def __init__(self, kind: str, reason: str, *, line: int, at: int, search_at: int) -> None:
        super().__init__(reason)
        self.kind = kind
        self.line = line
        self.at = at
        self.search_at = search_at


class XmlParser:
    """Reads UTF-8 up to a fault, and again from any later item on.

    Args:
        address: the feed's, for messages.
        add: takes each item: its line, itself, and about how many bytes it has.
    """

    def __init__(self, address: str, add: Callable[[int, Element, int], None]) -> None:
        self.namespaces = Namespaces()
        self.n_items = 0
        self.is_closed = False
        self.names: dict[str, None] = {}
        self._address = address
        self._add = add
        self._around: list[tuple[str, dict[str, str]]] = []
        self.begin(Place(0, 1, 1))

    @property
    def root(self) -> str:
        """The tag of the outermost element, once it is known."""
        return next(iter(self.names), "")

    @property
    def is_in_item(self) -> bool:
        """Whether an item is being read."""
        return bool(self._open)

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            XmlFault: the feed can be read no further.
            AisleError: it has a DOCTYPE.
        """
        self._parse(data, is_last=False)
        self.fed += len(data)
        if self._open and self.fed - self.mark.at > MAX_RECORD_BYTES:
            raise self._fault("too long", TOO_LONG)
        if self.fed - self.here.at > MAX_RECORD_BYTES:
            reason = f"a tag or a comment does not end within {MAX_RECORD_BYTES:,} bytes"
            raise self._fault(NOT_WELL_FORMED, reason)

    def close(self) -> None:
        """The feed ends here.

        Raises:
            XmlFault: it must not.
        """
        self._parse(b"", is_last=True)

    def go_on(self, place: Place) -> None:
        """Begin anew with an item at `place`, below the elements that the last item stood in."""
        self.begin(place, opening(self._around or self._containers()))

    def _containers(self) -> list[tuple[str, dict[str, str]]]:
        """What an item would stand in, judged by what is open where there was none yet."""
        names = [known_field(tag) for tag, _ in self._above]
        n_containers = next((i for i, name in enumerate(names) if name), len(names))
        return self._above[:n_containers] or [("rss", {}), ("channel", {})]

    def begin(self, place: Place, before: bytes = b"") -> None:
        """Begin at `place`, as if `before`, which is no part of the feed, had been read there."""
        self.mark = place
        """Where the item begins that is being read, or was last; or a later tag outside of any."""
        self._after = place.at  # where the last item ended
        self._open: list[Element] = []  # the item that is being read, and the elements in it that are open
        self._above: list[tuple[str, dict[str, str]]] = []  # the elements that are open outside of an item
        self._outside: list[str] = []  # the texts of a section that is open outside of an item
        self._is_in_section = False
        self._n_bytes = self._n_nested = self._n_texts = 0
        self._first_line, self._first_column = place.line, place.column - len(before.decode())
        self._start_at = place.at - len(before)
        self.fed = place.at
        """Up to which byte of the feed it has read without a fault."""
        self._data = b""
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.UseForeignDTD(True)
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.SkippedEntityHandler = self._entity
        self._parser.StartCdataSectionHandler = self._start_cdata
        self._parser.EndCdataSectionHandler = self._end_cdata
        if before:
            self._parser.Parse(before, False)
            self.mark = place

    @property
    def here(self) -> Place:
        """Where the parser has got to."""
        return Place(
            self._start_at + self._parser.CurrentByteIndex,
            *self._line_and_column(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber),
        )

    def _line_and_column(self, line: int, column: int) -> tuple[int, int]:
        """The line and the column in the feed of those that the parser counts from 1 and from 0."""
        return self._first_line + line - 1, column + (self._first_column if line == 1 else 1)

    def _parse(self, data: bytes, *, is_last: bool) -> None:
        self._data = data
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            line, column = self._line_and_column(error.lineno, error.offset)
            if self._is_no_utf8():
                raise self._fault(*NOT_UTF8, line=line) from error
            what = f"{expat.ErrorString(error.code)} at line {line}, column {column}"
            raise self._fault(NOT_WELL_FORMED, f"is not well-formed XML ({what})", line=line) from error

    def _is_no_utf8(self) -> bool:
        """Whether the parser stopped at a byte that begins no character of UTF-8."""
        begin = self._parser.ErrorByteIndex + self._start_at - self.fed
        found = self._data[begin : begin + 4] if begin >= 0 else b""
        return bool(found) and not any(_is_utf8(found[:length]) for length in range(1, 5))

    def _fault(self, kind: str, reason: str, *, line: int = 0) -> XmlFault:
        """A fault here, of the item that is being read where there is one."""
        line = self.mark.line if self._open else line or self.here.line
        after = self.mark.at + 1 if self._open else max(self.mark.at, self._after)
        return XmlFault(kind, reason, line=line, at=self.here.at, search_at=after)

    def _doctype(self, *_: object) -> None:
        place = f"{self._address}:{self.here.line}"
        raise AisleError(f"{place}: has a DOCTYPE, which may define harmful entities; take it out")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if attributes:
            self.namespaces.learn(attributes)
        name = self.namespaces.name(tag)
        if self._open:
            self._start_within(name, attributes)
            return
        if len(self._above) >= _MAX_DEPTH:
            raise self._fault(NOT_WELL_FORMED, "elements are nested too deeply")
        self.mark = self.here
        if name in ITEMS:
            self._n_bytes = self._n_nested = 0
            self._around = self._above[:]
            self._open.append(Element(name, {}))
            self.n_items += 1
            return
        if len(self.names) < _MAX_NAMES:
            self.names.setdefault(tag)
        self._above.append((tag, attributes))

    def _start_within(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._open[0].name:
            self._check_nested()
        if len(self._above) + len(self._open) >= _MAX_DEPTH:
            raise self._fault(NOT_WELL_FORMED, "elements are nested too deeply")
        self._n_bytes += _ELEMENT_BYTES
        self._open.append(Element(name, attributes))

    def _check_nested(self) -> None:
        """An item in an item is the next one, if this one is not closed.

        It may be a part of this one where it stands in an element of its own, such as a bundle; one that then
        proves not to be closed is gone through again.
        """
        self._n_nested += 1
        inner = self._open[-1]
        is_text = inner.has_text or bool(known_field(inner.name))
        if len(self._open) == 1 or is_text or self._n_nested > _MAX_NESTED:
            line = self.here.line
            reason = f"is not well-formed XML (the item is not closed where the next begins, at line {line})"
            raise self._fault(NOT_WELL_FORMED, reason)

    def _end(self, _: str) -> None:
        if not self._open:
            self._above.pop()
            self.mark = self.here
            self.is_closed = self.is_closed or not self._above
            return
        element = self._open.pop()
        if self._open:
            if element.name == self._open[0].name:
                self._n_nested -= 1
            self._open[-1].take_in(element, depth=len(self._open))
            self._check_size()
            return
        self._after = self._start_at + self._parser.CurrentByteIndex
        self._add(self.mark.line, element, self._n_bytes)

    def _text(self, text: str) -> None:
        if self._open:
            self._n_bytes += len(text)
            self._check_size()
            self._open[-1].add_text(text)
        elif self._is_in_section and len(self._outside) < _MAX_OUTSIDE:
            self._outside.append(text)

    def _check_size(self) -> None:
        if self._n_bytes > MAX_RECORD_BYTES:
            raise self._fault("too long", TOO_LONG)

    def _entity(self, name: str, _: bool) -> None:
        self._text(html5.get(f"{name};", f"&{name};"))

    def _start_cdata(self) -> None:
        self._n_texts = len(self._open[-1].texts) if self._open else 0
        self._is_in_section = True

    def _end_cdata(self) -> None:
        self._is_in_section = False
        texts = self._open[-1].texts[self._n_texts :] if self._open else self._outside
        self._outside = []
        if swallows_items("".join(texts)):
            reason = "is not well-formed XML (a CDATA section is not closed where the next item begins)"
            raise self._fault(NOT_WELL_FORMED, reason)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
