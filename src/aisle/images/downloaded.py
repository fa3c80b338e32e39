"""Pictures that `aisle download` brought, found by their links."""

import bisect
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.core.errors import AisleError
from aisle.images.download.address import ANY_PORT, RefusedError, parse
from aisle.images.download.index import index_path
from aisle.images.download.store import open_images
from aisle.images.source import ImageRef

_KEPT_PIECES = 32

Key = TypeVar("Key")
Value = TypeVar("Value")


class DownloadedImages:
    """The images of a folder that `aisle download` wrote, as its last finished run left them.

    A picture that stands for "no image" is no evidence: it has the status `placeholder` and gives no bytes.

    Args:
        root: the folder, a path or an fsspec address.

    Raises:
        AisleError: it is no such folder, or no run was finished in it.
    """

    def __init__(self, root: str) -> None:
        self._store = open_images(root)
        runs = [name for name in self._store.names("runs") if name.endswith(".json")]
        if not runs:
            raise AisleError(f"{root}: no download was finished here; run `aisle download` again, it goes on")
        with self._store.open(f"runs/{runs[-1]}") as file:
            summary = json.load(file)
        self._placeholders = {found["sha256"] for found in summary["placeholders"]}
        self._index_source = self._store.filesystem.open(
            self._store.path(index_path(int(runs[-1].partition(".")[0]))), "rb"
        )
        self._index = pq.ParquetFile(self._index_source)
        self._lasts = [
            self._index.metadata.row_group(number).column(0).statistics.max
            for number in range(self._index.num_row_groups)
        ]
        self._lock = threading.Lock()
        self._pieces: _Recent[int, pa.Table] = _Recent(self._index.read_row_group)
        self._pictures: _Recent[tuple[str, int], list[bytes]] = _Recent(self._read_pictures)
        self._files: _Recent[str, pq.ParquetFile] = _Recent(self._open_records)

    def look(self, link: str) -> ImageRef:
        """What is known of a link's image: `ok` with the hash of its source, `placeholder` or `missing`."""
        found = self._find(link)
        if found is None:
            return ImageRef(link, "", "missing", "it was not downloaded")
        if found["sha256"] in self._placeholders:
            return ImageRef(link, "", "placeholder", "the picture stands for 'no image'")
        return ImageRef(link, found["sha256"], "ok")

    def read(self, link: str, sha256: str = "") -> bytes | None:  # noqa: ARG002
        """Give the picture of a link as JPEG, or None where there is none or it stands for "no image"."""
        found = self._find(link)
        if found is None or found["sha256"] in self._placeholders:
            return None
        with self._lock:
            file = self._files.get(found["records"])
            group, row = _group_of(file, found["row"])
            return self._pictures.get((found["records"], group))[row]

    def _find(self, link: str) -> dict[str, Any] | None:
        address = _spelled(link)
        with self._lock:
            number = bisect.bisect_left(self._lasts, address)
            if number == len(self._lasts):
                return None
            piece = self._pieces.get(number)
        row = _position(piece["address"], address)
        return None if row is None else {name: piece[name][row].as_py() for name in piece.column_names}

    def _open_records(self, path: str) -> pq.ParquetFile:
        return pq.ParquetFile(self._store.filesystem.open(self._store.path(path), "rb"))

    def _read_pictures(self, key: tuple[str, int]) -> list[bytes]:
        path, group = key
        pictures: list[bytes] = (
            self._files.get(path).read_row_group(group, columns=["jpeg"])["jpeg"].to_pylist()
        )
        return pictures


class _Recent(Generic[Key, Value]):
    """Keeps what was made for the keys that were asked for last."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        self._make = make
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value:
        if key not in self._kept:
            self._kept[key] = self._make(key)
            if len(self._kept) > _KEPT_PIECES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _group_of(file: pq.ParquetFile, row: int) -> tuple[int, int]:
    """The row group of a row, and the row's place in it."""
    for group in range(file.num_row_groups):
        n_rows = file.metadata.row_group(group).num_rows
        if row < n_rows:
            return group, row
        row -= n_rows
    raise AisleError("the index names a row that its shard has not; run `aisle download` again")


def _position(addresses: pa.ChunkedArray, address: str) -> int | None:
    """Where an address stands in sorted ones."""
    first, end = 0, len(addresses)
    while first < end:
        middle = (first + end) // 2
        if addresses[middle].as_py() < address:
            first = middle + 1
        else:
            end = middle
    return first if first < len(addresses) and addresses[first].as_py() == address else None


@lru_cache(maxsize=4096)
def _spelled(link: str) -> str:
    try:
        return parse(link, ANY_PORT).text
    except RefusedError:
        return link.strip()
