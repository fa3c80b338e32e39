"""From the spans of fields to columns of texts: doubled quotes made single, compiled."""

import numpy as np
from numpy.typing import NDArray

from aisle.core.kernels import kernel

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


@kernel()
def text_offsets(
    data: U8, starts: I32, stops: I32, doubled: Bool, field: int, quote: int, offsets: I32
) -> None:
    """Where each text of a column will begin once doubled quotes are single.

    Args:
        data: (bytes,) that the spans lie in.
        starts, stops, doubled: (rows, fields) as `scan.Spans`.
        field: which column.
        quote: the quote's byte, or `scan.NO_QUOTE`.
        offsets: (rows + 1,) written to.
    """
    total = 0
    offsets[0] = 0
    for row in range(offsets.size - 1):
        start, stop = starts[row, field], stops[row, field]
        total += stop - start
        if doubled[row, field]:
            n_quotes = 0
            for i in range(start, stop):
                if data[i] == quote:
                    n_quotes += 1
            total -= n_quotes // 2
        offsets[row + 1] = total


@kernel()
def copy_texts(
    data: U8, starts: I32, stops: I32, doubled: Bool, field: int, quote: int, n_rows: int, texts: U8
) -> None:
    """Write a column's texts one after the other, doubled quotes made single.

    Args:
        data, starts, stops, doubled, field, quote: as for `text_offsets`.
        texts: (the last of `text_offsets`,) written to.
    """
    at = 0
    for row in range(n_rows):
        i, stop = starts[row, field], stops[row, field]
        step = 2 if doubled[row, field] else 1
        if step == 1:
            for j in range(i, stop):
                texts[at] = data[j]
                at += 1
        while step == 2 and i < stop:
            texts[at] = data[i]
            at += 1
            i += step if data[i] == quote else 1
