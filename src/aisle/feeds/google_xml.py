"""Google Merchant feeds in XML: the items of RSS 2.0 and the entries of Atom, read as they stream by.

An item that is not well-formed is put aside, and reading goes on with the next one; `xml_resume` finds it.
"""

from collections.abc import Callable, Iterator

from aisle.core.errors import AisleError
from aisle.feeds.batch import Block
from aisle.feeds.encoding import xml_reader
from aisle.feeds.objects import BREAKS_OFF, MAX_RECORD_BYTES, BlockMaker, rest_is_missing
from aisle.feeds.source import Source
from aisle.feeds.xml_items import Element, item_record
from aisle.feeds.xml_parser import XmlFault, XmlParser
from aisle.feeds.xml_resume import Place, SectionEnds, ends_properly, find_item, item_starts, moved_on

_READ_BYTES = 1 << 16
_FIRST_BYTES = 1 << 10
_AGAIN_BYTES = 1 << 25
_AGAIN = 8
"""What may be read again after faults: so many bytes, and so many times what has been read."""

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
        self._section_ends = SectionEnds()
        self._known = self._begin  # the last place that was looked up
        self._step = _READ_BYTES
        self._n_bytes = self._n_again = self._read_to = 0
        self._is_given_up = False
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
            self._n_bytes += len(data)
            self._read(is_last=False)
            self._drop_text()
            yield from self._take_full()
            data = b"" if self._is_given_up else read(_READ_BYTES)
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

    def _read(self, *, is_last: bool) -> None:
        """Read on, over as many faults as there are."""
        while not self._is_given_up:
            if self._is_searching and not self._go_on(is_last=is_last):
                return
            try:
                self._feed()
                return
            except XmlFault as fault:
                self._note(fault)

    def _feed(self) -> None:
        """Have the parser read the text; behind a fault little at first, since the next may be near."""
        end = self._begin.at + len(self._text)
        while self._parser.fed < end:
            start = self._parser.fed - self._begin.at
            self._parser.feed(self._text[start : start + self._step])
            self._step = min(2 * self._step, _READ_BYTES)

    def _note(self, fault: XmlFault) -> None:
        """Look for the next item from now on; damage that is put aside already is no fault of its own."""
        self._is_searching = True
        self._read_to = max(fault.at, self._parser.fed)
        self._search_at = max(self._search_at + 1, fault.search_at)
        if self._parser.is_in_item or fault.at > self._told_to:
            self._fault = fault

    def _go_on(self, *, is_last: bool) -> bool:
        """Put aside what is at fault and begin anew with the next item; False where there is none yet."""
        starts = item_starts(self._parser.namespaces.plain)
        found = find_item(
            self._text,
            self._begin.at,
            self._search_at - self._begin.at,
            starts,
            self._section_ends,
            is_last=is_last,
        )
        self._search_at = self._begin.at + found.keep
        if found.at < 0:
            return False
        if self._fault:
            self._reject(self._fault.line, self._fault.kind, str(self._fault))
            self._told_to, self._fault = self._fault.at, None
        self._n_again += max(0, self._read_to - self._search_at)
        if self._n_again > _AGAIN_BYTES + _AGAIN * self._n_bytes:
            self._is_given_up = True
            return False
        self._is_searching = False
        self._step = _FIRST_BYTES
        self._known = self._place_of(found.at)
        self._parser.go_on(self._known)
        return True

    def _place_of(self, at: int) -> Place:
        """The place of a byte of the text, which is behind those that were asked for before."""
        known = self._known if self._known.at > self._begin.at else self._begin
        return moved_on(known, self._text[known.at - self._begin.at : at])

    def _finish(self) -> None:
        """See whether the feed ends as it must, and put aside what is left."""
        self._read(is_last=True)
        while not (self._is_searching or self._is_given_up):
            try:
                self._parser.close()
                break
            except XmlFault as fault:
                self._note(fault)
                self._read(is_last=True)
        self._tell_the_end()

    def _tell_the_end(self) -> None:
        fault, parser = self._fault, self._parser
        is_whole = parser.is_closed or ends_properly(self._text, parser.root)
        if self._is_given_up:
            reason = "has more faults than can be read over; the rest of the file is left out"
            self._reject(parser.mark.line, BREAKS_OFF, reason)
        elif self._source.fault or (fault and not is_whole):
            line = fault.line if fault else parser.here.line
            why = self._source.fault or "the XML ends before its last end tag"
            self._reject(line, BREAKS_OFF, rest_is_missing(why))
        elif fault:
            self._reject(fault.line, fault.kind, str(fault))
        elif not parser.n_items and not self._n_rejected and parser.root not in _ROOTS:
            found = ", ".join(f"<{name}>" for name in parser.names) or "nothing"
            raise AisleError(
                f"{self._source.address}: holds no <item> of RSS and no <entry> of Atom, but {found}; export "
                "it as Google Merchant XML, or as CSV"
            )

    def _drop_text(self) -> None:
        """Hold no more text than from the item on that is being read, or looked for."""
        if self._is_searching:
            keep = self._place_of(self._search_at - self._begin.at)
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
