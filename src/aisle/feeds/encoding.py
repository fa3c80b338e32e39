"""Text of any Unicode encoding to UTF-8, bad characters left in as bytes that are not UTF-8."""

import codecs
from collections.abc import Callable

from aisle.feeds.source import Source

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_UTF8 = b"\xff"


def utf8_reader(source: Source) -> Callable[[int], bytes]:
    """A function that reads about so many bytes of the source as UTF-8, without its byte-order mark.

    UTF-16 is known by its mark; half a surrogate pair or half a character comes out as bytes that no UTF-8
    text holds, so that whoever looks for such bytes finds the row.
    """
    head = source.peek(3)
    if head.startswith(_UTF16_MARKS):
        return _from_utf16(source)
    if head == codecs.BOM_UTF8:
        source.read(len(codecs.BOM_UTF8))
    return source.read


def _from_utf16(source: Source) -> Callable[[int], bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="surrogatepass")

    def read(size: int) -> bytes:
        while data := source.read(size):
            if text := decoder.decode(data):
                return text.encode("utf-8", errors="surrogatepass")
        left_over, _ = decoder.getstate()
        decoder.reset()
        return _NOT_UTF8 if left_over else b""

    return read
