"""Shards that become visible whole, once: the creation of a shard's manifest entry is its commit.

A store is a folder of any fsspec file system. A shard's files have names of their own for each attempt; the
entry `entries/NAME.json` names the files and the facts about them, and is created only where there is none.
So a task that is killed leaves nothing visible; of two that do the same work one wins, and the other's files
are waste.
"""

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from aisle.core.errors import AisleError
from aisle.core.paths import write_through

JSON = Any

_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})
"""They have no folders to be made; and their `makedirs` would make a bucket of a wrong spelling."""

_CREATES_ATOMICALLY = _OBJECT_STORES | {"memory"}
"""File systems whose `pipe_file(mode="create")` is one step on the server."""


def reach(point: str) -> None:
    """Mark a point of the commit where a kill may strike; tests put one here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A committed shard.

    Args:
        files: from what a file is (e.g. `records`) to its path below the store's root.
        facts: what the writer told about the shard.
    """

    name: str
    files: Mapping[str, str]
    facts: Mapping[str, JSON]


class ShardStore:
    """The shards below one folder.

    Args:
        root: a path or an fsspec address; made when the first thing is written.

    Raises:
        AisleError: no such kind of file system is known, or its library is not installed.
    """

    def __init__(self, root: str) -> None:
        try:
            self.filesystem, self.root = fsspec.core.url_to_fs(root)
        except ValueError as error:
            raise AisleError(f"{root}: {error}; name a path, or e.g. s3://BUCKET/FOLDER") from error
        except ImportError as error:
            remedy = "; run: pip install s3fs" if root.startswith("s3") else ""
            raise AisleError(f"{root}: {error}{remedy}") from error
        self.root = self.root.rstrip("/")
        known_as = self.filesystem.protocol
        self._protocols = frozenset([known_as] if isinstance(known_as, str) else known_as)
        self._folders: set[str] = set()

    def path(self, name: str) -> str:
        """Where something lies below the root, as the file system writes it."""
        return f"{self.root}/{name}"

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, sorted; none where there is no such folder.

        What a killed process was about to create does not count.
        """
        try:
            found = self.filesystem.ls(self.path(folder), detail=False, refresh=True)
        except FileNotFoundError:
            return []
        except TypeError:  # a file system that keeps no listing to be refreshed
            found = self.filesystem.ls(self.path(folder), detail=False)
        names = (path.rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if not name.endswith(".partial"))

    def committed(self) -> list[str]:
        """The names of the committed shards, sorted."""
        return [name.removesuffix(".json") for name in self.names("entries") if name.endswith(".json")]

    def is_committed(self, name: str) -> bool:
        """This shard is visible."""
        self.filesystem.invalidate_cache()
        return bool(self.filesystem.exists(self.path(f"entries/{name}.json")))

    def entry(self, name: str) -> Entry:
        """Read a committed shard's entry."""
        path = f"entries/{name}.json"
        try:
            row = json.loads(self.filesystem.cat_file(self.path(path)))
            return Entry(name, row["files"], row["facts"])
        except (ValueError, KeyError, TypeError) as error:
            raise self.damaged(path, error, remove=path) from error

    def damaged(self, path: str, error: Exception, *, remove: str) -> AisleError:
        """What is said of a file that cannot be read, as after a power cut on a disk that lost it.

        Args:
            remove: what the user is to remove below the root, so that the next run makes it anew.
        """
        said = " ".join(str(error).split())[:200]
        return AisleError(
            f"{self.path(path)}: is damaged ({said}); remove {self.path(remove)} and run the command again, "
            "which does anew what it told of"
        )

    def entries(self) -> Iterator[Entry]:
        """Every committed shard's entry, in the order of the names."""
        for name in self.committed():
            yield self.entry(name)

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open a file below the root for reading."""
        with self.filesystem.open(self.path(path), "rb") as file:
            yield file

    @contextmanager
    def writing(self, path: str) -> Iterator[IO[bytes]]:
        """Open a file below the root for writing; when the block ends, it outlives a power cut."""
        self._make_folder(path)
        with self.filesystem.open(self.path(path), "wb") as file:
            yield file
            if isinstance(self.filesystem, LocalFileSystem):
                file.flush()
                os.fsync(file.fileno())
        if isinstance(self.filesystem, LocalFileSystem):
            write_through(Path(self.path(path)).parent)

    def commit(
        self, name: str, files: Mapping[str, Callable[[IO[bytes]], None]], facts: Mapping[str, JSON]
    ) -> bool:
        """Write a shard's files, then its entry.

        Args:
            name: without a dot.
            files: from what a file is, with its ending (e.g. `records.parquet`), to what writes it; every
                shard of a store has the same ones.
            facts: JSON.

        Returns:
            False where the shard was committed already, by another attempt; then nothing changes.
        """
        if "." in name:
            raise ValueError(f"the shard's name '{name}' has a dot")
        attempt = uuid.uuid4().hex[:12]
        written: dict[str, str] = {}
        for kind, write in files.items():
            reach(f"before {kind}")
            stem, dot, ending = kind.partition(".")
            written[stem] = f"{stem}/{name}.{attempt}{dot}{ending}"
            with self.writing(written[stem]) as file:
                write(file)
        reach("before entry")
        won = self.create(
            f"entries/{name}.json", json.dumps({"files": written, "facts": facts}, sort_keys=True).encode()
        )
        reach("after entry")
        if not won:
            for path in written.values():
                self._remove(path)
        return won

    def create(self, path: str, data: bytes) -> bool:
        """Create a small file whole, unless it is there: then False, and it stays as it is."""
        self._make_folder(path)
        if isinstance(self.filesystem, LocalFileSystem):
            return self._create_locally(Path(self.path(path)), data)
        if self._protocols & _CREATES_ATOMICALLY:
            try:
                self.filesystem.pipe_file(self.path(path), data, mode="create")
            except FileExistsError:
                return False
            return True
        return self._create_by_rename(path, data)

    def check_creates_once(self) -> None:
        """See that two processes cannot both create a file, which some stores that speak S3's protocol allow.

        Raises:
            AisleError: this store does.
        """
        if not self._protocols & _CREATES_ATOMICALLY:
            return
        path = f"proof/{uuid.uuid4().hex}"
        self.create(path, b"")
        is_created_twice = self.create(path, b"")
        self._remove(path)
        if is_created_twice:
            raise AisleError(
                f"{self.root}: this store lets a file be created twice, so two runs could undo each other's "
                "work; name one that obeys `If-None-Match: *`, as Amazon's S3 does"
            )

    def sweep(self) -> int:
        """Remove the files of attempts that lost or died. Returns how many.

        Only files of committed shards are removed: they can never be named by an entry. Those of a shard that
        is not committed may belong to a task that runs.
        """
        committed = self.committed()
        kinds = {path.partition("/")[0] for name in committed[:1] for path in self.entry(name).files.values()}
        waste = [path for kind in kinds for path in self._waste(kind, set(committed))]
        for path in waste:
            self._remove(path)
        return len(waste)

    def _waste(self, kind: str, committed: set[str]) -> Iterator[str]:
        """The files of one kind that no entry names, though their shard has one."""
        for name, files in groupby(self.names(kind), key=lambda file: file.partition(".")[0]):
            paths = [f"{kind}/{file}" for file in files]
            if len(paths) > 1 and name in committed:
                kept = self.entry(name).files.values()
                yield from (path for path in paths if path not in kept)

    def _remove(self, path: str) -> None:
        """Remove a file that another process may remove too."""
        with contextlib.suppress(FileNotFoundError):
            self.filesystem.rm_file(self.path(path))

    def _make_folder(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        if folder not in self._folders and not self._protocols & _OBJECT_STORES:
            self.filesystem.makedirs(self.path(folder), exist_ok=True)
            self._folders.add(folder)

    def _create_locally(self, path: Path, data: bytes) -> bool:
        """A hard link appears in one step and never replaces anything."""
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.partial")
        try:
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            reach("before link")
            try:
                os.link(partial, path)
            except FileExistsError:
                return False
            reach("after link")
        finally:
            partial.unlink(missing_ok=True)
        write_through(path.parent)
        return True

    def _create_by_rename(self, path: str, data: bytes) -> bool:
        """For file systems such as HDFS, where a rename never replaces anything."""
        if self.filesystem.exists(self.path(path)):
            return False
        partial = f"{path}.{uuid.uuid4().hex[:12]}.partial"
        self.filesystem.pipe_file(self.path(partial), data)
        try:
            self.filesystem.mv(self.path(partial), self.path(path))
        except OSError:
            self.filesystem.rm_file(self.path(partial))
            return False
        return True
