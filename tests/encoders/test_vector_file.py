"""One file of vectors."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.encoders.vector_file import BrokenVectorFileError, open_vector_file, write_vector_file


def some(n: int, n_dims: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 32), dtype=np.uint8), rng.normal(size=(n, n_dims)).astype(np.float16)


@given(n=st.integers(0, 20), n_dims=st.integers(1, 9), seed=st.integers(0, 99))
def test_what_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, n: int, n_dims: int, seed: int
) -> None:
    path = tmp_path_factory.mktemp("file") / "a.vectors"
    hashes, vectors = some(n, n_dims, seed)
    write_vector_file(path, hashes, vectors)
    file = open_vector_file(path)
    written = {bytes(key): bytes(vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)}
    read = file.read(np.arange(len(file.hashes)))
    assert {bytes(k): bytes(v.tobytes()) for k, v in zip(file.hashes, read, strict=True)} == written
    assert file.n_dims == n_dims


def test_hashes_are_ascending_and_of_equal_ones_the_first_counts(tmp_path: Path) -> None:
    hashes, vectors = some(6)
    hashes[3] = hashes[0]
    hashes[5] = 0
    write_vector_file(tmp_path / "a", hashes, vectors)
    file = open_vector_file(tmp_path / "a")
    keys = [bytes(key) for key in file.hashes]
    assert keys == sorted({bytes(key) for key in hashes})
    assert (file.read(np.array([keys.index(bytes(hashes[0]))])) == vectors[0]).all()


@given(st.data())
def test_a_file_with_any_byte_changed_is_never_taken_for_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("file") / "a"
    write_vector_file(path, *some(3))
    content = bytearray(path.read_bytes())
    at = data.draw(
        st.integers(0, len(content) - 1).filter(lambda i: not 24 <= i < 32)
    )  # the header's spare bytes
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(BrokenVectorFileError):
        open_vector_file(path).read(np.arange(3))


@given(st.data())
def test_a_file_cut_short_is_never_taken_for_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("file") / "a"
    write_vector_file(path, *some(3))
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(BrokenVectorFileError):
        open_vector_file(path)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_vector_file(tmp_path / "nowhere" / "a", *some(3))
    assert not list(tmp_path.iterdir())
