"""Compressed bodies are unpacked when they are whole, to so many bytes at most."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.exchange import Answer
from aisle.images.download.headers import Headers
from aisle.images.download.unpacking import can_unpack, first_bytes, packing_of, unpack


def bare(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def answer_of(packed, n_bytes=3000):
    made = Answer(http_status=200)
    for start in range(0, len(packed), n_bytes):
        made.body.append(packed[start : start + n_bytes])
    return made


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare])
class TestUnpack:
    @given(data=st.binary(min_size=1, max_size=200), times=st.integers(1, 200), n_bytes=st.integers(1, 5000))
    def test_what_was_packed_comes_out(self, pack, data, times, n_bytes):
        answer = answer_of(pack(data * times), n_bytes)
        unpack(answer, 1_000_000)
        assert (answer.status, bytes(answer.body)) == ("", data * times)

    def test_the_first_bytes_tell_the_format(self, pack):
        assert first_bytes(pack(b"\xff\xd8\xff\xe0" + bytes(50_000))[:1024], 4) == b"\xff\xd8\xff\xe0"

    def test_more_than_the_limit_is_too_large(self, pack):
        answer = answer_of(pack(bytes(100_001)))
        unpack(answer, 100_000)
        assert answer.status == "too_large"

    def test_a_body_that_ends_too_early_is_truncated(self, pack, picture):
        packed = pack(picture)
        answer = answer_of(packed[: len(packed) // 2])
        unpack(answer, 1_000_000)
        assert answer.status == "truncated"

    def test_what_is_no_such_stream_is_undecodable(self, pack):
        answer = answer_of(pack(b"x")[:2] + b"\xff" * 100)
        unpack(answer, 1_000_000)
        assert answer.status in {"undecodable", "truncated"}


@pytest.mark.parametrize(
    ("header", "packing", "known"),
    [("gzip", "gzip", True), (" GZIP ", "gzip", True), ("identity", "", False), ("br", "br", False)],
)
def test_the_header_tells_the_packing(header, packing, known):
    answer = Answer(headers=Headers(f"HTTP/1.1 200 OK\ncontent-encoding: {header}\n\n".encode()))
    assert packing_of(answer) == packing
    assert can_unpack(packing) == known
