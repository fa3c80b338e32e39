"""Pictures that `aisle download` brought, found by their links, many at once.

Links are looked up in the sorted index a piece at a time, and what was found is remembered until it is read.
Pictures lie in shards a hundred to a row group; whoever reads them in the order that `order` gives reads each
row group once.
"""

import bisect
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.images.download.index import index_path
from aisle.images.download.links import spell
from aisle.images.download.store import last_run, open_images, picture_kind
from aisle.images.folder import ImageFolder
from aisle.images.hashes import hash_of
from aisle.images.source import ImageRoot, image_structs

_KEPT_PIECES = 64  # of the index, of 8,192 addresses each
_KEPT_GROUPS = 32  # of pictures, of a hundred each
_KEPT_FILES = 64
_REMEMBERED = 65_536  # links

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Place(NamedTuple):
    """Where a picture lies, and the hash of its source's bytes."""

    file: str
    row: int
    sha256: str


class DownloadedImages(ImageRoot):
    """The images of a folder that `aisle download` wrote, as its last finished run left them.

    A picture that stands for "no image" is no evidence: it has the status `placeholder` and gives no bytes.

    Args:
        root: the folder, a path or an fsspec address.

    Raises:
        AisleError: it is no such folder, it is damaged, or no run was finished in it.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._store = open_images(root)
        kind = picture_kind(self._store)
        self._form = f"JPEG, longest side {kind['longest_side']}, quality {kind['quality']}"
        run, self._placeholders = self._last_run()
        self._index = self._open(index_path(run))
        with self._said(index_path(run)):
            self._lasts = list(_last_addresses(self._index))
        self._lock = threading.Lock()
        self._found: dict[str, _Place | None] = {}
        self._pieces: _Recent[int, _Piece] = _Recent(self._read_piece, _KEPT_PIECES)
        self._groups: _Recent[tuple[str, int], pa.ChunkedArray] = _Recent(self._read_group, _KEPT_GROUPS)
        self._files: _Recent[str, _Shard] = _Recent(self._open_shard, _KEPT_FILES)

    @property
    def form(self) -> str:
        """See ImageSource."""
        return self._form

    def look_all(self, links: pa.StringArray) -> pa.StructArray:
        """See ImageRoot. A relative path leads nowhere from here, and has the status that says so."""
        known = ImageFolder(None).look_all(links)
        remote = pc.equal(pc.struct_field(known, "status"), "remote")
        with self._lock:
            places = self._find(links.filter(remote).to_pylist())
        statuses, hashes = [], []
        for place in places:
            is_placeholder = place is not None and place.sha256 in self._placeholders
            statuses.append("missing" if place is None else "placeholder" if is_placeholder else "ok")
            hashes.append("" if place is None or is_placeholder else place.sha256)
        return image_structs(
            links,
            pc.replace_with_mask(pc.struct_field(known, "sha256"), remote, pa.array(hashes, pa.string())),
            pc.replace_with_mask(pc.struct_field(known, "status"), remote, pa.array(statuses, pa.string())),
        )

    def read(self, link: str, sha256: str = "") -> bytes | None:
        """Give the picture of a link as JPEG, or None where there is none or it stands for "no image".

        Args:
            sha256: of the source's bytes; None is given where they are others by now.
        """
        with self._lock:
            place = self._find([link])[0]
            if place is None or place.sha256 in self._placeholders or sha256 not in ("", place.sha256):
                return None
            with self._said(place.file):
                group, row = self._files.get(place.file).group_of(place.row)
                pictures = self._groups.get((place.file, group))
                data: bytes = pictures[row].as_py()
                return data

    def key(self, link: str, sha256: str) -> str:
        """See ImageSource: made of the source's hash and the form of the pictures."""
        with self._lock:
            place = self._find([link])[0]
        is_here = place is not None and place.sha256 == sha256
        return hash_of(f"{sha256} {self._form}".encode()) if is_here else sha256

    def order(self, links: Sequence[str]) -> list[int]:
        """See ImageSource: shard by shard, row by row."""
        with self._lock:
            places = self._find(links)
        return sorted(range(len(links)), key=lambda i: (places[i] or _NOWHERE)[:2])

    def _find(self, links: Sequence[str]) -> list[_Place | None]:
        """Where the pictures of links lie; None for a link that has none. Called with the lock held."""
        unknown = list(dict.fromkeys(link for link in links if link not in self._found))
        if unknown:
            if len(self._found) + len(unknown) > _REMEMBERED:
                self._found.clear()
                unknown = list(dict.fromkeys(links))
            with self._said("index"):
                self._found.update(zip(unknown, self._look_up(unknown), strict=True))
        return [self._found[link] for link in links]

    def _look_up(self, links: Sequence[str]) -> list[_Place | None]:
        """Search the index, each of its pieces once."""
        addresses = spell(pa.array(links, pa.string()))
        rows_of_piece: dict[int, list[int]] = defaultdict(list)
        for row, address in enumerate(addresses.to_pylist()):
            rows_of_piece[bisect.bisect_left(self._lasts, address)].append(row)
        rows_of_piece.pop(len(self._lasts), None)
        places: list[_Place | None] = [None] * len(links)
        for number in sorted(rows_of_piece):
            piece, rows = self._pieces.get(number), rows_of_piece[number]
            at = pc.index_in(addresses.take(pa.array(rows)), value_set=piece.addresses)
            for row, found in zip(rows, at.to_pylist(), strict=True):
                if found is not None:
                    places[row] = piece.place(found)
        return places

    def _last_run(self) -> tuple[int, frozenset[str]]:
        """The number of the last finished run, and the hashes of the placeholders that it found."""
        found = last_run(self._store)
        if found is None:
            raise AisleError(
                f"{self._root}: no download was finished here; run `aisle download` again, it goes on"
            )
        return found[0], frozenset(one["sha256"] for one in found[1]["placeholders"])

    def _open(self, path: str) -> pq.ParquetFile:
        """Open a Parquet file below the root."""
        where = self._store.path(path)
        with self._said(path):
            if isinstance(self._store.filesystem, LocalFileSystem):
                return pq.ParquetFile(where, memory_map=True)
            return pq.ParquetFile(self._store.filesystem.open(where, "rb"))

    def _open_shard(self, path: str) -> "_Shard":
        return _Shard(self._open(path))

    def _read_piece(self, number: int) -> "_Piece":
        rows = self._index.read_row_group(number, use_threads=False)
        return _Piece(
            addresses=rows["address"].combine_chunks(),
            files=rows["records"].combine_chunks(),
            rows=rows["row"].to_numpy(),
            sha256=rows["sha256"].combine_chunks(),
        )

    def _read_group(self, key: tuple[str, int]) -> pa.ChunkedArray:
        path, group = key
        return self._files.get(path).file.read_row_group(group, columns=["jpeg"], use_threads=False)["jpeg"]

    @contextmanager
    def _said(self, path: str) -> Iterator[None]:
        """Say of what goes wrong in the block which file is at fault."""
        try:
            yield
        except (OSError, pa.ArrowException, KeyError, IndexError) as error:
            raise self._damaged(path, error) from error

    def _damaged(self, path: str, error: Exception) -> AisleError:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        return AisleError(
            f"{self._root}/{path}: cannot be read ({said}); run `aisle download` again, or into a new folder"
        )


