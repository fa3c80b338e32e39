"""Vectors that were made before."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.encoders.cache import VectorCache

N_DIMS = 16


def hashes(start: int, stop: int) -> NDArray[np.uint8]:
    """Different hashes, the same for the same numbers."""
    return np.stack(
        [np.random.default_rng(i).integers(0, 256, 32, dtype=np.uint8) for i in range(start, stop)]
    )


def vectors(start: int, stop: int, n_dims: int = N_DIMS) -> NDArray[np.float16]:
    return np.repeat(np.arange(start, stop, dtype=np.float16)[:, None], n_dims, axis=1)


def vector_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.vectors"), key=lambda path: path.stat().st_mtime)


class TestGet:
    def test_gives_back_what_was_put_in_the_order_asked_for(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        cache.put("ab", hashes(0, 5), vectors(0, 5))
        cache.put("ab", hashes(5, 9), vectors(5, 9))
        found, present = VectorCache(tmp_path).get("ab", hashes(0, 12)[::-1], N_DIMS)
        assert found.dtype == np.float16
        assert present.tolist() == [False] * 3 + [True] * 9
        assert found[:, 0].tolist() == [0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0]

    def test_finds_nothing_in_an_empty_cache_and_for_no_hashes(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path / "new" / "folder")
        assert not cache.get("ab", hashes(0, 3), N_DIMS)[1].any()
        cache.put("ab", hashes(0, 3), vectors(0, 3))
        assert cache.get("ab", hashes(0, 1)[:0], N_DIMS)[0].shape == (0, N_DIMS)

    def test_finds_nothing_under_another_fingerprint(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        cache.put("ab", hashes(0, 3), vectors(0, 3))
        assert not cache.get("cd", hashes(0, 3), N_DIMS)[1].any()

    def test_tells_hashes_apart_that_begin_alike(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        keys = hashes(0, 2)
        keys[1, :31] = keys[0, :31]
        cache.put("ab", keys[:1], vectors(0, 1))
        assert cache.get("ab", keys, N_DIMS)[1].tolist() == [True, False]

    def test_sees_what_another_process_puts(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        assert not cache.get("ab", hashes(0, 3), N_DIMS)[1].any()
        VectorCache(tmp_path).put("ab", hashes(0, 3), vectors(0, 3))
        assert cache.get("ab", hashes(0, 3), N_DIMS)[1].all()

    def test_misses_what_another_process_has_removed(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        cache.put("ab", hashes(0, 3), vectors(0, 3))
        cache.put("ab", hashes(3, 6), vectors(3, 6))
        cache.get("ab", hashes(0, 6), N_DIMS)
        vector_files(tmp_path)[0].unlink()
        assert cache.get("ab", hashes(0, 6), N_DIMS)[1].sum() == 3

    def test_takes_no_fingerprint_that_is_a_path(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="hex digits"):
            VectorCache(tmp_path).get("../ab", hashes(0, 1), N_DIMS)


class TestDamage:
    @pytest.mark.parametrize("damage", ["cut", "byte", "empty", "text"])
    def test_is_removed_with_a_warning_and_the_rest_stays(self, tmp_path: Path, damage: str) -> None:
        cache = VectorCache(tmp_path)
        cache.put("ab", hashes(0, 3), vectors(0, 3))
        os.utime(vector_files(tmp_path)[0], (1, 1))
        cache.put("ab", hashes(3, 6), vectors(3, 6))
        broken = vector_files(tmp_path)[0]
        content = broken.read_bytes()
        flipped = bytearray(content)
        flipped[-1] ^= 1
        broken.write_bytes(
            {"cut": content[:-1], "byte": bytes(flipped), "empty": b"", "text": b"x" * 999}[damage]
        )
        again = VectorCache(tmp_path)
        with pytest.warns(UserWarning, match=r"damaged \(.*\); it is removed and its vectors are made again"):
            present = again.get("ab", hashes(0, 6), N_DIMS)[1]
        assert present.tolist() == [False] * 3 + [True] * 3
        assert not broken.exists()
        again.put("ab", hashes(0, 3), vectors(0, 3))
        assert again.get("ab", hashes(0, 6), N_DIMS)[1].all()

    def test_a_vector_of_another_length_counts_as_damage(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        cache.put("ab", hashes(0, 3), vectors(0, 3, 7))
        with pytest.warns(UserWarning, match="its vectors hold 7 numbers, not 16"):
            assert not cache.get("ab", hashes(0, 3), N_DIMS)[1].any()


class TestRoom:
    def test_what_was_not_used_for_the_longest_time_goes_first(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path, max_bytes=1000)  # a file of three vectors has 236 bytes
        for start in (0, 3, 6, 9):
            cache.put("ab", hashes(start, start + 3), vectors(start, start + 3))
            os.utime(vector_files(tmp_path)[-1], (1000 + start, 1000 + start))
        cache.get("ab", hashes(0, 3), N_DIMS)
        cache.put("cd", hashes(0, 3), vectors(0, 3))
        assert cache.get("ab", hashes(0, 12), N_DIMS)[1].tolist() == [True] * 3 + [False] * 3 + [True] * 6
        assert cache.get("cd", hashes(0, 3), N_DIMS)[1].all()
        assert sum(path.stat().st_size for path in vector_files(tmp_path)) <= 1000

    def test_many_small_files_become_one_and_nothing_is_lost(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        for i in range(80):
            cache.put("ab", hashes(i, i + 1), vectors(i, i + 1))
        assert len(vector_files(tmp_path)) < 40
        found, present = cache.get("ab", hashes(0, 80), N_DIMS)
        assert present.all()
        assert (found == vectors(0, 80)).all()

    def test_what_a_killed_process_left_half_written_is_cleared_after_an_hour(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        cache.put("ab", hashes(0, 1), vectors(0, 1))
        fresh, old = (vector_files(tmp_path)[0].with_name(f".{name}.partial") for name in ("fresh", "old"))
        fresh.touch()
        old.touch()
        os.utime(old, (time.time() - 4000,) * 2)
        cache.put("ab", hashes(1, 2), vectors(1, 2))
        assert (fresh.exists(), old.exists()) == (True, False)

    def test_where_nothing_can_be_written_the_work_goes_on_with_a_warning(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path)
        (tmp_path / "ab").write_text("a file where a folder belongs")
        with pytest.warns(UserWarning, match="vectors are not kept: File exists"):
            cache.put("ab", hashes(0, 1), vectors(0, 1))
        assert not cache.get("ab", hashes(0, 1), N_DIMS)[1].any()

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("file/cache", "Not a directory"),
            ("file", "Not a directory"),
            ("x" * 300, "File name too long"),
        ],
    )
    def test_a_folder_that_cannot_be_made_is_an_error(self, tmp_path: Path, name: str, why: str) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(
            AisleError, match=rf"{name}: cannot keep vectors there \({why}\); name another folder"
        ):
            VectorCache(tmp_path / name)

    def test_the_folder_is_made_when_there_is_something_to_keep(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path / "new" / "folder")
        cache.get("ab", hashes(0, 1), N_DIMS)
        cache.put("ab", hashes(0, 1)[:0], vectors(0, 1)[:0])
        assert not (tmp_path / "new").exists()
        cache.put("ab", hashes(0, 1), vectors(0, 1))
        assert VectorCache(tmp_path / "new" / "folder").get("ab", hashes(0, 1), N_DIMS)[1].all()


WORK = """
import sys, numpy as np
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path.insert(0, str(Path({tests!r})))
from test_cache import hashes, vectors, N_DIMS
from aisle.encoders.cache import VectorCache
cache = VectorCache(Path({folder!r}), max_bytes={max_bytes})
for i in range({start}, {start} + 120):
    wanted = hashes(i, i + 3)
    found, present = cache.get("ab", wanted, N_DIMS)
    assert (found[present] == vectors(i, i + 3)[present]).all()
    cache.put("ab", wanted[~present], vectors(i, i + 3)[~present])
"""


@pytest.mark.parametrize("max_bytes", [10**9, 3000])
def test_several_processes_at_once_never_read_a_wrong_vector(tmp_path: Path, max_bytes: int) -> None:
    tests = str(Path(__file__).parent)
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error",
                "-c",
                WORK.format(tests=tests, folder=str(tmp_path), max_bytes=max_bytes, start=start),
            ],
            stderr=subprocess.PIPE,
        )
        for start in (0, 40, 80)
    ]
    errors = [process.communicate()[1].decode() for process in processes]
    assert [(process.returncode, error) for process, error in zip(processes, errors, strict=True)] == [
        (0, "")
    ] * 3
    if max_bytes == 10**9:
        found, present = VectorCache(tmp_path).get("ab", hashes(0, 202), N_DIMS)
        assert present.all()
        assert (found == vectors(0, 202)).all()


def test_several_threads_may_share_a_cache(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)

    def work(start: int) -> bool:
        for i in range(start, start + 30):
            cache.put("ab", hashes(i, i + 1), vectors(i, i + 1))
        found, present = cache.get("ab", hashes(start, start + 30), N_DIMS)
        return bool(present.all() and (found == vectors(start, start + 30)).all())

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, (0, 15, 30, 45)))
