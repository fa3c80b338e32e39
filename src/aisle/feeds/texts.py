"""From the spans of fields to columns of texts: doubled quotes made single, compiled."""

from aisle.core.kernels import kernel
from aisle.feeds.scan import I32, U8, Spans


@kernel()
def text_offsets(data: U8, spans: Spans, field: int, quote: int, offsets: I32) -> None:
    """Where each text of a column will begin once doubled quotes are single.

    Args:
        field: which column.
        offsets: (rows + 1,) written to.
    """
    total = 0
    offsets[0] = 0
    for row in range(offsets.size - 1):
        start, stop = spans.starts[row, field], spans.stops[row, field]
        total += stop - start
        if spans.doubled[row, field]:
            n_quotes = 0
            for i in range(start, stop):
                n_quotes += data[i] == quote
            total -= n_quotes // 2
        offsets[row + 1] = total


@kernel()
def copy_texts(data: U8, spans: Spans, field: int, quote: int, n_rows: int, texts: U8) -> None:
    """Write a column's texts one after the other, doubled quotes made single.

    Args:
        field: which column.
        texts: (the last of `text_offsets`,) written to.
    """
    at = 0
    for row in range(n_rows):
        i, stop = spans.starts[row, field], spans.stops[row, field]
        step = 2 if spans.doubled[row, field] else 1
        if step == 1:
            for j in range(i, stop):
                texts[at] = data[j]
                at += 1
        while step == 2 and i < stop:
            texts[at] = data[i]
            at += 1
            i += step if data[i] == quote else 1
