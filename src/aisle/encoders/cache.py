"""The vector cache: vectors of frozen encoders by what was encoded and by the encoder's fingerprint, on disk.

A folder for each fingerprint, and in it files of vectors that are written once and never changed. So several
processes may read and write at once without a lock: each adds files of its own, and a file that another one
removes is so many vectors not found. What is damaged is removed with a warning; its vectors are made again.
"""

import os
import secrets
import stat
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.encoders.vector_file import (
    BrokenVectorFileError,
    VectorFile,
    open_vector_file,
    write_vector_file,
)

MAX_BYTES = 8 * 1024**3

_SUFFIX = ".vectors"
_SMALL_BYTES = 4 * 1024**2
_MAX_SMALL_FILES = 32
_USED_AGAIN_S = 60.0
_ABANDONED_S = 3600.0


class VectorCache:
    """Vectors that were made before. Safe for several processes and threads at once.

    Args:
        folder: made, where it does not exist, when there is something to keep.
        max_bytes: on disk, over all fingerprints. When there are more, the files whose vectors were not used
            for the longest time are removed.

    Raises:
        AisleError: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._shelves: dict[str, _Shelf] = {}
        self._lock = Lock()
        if why_not := _why_not(folder.absolute()):
            raise AisleError(f"{folder}: cannot keep vectors there ({why_not}); name another folder")

    def get(
        self, fingerprint: str, hashes: NDArray[np.uint8], n_dims: int
    ) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
        """Look vectors up.

        Args:
            fingerprint: of the encoder.
            hashes: (items, 32) sha256 of what was encoded.
            n_dims: numbers in a vector.

        Returns:
            (items, n_dims), zeros where none was found; (items,) whether one was found.
        """
        with self._lock:
            return self._get(self._shelf(fingerprint), hashes, n_dims)

    def _get(
        self, shelf: "_Shelf", hashes: NDArray[np.uint8], n_dims: int
    ) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
        vectors = np.zeros((len(hashes), n_dims), np.float16)
        found = np.zeros(len(hashes), np.bool_)
        for _ in range(2):  # a second time for what another process has moved to another file meanwhile
            shelf.refresh()
            wanted = np.flatnonzero(~found)
            for file, rows, at in shelf.find(hashes[wanted]):
                some = shelf.read(file, rows, n_dims)
                if some is not None:
                    vectors[wanted[at]], found[wanted[at]] = some, True
            if found.all() or not shelf.has_lost_files:
                break
        return vectors, found

    def put(self, fingerprint: str, hashes: NDArray[np.uint8], vectors: NDArray[np.float16]) -> None:
        """Keep vectors; where the disk has no room for them, say so and go on.

        Args:
            fingerprint: of the encoder.
            hashes: (items, 32) sha256 of what was encoded.
            vectors: (items, n_dims).
        """
        if not len(hashes):
            return
        with self._lock:
            shelf = self._shelf(fingerprint)
            try:
                shelf.add(hashes, vectors)
                shelf.merge_small_files()
            except OSError as error:
                warnings.warn(f"{self._folder}: vectors are not kept: {error.strerror}", stacklevel=2)
            self._evict()

    def _shelf(self, fingerprint: str) -> "_Shelf":
        if not fingerprint.isalnum():
            raise ValueError(f"fingerprint is '{fingerprint}'; it must be hex digits")
        return self._shelves.setdefault(fingerprint, _Shelf(self._folder / fingerprint[:32]))

    def _evict(self) -> None:
        """Remove the files that were not used for the longest time until the rest is within the limit."""
        files = []
        for entry in _entries(self._folder):
            for file in _entries(Path(entry.path)):
                status = _stat(file)
                if status is None:
                    continue
                if file.name.endswith(_SUFFIX):
                    files.append((status.st_mtime, status.st_size, Path(file.path)))
                elif time.time() - status.st_mtime > _ABANDONED_S:
                    Path(file.path).unlink(missing_ok=True)
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size


@dataclass(slots=True)
class _Shelf:
    """The files of one fingerprint, and where each hash stands in them.

    Args:
        starts: (hashes,) the first 8 bytes of each hash as a number, ascending.
        file_of: (hashes,) index into `files`.
        row_of: (hashes,) row in that file.
    """

    folder: Path
    files: dict[str, VectorFile] = field(default_factory=dict)
    order: list[VectorFile] = field(default_factory=list)
    starts: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    file_of: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    row_of: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    has_lost_files: bool = False

    def refresh(self) -> None:
        """Take in the files that were added and let go of those that were removed."""
        self.has_lost_files = False
        names = {entry.name for entry in _entries(self.folder) if entry.name.endswith(_SUFFIX)}
        if names == self.files.keys():
            return
        files = {name: self.files.get(name) or self._open(name) for name in sorted(names)}
        self.files = {name: file for name, file in files.items() if file is not None}
        self.order = list(self.files.values())
        starts = np.concatenate([np.zeros(0, np.uint64), *(_starts(file.hashes) for file in self.order)])
        sizes = [len(file.hashes) for file in self.order]
        by_start = np.argsort(starts, kind="stable")
        self.starts = starts[by_start]
        self.file_of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[by_start]
        self.row_of = np.concatenate([np.zeros(0, np.int64), *map(np.arange, sizes)]).astype(np.int64)[
            by_start
        ]

    def find(
        self, hashes: NDArray[np.uint8]
    ) -> Iterator[tuple[VectorFile, NDArray[np.int64], NDArray[np.intp]]]:
        """Give the files that hold some of the hashes, each with the rows there and which hashes they are."""
        if not len(self.starts) or not len(hashes):
            return
        starts = _starts(hashes)
        at = np.minimum(np.searchsorted(self.starts, starts), len(self.starts) - 1)
        hits = np.flatnonzero(self.starts[at] == starts)
        files, rows = self.file_of[at[hits]], self.row_of[at[hits]]
        for index in np.unique(files):
            of_file = files == index
            file, which = self.order[index], hits[of_file]
            same = (file.hashes[rows[of_file]] == hashes[which]).all(axis=1)
            if same.any():
                yield file, rows[of_file][same], which[same]

    def read(self, file: VectorFile, rows: NDArray[np.int64], n_dims: int) -> NDArray[np.float16] | None:
        """Read vectors and note that they were used; None where the file is gone or damaged."""
        try:
            if file.n_dims != n_dims:
                raise BrokenVectorFileError(f"its vectors hold {file.n_dims} numbers, not {n_dims}")
            vectors = file.read(rows)
            if time.time() - file.path.stat().st_mtime > _USED_AGAIN_S:
                os.utime(file.path)
        except FileNotFoundError:
            self.has_lost_files = True
            return None
        except BrokenVectorFileError as error:
            self._remove(file.path, error)
            return None
        return vectors

    def add(self, hashes: NDArray[np.uint8], vectors: NDArray[np.float16]) -> None:
        """Write one more file.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        write_vector_file(self.folder / f"{secrets.token_hex(8)}{_SUFFIX}", hashes, vectors)

    def merge_small_files(self) -> None:
        """Make one file of many small ones, so that their number stays bearable.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        small = [
            entry.name
            for entry in _entries(self.folder)
            if entry.name.endswith(_SUFFIX) and (status := _stat(entry)) and status.st_size < _SMALL_BYTES
        ]
        if len(small) <= _MAX_SMALL_FILES:
            return
        self.refresh()
        files = [self.files[name] for name in small if name in self.files]
        read = [(file, self.read(file, np.arange(len(file.hashes)), file.n_dims)) for file in files]
        whole = [(file, vectors) for file, vectors in read if vectors is not None]
        if whole and len({file.n_dims for file, _ in whole}) == 1:
            self.add(np.concatenate([f.hashes for f, _ in whole]), np.concatenate([v for _, v in whole]))
            for file, _ in whole:
                file.path.unlink(missing_ok=True)

    def _open(self, name: str) -> VectorFile | None:
        path = self.folder / name
        try:
            return open_vector_file(path)
        except FileNotFoundError:
            return None
        except BrokenVectorFileError as error:
            self._remove(path, error)
            return None

    def _remove(self, path: Path, error: Exception) -> None:
        """Remove a damaged file; its vectors are then made again."""
        warnings.warn(
            f"{path}: damaged ({error}); it is removed and its vectors are made again", stacklevel=2
        )
        path.unlink(missing_ok=True)
        self.files.pop(path.name, None)


def _why_not(folder: Path) -> str:
    """Why nothing can be kept in a folder, which need not be there yet; "" where it can."""
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except FileNotFoundError:
        return "a link that leads nowhere" if folder.is_symlink() else _why_not(folder.parent)
    except OSError as error:
        return error.strerror or str(error)
    if not is_folder:
        return "Not a directory"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "you may not write in it"


def _starts(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes[:, :8]).view("<u8").ravel().astype(np.uint64)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it does not exist."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