_NOWHERE = _Place("", 0, "")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A row group of the index: sorted addresses, and where the picture of each lies."""

    addresses: pa.StringArray
    files: pa.StringArray
    rows: NDArray[np.int32]
    sha256: pa.StringArray

    def place(self, at: int) -> _Place:
        return _Place(self.files[at].as_py(), int(self.rows[at]), self.sha256[at].as_py())


class _Shard:
    """A shard's file of records, and where its row groups begin."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self.file = file
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        self._stops = np.cumsum(sizes, dtype=np.int64)

    def group_of(self, row: int) -> tuple[int, int]:
        """The row group of a row, and the row's place in it."""
        group = int(np.searchsorted(self._stops, row, side="right"))
        if group == len(self._stops):
            raise IndexError(f"it has no row {row}")
        return group, row - int(self._stops[group - 1] if group else 0)


class _Recent(Generic[Key, Value]):
    """Keeps what was made for the keys that were asked for last."""

    def __init__(self, make: Callable[[Key], Value], n_kept: int) -> None:
        self._make = make
        self._n_kept = n_kept
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value:
        if key not in self._kept:
            self._kept[key] = self._make(key)
            if len(self._kept) > self._n_kept:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _last_addresses(index: pq.ParquetFile) -> Iterable[str]:
    """The last address of each row group."""
    for number in range(index.num_row_groups):
        statistics: Any = index.metadata.row_group(number).column(0).statistics
        if statistics is not None and statistics.has_min_max:
            yield statistics.max
        else:  # of very long addresses no statistics are kept
            yield index.read_row_group(number, columns=["address"])["address"][-1].as_py()
