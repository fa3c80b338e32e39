"""A source hands out a feed's bytes, whatever pieces they are asked for in."""

import gzip
import io
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.feeds.source import Source

CONTENT = random.Random(1).randbytes(600_000)  # more than two of the pieces that a file is read in
PACKED = {
    "plain": CONTENT,
    "gzip": gzip.compress(CONTENT, 1),
    "zstd": pa.Codec("zstd").compress(CONTENT, asbytes=True),
}
SIZES = st.integers(0, 9) | st.integers(2**18 - 2, 2**18 + 2) | st.integers(0, len(CONTENT) + 9)


@pytest.mark.parametrize("pack", PACKED)
@given(asked=st.lists(st.tuples(st.sampled_from(["read", "peek"]), SIZES)))
def test_any_sequence_of_reads_gives_the_bytes_of_the_file(pack, asked):
    source, at = Source("shop", io.BytesIO(PACKED[pack])), 0
    for move, size in asked:
        assert getattr(source, move)(size) == CONTENT[at : at + size]
        at += size if move == "read" else 0
    assert source.read(len(CONTENT)) == CONTENT[at:]
    assert (source.read(1), source.fault) == (b"", "")
