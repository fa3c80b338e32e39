"""Google Merchant feeds in XML: the items of RSS 2.0 and the entries of Atom, read as they stream by.

Expat reads without namespaces, since feeds forget to declare `g`. Whatever could define an entity is refused,
and nothing outside the file is ever opened. Expat is told to expect a foreign DTD, which nobody provides: it
then hands over the entities of HTML that feeds use (`&nbsp;`) instead of stopping at them.
"""

from collections.abc import Iterator
from html.entities import html5
from xml.parsers import expat

from aisle.core.errors import AisleError
from aisle.feeds.batch import Block
from aisle.feeds.objects import BREAKS_OFF, MAX_RECORD_BYTES, TOO_LONG, BlockMaker
from aisle.feeds.source import Source
from aisle.feeds.xml_items import Element, Namespaces, item_record

_READ_BYTES = 1 << 16
_MAX_DEPTH = 1000
_ELEMENT_BYTES = 64
_ITEMS = ("item", "entry")
_LEFT_OUT = "the rest of the file is left out"


class _StopReadingError(Exception):
    """The file can be read no further; the message says why."""


def read_google_xml(source: Source, block_rows: int) -> Iterator[Block]:
    """Read the items of a feed; from where it is no longer well-formed, the rest is one record put aside.

    Raises:
        AisleError: the file has a DOCTYPE.
    """
    items = _Items(source.address, block_rows)
    fault = ""
    while not fault and (data := source.read(_READ_BYTES)):
        fault = items.feed(data)
        yield from items.take_full()
    breaks_off = not fault and bool(source.fault)
    if not fault:
        fault = f"{source.fault}; the rest of the file is missing" if breaks_off else items.close()
    yield items.take_last(fault, is_malformed=not breaks_off)


class _Items:
    """Gathers the items that expat comes across."""

    def __init__(self, address: str, block_rows: int) -> None:
        self._address = address
        self._maker = BlockMaker(address, block_rows)
        self._full: list[Block] = []
        self._namespaces = Namespaces()
        self._open: list[Element] = []  # the item that is being read, and the elements in it that are open
        self._depth = 0
        self._line = 0
        self._n_bytes = 0
        self._n_fed = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.UseForeignDTD(True)
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.SkippedEntityHandler = self._entity

    def feed(self, data: bytes) -> str:
        """Read on; why reading can go no further, or ""."""
        self._n_fed += len(data)
        fault = self._parse(data, is_last=False)
        if not fault and self._n_fed - self._parser.CurrentByteIndex > MAX_RECORD_BYTES:
            fault = f"a tag does not end within {MAX_RECORD_BYTES:,} bytes; {_LEFT_OUT}"
        return fault

    def close(self) -> str:
        """The file ends here; why it must not, or ""."""
        return self._parse(b"", is_last=True)

    def take_full(self) -> list[Block]:
        """The blocks that are full by now."""
        full, self._full = self._full, []
        return full

    def take_last(self, fault: str, *, is_malformed: bool) -> Block:
        """The last items, and a rejected record for all that follows where there is a fault."""
        if fault:
            line = self._line if self._open else self._parser.CurrentLineNumber
            text = "".join(self._open[0].texts) if self._open else ""
            self._maker.reject(line, "not well-formed XML" if is_malformed else BREAKS_OFF, fault, text)
        return self._maker.take()

    def _parse(self, data: bytes, *, is_last: bool) -> str:
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            what = f"{expat.ErrorString(error.code)} at line {error.lineno}, column {error.offset + 1}"
            return f"is not well-formed XML ({what}); {_LEFT_OUT}"
        except _StopReadingError as error:
            return str(error)
        return ""

    def _doctype(self, *_: object) -> None:
        place = f"{self._address}:{self._parser.CurrentLineNumber}"
        raise AisleError(f"{place}: has a DOCTYPE, which may define harmful entities; take it out")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _StopReadingError(f"elements are nested too deeply; {_LEFT_OUT}")
        if attributes:
            self._namespaces.learn(attributes)
        name = self._namespaces.name(tag)
        if self._open:
            self._n_bytes += _ELEMENT_BYTES
            self._open.append(Element(name, attributes))
        elif name in _ITEMS:
            self._line = self._parser.CurrentLineNumber
            self._n_bytes = 0
            self._open.append(Element(name, {}))

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        element = self._open.pop()
        if self._open:
            if self._n_bytes <= MAX_RECORD_BYTES:
                self._open[-1].take_in(element, depth=len(self._open))
            return
        if self._n_bytes > MAX_RECORD_BYTES:
            self._maker.reject(self._line, "too long", TOO_LONG, "".join(element.texts))
        else:
            self._maker.add(self._line, item_record(element), self._n_bytes)
        if self._maker.is_full:
            self._full.append(self._maker.take())

    def _text(self, text: str) -> None:
        if not self._open:
            return
        self._n_bytes += len(text)
        if self._n_bytes <= MAX_RECORD_BYTES:
            self._open[-1].add_text(text)

    def _entity(self, name: str, _: bool) -> None:
        self._text(html5.get(f"{name};", f"&{name};"))
