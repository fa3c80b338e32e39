"""Google Merchant feeds in XML: the items of RSS 2.0 and the entries of Atom, read as they stream by.

An item that is not well-formed is put aside, and reading goes on with the next one; `xml_resume` finds it.
"""

from collections.abc import Callable, Iterator

from aisle.core.errors import AisleError
from aisle.feeds.batch import Block
from aisle.feeds.encoding import xml_reader
from aisle.feeds.objects import BREAKS_OFF, MAX_RECORD_BYTES, BlockMaker
from aisle.feeds.source import Source
from aisle.feeds.xml_items import Element, item_record
from aisle.feeds.xml_parser import XmlFault, XmlParser
from aisle.feeds.xml_resume import Place, ends_properly, find_item, item_starts, moved_on

_READ_BYTES = 1 << 16
_KEPT_BYTES = 1 << 10
_ROOTS = ("rss", "feed", "rdf:RDF")


def read_google_xml(source: Source, block_rows: int) -> Iterator[Block]:
    """Read the items of a feed.

    Raises:
        AisleError: the file has a DOCTYPE, or holds no element that could be an item.
    """
    yield from _Feed(source, BlockMaker(source.address, block_rows)).blocks(xml_reader(source))


class _Feed:
    """A feed that is being read, over its faults.

    Args:
        maker: gathers the items.
    """

    def __init__(self, source: Source, maker: BlockMaker) -> None:
        self._source = source
        self._maker = maker
        self._full: list[Block] = []
        self._parser = XmlParser(source.address, self._add)
        self._text = b""  # from the item on that is being read, or looked for
        self._begin = Place(0, 1, 1)  # of that text
        self._is_searching = False
        self._search_at = 0
        self._fault: XmlFault | None = None  # that is not put aside yet
        self._told_to = -1  # what was damaged up to this byte is
        self._n_rejected = 0

    def blocks(self, read: Callable[[int], bytes]) -> Iterator[Block]:
        """All blocks of the feed.

        Args:
            read: gives UTF-8, about so many bytes.
        """
        data = self._first_text(read)
        while data:
            self._text += data
            self._read(data, is_last=False)
            self._drop_text()
            yield from self._take_full()
            data = read(_READ_BYTES)
        self._finish()
        yield from self._take_full()
        yield self._maker.take()

    def _first_text(self, read: Callable[[int], bytes]) -> bytes:
        """The feed's begin without blanks, since expat wants none above a declaration."""
        while data := read(_READ_BYTES):
            text = data.lstrip()
            self._begin = moved_on(self._begin, data[: len(data) - len(text)])
            if text:
                self._parser.begin(self._begin)
                return text
        return b""

    def _take_full(self) -> list[Block]:
        full, self._full = self._full, []
        return full

    def _read(self, fresh: bytes, *, is_last: bool) -> None:
        """Read on, over as many faults as there are."""
        while fresh or self._is_searching:
            if self._is_searching:
                fresh = self._next_item(is_last=is_last)
                if not fresh:
                    return
            try:
                self._parser.feed(fresh)
                return
            except XmlFault as fault:
                self._note(fault)

    def _note(self, fault: XmlFault) -> None:
        """Look for the next item from now on; damage that is put aside already is no fault of its own."""
        self._is_searching = True
        self._search_at = max(self._search_at + 1, fault.search_at)
        if self._parser.is_in_item or fault.at > self._told_to:
            self._fault = fault

    def _next_item(self, *, is_last: bool) -> bytes:
        """Put aside what is at fault and begin anew with the next item: the text from there on, if any."""
        starts = item_starts(self._parser.namespaces.plain)
        found = find_item(self._text, self._search_at - self._begin.at, starts, is_last=is_last)
        self._search_at = self._begin.at + found.keep
        if found.at < 0:
            return b""
        if self._fault:
            self._reject(self._fault.line, self._fault.kind, str(self._fault))
            self._told_to, self._fault = self._fault.at, None
        self._is_searching = False
        self._parser.go_on(moved_on(self._begin, self._text[: found.at]))
        return self._text[found.at :]

    def _finish(self) -> None:
        """See whether the feed ends as it must, and put aside what is left."""
        self._read(b"", is_last=True)
        while not self._is_searching:
            try:
                self._parser.close()
                break
            except XmlFault as fault:
                self._note(fault)
                self._read(b"", is_last=True)
        self._tell_the_end()

    def _tell_the_end(self) -> None:
        fault, parser = self._fault, self._parser
        is_whole = parser.is_closed or ends_properly(self._text, parser.root)
        if self._source.fault or (fault and not is_whole):
            line = fault.line if fault else parser.here.line
            why = self._source.fault or "the XML ends before its last end tag"
            self._reject(line, BREAKS_OFF, f"{why}; the rest of the file is missing")
        elif fault:
            self._reject(fault.line, fault.kind, str(fault))
        elif not parser.n_items and not self._n_rejected and parser.root not in _ROOTS:
            found = ", ".join(f"<{name}>" for name in parser.names)
            raise AisleError(
                f"{self._source.address}: holds no <item> of RSS and no <entry> of Atom, but {found}; export "
                "it as Google Merchant XML, or as CSV"
            )

    def _drop_text(self) -> None:
        """Hold no more text than from the item on that is being read, or looked for."""
        if self._is_searching:
            keep = moved_on(self._begin, self._text[: self._search_at - self._begin.at])
        else:
            keep = self._parser.mark
            if self._begin.at + len(self._text) - keep.at > MAX_RECORD_BYTES:
                keep = self._parser.here
        self._text = self._text[keep.at - self._begin.at :]
        self._begin = keep

    def _reject(self, line: int, kind: str, reason: str) -> None:
        text = self._text[max(0, self._parser.mark.at - self._begin.at) :]
        self._maker.reject(line, kind, reason, text[:_KEPT_BYTES])
        self._n_rejected += 1
        self._hand_over()

    def _add(self, line: int, item: Element, n_bytes: int) -> None:
        self._maker.add(line, item_record(item), n_bytes)
        self._hand_over()

    def _hand_over(self) -> None:
        if self._maker.is_full:
            self._full.append(self._maker.take())
