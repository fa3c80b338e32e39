"""Bytes out of gzip and zstd, up to the place where they break off."""

import errno
import gzip
import io
import random
import tracemalloc

import pyarrow as pa
import pytest

from aisle.feeds.decompress import BrokenStreamError, decompress

NOISE = random.Random(1).randbytes(1_000_000)
COMPRESS = {"gzip": gzip.compress, "zstd": lambda data: pa.Codec("zstd").compress(data, asbytes=True)}


def unpack(content, compression, step_bytes=1 << 18):
    """What could be had, and why there was no more."""
    found = []
    try:
        for piece in decompress(io.BytesIO(content), compression, step_bytes):
            assert 0 < len(piece) <= step_bytes
            found.append(piece)
    except BrokenStreamError as error:
        return b"".join(found), str(error)
    return b"".join(found), ""


@pytest.mark.parametrize("step_bytes", [1000, 1 << 18])
@pytest.mark.parametrize("compression", COMPRESS)
def test_what_was_packed_comes_out(compression, step_bytes):
    assert unpack(COMPRESS[compression](NOISE), compression, step_bytes) == (NOISE, "")
    assert unpack(COMPRESS[compression](b""), compression, step_bytes) == (b"", "")


@pytest.mark.parametrize("compression", COMPRESS)
def test_members_one_after_the_other_are_one_stream(compression):
    content = COMPRESS[compression](NOISE[:1000]) + COMPRESS[compression](NOISE[1000:])
    assert unpack(content, compression) == (NOISE, "")


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_stream_that_is_cut_off_gives_what_came_before(compression):
    content = COMPRESS[compression](NOISE)
    found, why = unpack(content[:-100_000], compression)
    assert NOISE.startswith(found)
    assert len(found) > 700_000
    assert "ends early" in why


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_damaged_stream_gives_what_came_before(compression):
    content = bytearray(COMPRESS[compression](b"".join(b"%d," % i for i in range(500_000))))
    content[len(content) // 2 : len(content) // 2 + 1000] = bytes(1000)
    assert "damaged" in unpack(bytes(content), compression)[1]


class FailingDisk(io.BytesIO):
    """A file that can be read up to its middle."""

    def read(self, size=-1):
        if self.tell() > len(self.getvalue()) // 2:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(min(size, 10_000) if size >= 0 else size)


@pytest.mark.parametrize("compression", ["", *COMPRESS])
def test_a_disk_that_fails_is_not_taken_for_the_end_of_the_stream(compression):
    content = COMPRESS[compression](NOISE) if compression else NOISE
    with pytest.raises(OSError, match="Input/output error"):
        list(decompress(FailingDisk(content), compression, 1 << 18))


def test_a_checksum_that_does_not_fit_is_told():
    content = bytearray(gzip.compress(NOISE))
    content[-8] ^= 1
    found, why = unpack(bytes(content), "gzip")
    assert found == NOISE[: len(found)]
    assert "damaged" in why


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_small_file_that_unpacks_to_a_large_one_takes_little_memory(compression):
    content = COMPRESS[compression](bytes(100_000_000))
    tracemalloc.start()
    n_bytes = sum(len(piece) for piece in decompress(io.BytesIO(content), compression, 1 << 18))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_bytes == 100_000_000
    assert peak < 4e6  # bytes
