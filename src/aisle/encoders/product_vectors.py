"""One vector a product; of a frozen encoder every distinct image once, and none whose vector is cached."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.cores import n_cores
from aisle.core.progress import Advance
from aisle.core.scratch import scratch_folder
from aisle.encoders.base import Encoder
from aisle.encoders.cache import VectorCache
from aisle.encoders.items import ItemEncoder, images_of, item_vectors, mean_by_product
from aisle.images.hashes import hash_of
from aisle.images.source import ImageSource

_SLICE = 1024  # products between two writes to the cache
_LARGEST = float(np.finfo(np.float16).max)


def product_vectors(
    encoder: Encoder,
    products: pa.RecordBatch,
    images: ImageSource | None,
    cache: VectorCache | None,
    *,
    undecodable: Callable[[Sequence[NDArray[np.bool_]]], None] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Give each product the vector that a head takes.

    Args:
        products: open with core.schemas.PRODUCT_SCHEMA.
        images: where bytes are read, or None for none; as `cache`, for a frozen encoder: see encode_products.
        undecodable: told once, of a frozen encoder, what encode_products tells part after part.

    Returns:
        (products, n_dims), zeros for a product without evidence; (products,) whether it has any.
    """
    if encoder.trained:
        return encoder.forward(encoder.collect([products]))
    told: list[NDArray[np.bool_]] = []
    vectors, present = encode_products(encoder, [products], images, cache, undecodable=told.append)
    if undecodable is not None:
        undecodable(told)
    return encoder.standardise(vectors) * present[:, None], present


