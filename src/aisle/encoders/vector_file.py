"""One file of vectors by the hash of what they were made of: written whole, once, and checked when read.

A header of 32 bytes, then the hashes (32 bytes each, ascending), then a checksum of each vector, then the
vectors. All numbers are little-endian.
"""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct(
    "<8sIIII8x"
)  # what it is, version, vectors, dimensions, checksum of hashes and checksums
_MAGIC = b"AISLEVEC"
_VERSION = 1
_HASH_BYTES = 32


class BrokenVectorFileError(Exception):
    """The file is not what was written; the text says in what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorFile:
    """What a file of vectors holds, but for the vectors themselves.

    Args:
        hashes: (vectors, 32) uint8, ascending.
        checksums: (vectors,) CRC-32 of each vector's bytes.
        n_dims: numbers in a vector.
    """

    path: Path
    hashes: NDArray[np.uint8]
    checksums: NDArray[np.uint32]
    n_dims: int

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """Read the vectors in some rows: (rows, n_dims).

        Raises:
            BrokenVectorFileError: a vector is not the one that was written.
            FileNotFoundError: the file was removed since it was opened.
        """
        width = 2 * self.n_dims
        start = _HEADER.size + len(self.hashes) * (_HASH_BYTES + 4)
        with self.path.open("rb") as file:
            parts = [os.pread(file.fileno(), width, start + width * int(row)) for row in rows]
        if [zlib.crc32(part) for part in parts] != self.checksums[rows].tolist():
            raise BrokenVectorFileError("a vector's checksum is wrong")
        return np.frombuffer(b"".join(parts), np.float16).reshape(len(rows), self.n_dims)


def write_vector_file(path: Path, hashes: NDArray[np.uint8], vectors: NDArray[np.float16]) -> None:
    """Write vectors to a new file, which appears whole or not at all.

    Args:
        hashes: (vectors, 32), in any order; of equal ones the first counts.
        vectors: (vectors, n_dims).

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    rows = (
        np.unique(hashes.view("V32").ravel(), return_index=True)[1] if len(hashes) else np.zeros(0, np.intp)
    )
    vectors = np.ascontiguousarray(vectors[rows], dtype="<f2")
    checksums = np.array([zlib.crc32(vector.data) for vector in vectors], "<u4")
    index = np.ascontiguousarray(hashes[rows]).tobytes() + checksums.tobytes()
    header = _HEADER.pack(_MAGIC, _VERSION, len(rows), vectors.shape[1], zlib.crc32(index))
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("xb") as file:
            file.write(header + index)
            file.write(vectors.data)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def open_vector_file(path: Path) -> VectorFile:
    """Read what a file holds.

    Raises:
        BrokenVectorFileError: it is cut short, damaged, or of another version.
        FileNotFoundError: it is not there.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise BrokenVectorFileError("it is cut short")
        magic, version, n, n_dims, checksum = _HEADER.unpack(header)
        if (magic, version) != (_MAGIC, _VERSION):
            raise BrokenVectorFileError("it is of another kind or version")
        size = _HEADER.size + n * (_HASH_BYTES + 4 + 2 * n_dims)
        if os.fstat(file.fileno()).st_size != size:
            raise BrokenVectorFileError("it is of the wrong length")
        index = file.read(n * (_HASH_BYTES + 4))
    if zlib.crc32(index) != checksum:
        raise BrokenVectorFileError("the checksum of its hashes is wrong")
    hashes = np.frombuffer(index, np.uint8, n * _HASH_BYTES).reshape(n, _HASH_BYTES)
    checksums = np.frombuffer(index, "<u4", n, offset=n * _HASH_BYTES)
    return VectorFile(path=path, hashes=hashes, checksums=checksums, n_dims=n_dims)