def encode_products(
    encoder: ItemEncoder,
    batches: Iterable[pa.RecordBatch],
    images: ImageSource | None,
    cache: VectorCache | None,
    *,
    progress: Advance | None = None,
    undecodable: Callable[[NDArray[np.bool_]], None] | None = None,
    folder: Path | None = None,
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Give each product the mean of the vectors of its present images.

    Broken and missing images count for nothing. So does one whose bytes are not to be had any more, or are
    others than when the products were read; a warning tells how many.

    Args:
        batches: of products, with the column `images` of core.schemas.PRODUCT_SCHEMA.
        images: where bytes are read; None where there are none but the cached vectors.
        cache: vectors that were made before; None keeps them for this call alone, in memory if the result is.
        progress: told of the products done.
        undecodable: told of all images of some products after the other, in order, which of them were found
            and could not be decoded.
        folder: where the result is kept, as a memory-map; None keeps it in memory.

    Returns:
        (products, n_dims), in order, zeros for a product without evidence; (products,) whether it has any.
    """
    path = None if folder is None else folder / f"products-{encoder.fingerprint()[:16]}.f16"
    parts = [np.zeros((0, encoder.n_dims), np.float16)]
    presents = [np.zeros(0, np.bool_)]
    with _kept(cache, folder) as kept, nullcontext() if path is None else path.open("wb") as file:
        job = _Job(encoder, images, kept)
        for batch in batches:
            for at in range(0, batch.num_rows, _SLICE):
                vectors, present, broken = job.encode(batch.slice(at, _SLICE))
                if file is None:
                    parts.append(vectors)
                else:
                    file.write(vectors.tobytes())
                presents.append(present)
                if undecodable is not None:
                    undecodable(broken)
                if progress is not None:
                    progress(len(present))
        job.warn_of_changes()
    present = np.concatenate(presents)
    if path is None or not present.size:
        return np.concatenate(parts), present
    return np.memmap(path, np.float16, "r", shape=(len(present), encoder.n_dims)), present


@contextmanager
def _kept(cache: VectorCache | None, folder: Path | None) -> Iterator["VectorCache | _InMemory"]:
    """Where the vectors of distinct images are kept: without a cache, where the result is, for a while."""
    if cache is not None:
        yield cache
    elif folder is None:
        yield _InMemory()
    else:
        with scratch_folder("aisle-vectors-") as temporary:
            yield VectorCache(temporary)


class _InMemory:
    """Vectors of one call, as a VectorCache keeps those of many."""

    def __init__(self) -> None:
        self._vectors: dict[bytes, NDArray[np.float16]] = {}

    def get(
        self,
        fingerprint: str,  # noqa: ARG002
        hashes: NDArray[np.uint8],
        n_dims: int,
    ) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
        """See VectorCache."""
        keys = [row.tobytes() for row in hashes]
        found = np.array([key in self._vectors for key in keys], np.bool_)
        vectors = np.zeros((len(keys), n_dims), np.float16)
        for row in np.flatnonzero(found).tolist():
            vectors[row] = self._vectors[keys[row]]
        return vectors, found

    def put(self, fingerprint: str, hashes: NDArray[np.uint8], vectors: NDArray[np.float16]) -> None:  # noqa: ARG002
        """See VectorCache."""
        self._vectors.update(zip((row.tobytes() for row in hashes), vectors, strict=True))


class _Job:
    """The encoding of one data set, slice by slice."""

    def __init__(
        self, encoder: ItemEncoder, images: ImageSource | None, cache: "VectorCache | _InMemory"
    ) -> None:
        self._encoder = encoder
        self._fingerprint = encoder.fingerprint()
        self._images = images
        self._cache = cache
        self._lost: set[str] = set()

    def encode(
        self, products: pa.RecordBatch
    ) -> tuple[NDArray[np.float16], NDArray[np.bool_], NDArray[np.bool_]]:
        """Encode some products: their vectors, which have one, and which of all their images are broken."""
        found = images_of(products)
        keys = self._keys(found.links, found.sha256)
        firsts: dict[str, int] = {}
        for at, key in enumerate(keys):
            if key:
                firsts.setdefault(key, at)
        distinct = {key: row for row, key in enumerate(firsts)}
        vectors, present, broken = self._distinct_vectors(
            list(firsts),
            [found.links[at] for at in firsts.values()],
            [found.sha256[at] for at in firsts.values()],
        )
        row = np.array([distinct.get(key, -1) for key in keys], np.int64)
        speaks = row >= 0
        speaks[speaks] = present[row[speaks]]
        means, has_any = mean_by_product(
            vectors[row[speaks]].astype(np.float32), found.product[speaks], products.num_rows
        )
        among_all = found.among_all.copy()
        among_all[among_all] = np.append(broken, False)[row]  # the last: an image without a key
        return means.astype(np.float16), has_any, among_all

    def _keys(self, links: Sequence[str], sha256: Sequence[str]) -> list[str]:
        """What each image's vector is kept under; empty where the image cannot be read."""
        if self._images is None:
            return list(sha256)
        keys = [
            self._images.key(link, known) if known else "" for link, known in zip(links, sha256, strict=True)
        ]
        unknown = [row for row, known in enumerate(sha256) if not known]
        if unknown:
            with ThreadPoolExecutor(n_cores()) as threads:
                hashes = threads.map(self._hash, [links[row] for row in unknown])
                for row, found in zip(unknown, hashes, strict=True):
                    keys[row] = found
        return keys

    def _hash(self, link: str) -> str:
        data = None if self._images is None else self._images.read(link, "")
        return "" if data is None else hash_of(data)

    def _distinct_vectors(
        self, keys: Sequence[str], links: Sequence[str], hashes: Sequence[str]
    ) -> tuple[NDArray[np.float16], NDArray[np.bool_], NDArray[np.bool_]]:
        """Find or make the vectors of distinct images.

        Returns:
            (images, n_dims); (images,) whether there is one; (images,) whether the bytes are broken.
        """
        wanted = np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(-1, 32)
        vectors, present = self._cache.get(self._fingerprint, wanted, self._encoder.n_dims)
        missing = np.flatnonzero(~present)
        if self._images is not None:
            missing = missing[self._images.order([links[row] for row in missing.tolist()])]
        broken = np.zeros(len(keys), np.bool_)
        lost: set[int] = set()
        reads = [partial(self._read, links[row], hashes[row], row, lost) for row in missing.tolist()]
        done = 0
        for some, ok in item_vectors(self._encoder, reads):
            rows = missing[done : done + len(ok)]
            vectors[rows[ok]] = np.clip(some, -_LARGEST, _LARGEST)
            present[rows] = ok
            broken[rows] = ~ok
            done += len(ok)
        broken[list(lost)] = False
        made = missing[present[missing]]
        self._cache.put(self._fingerprint, wanted[made], vectors[made])
        return vectors, present, broken

    def _read(self, link: str, sha256: str, row: int, lost: set[int]) -> bytes | None:
        """Read an image; where its bytes are not to be had, add its row to `lost`."""
        data = None if self._images is None else self._images.read(link, sha256)
        if data is None:
            lost.add(row)
            if self._images is not None:
                self._lost.add(link)
        return data

    def warn_of_changes(self) -> None:
        """Say how many images are no longer those that were there when the products were read."""
        if self._lost:
            warnings.warn(
                f"{len(self._lost)} images changed or went away since the products were read, for example "
                f"'{min(self._lost)}'; they count as missing: run `aisle ingest` again",
                stacklevel=3,
            )
