"""A product has several items (its images): a list of them, their vectors by the chunk, and the mean."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.core.cores import n_cores
from aisle.images.source import images_found

Read = Callable[[], bytes | None]
"""Gives an item's bytes, or None where they are not to be had."""

_CHUNK = 128  # items whose pixels are in memory twice over: those the network works on, and the next


class ItemEncoder(Protocol):
    """A frozen encoder, item by item."""

    @property
    def n_dims(self) -> int:
        """Length of a vector."""
        ...

    def fingerprint(self) -> str:
        """Hex digits that change when the vectors would."""
        ...

    def prepare_item(self, data: bytes) -> NDArray[Any] | None:
        """Turn an item's bytes into what the network takes; None where they are broken. Called in threads."""
        ...

    def forward_items(self, items: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """Give the vectors of prepared items: (items, n_dims)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The images of a batch of products whose bytes are to be had (status "ok").

    Args:
        product: (images,) row of the product in the batch, ascending.
        links: (images,) as the feed writes them.
        sha256: (images,) of the source's bytes, in hex; empty where nobody knows it.
        among_all: (all images of the batch,) whether the image is one of these.
    """

    product: NDArray[np.int64]
    links: list[str]
    sha256: list[str]
    among_all: NDArray[np.bool_]


def images_of(products: pa.RecordBatch) -> Images:
    """List the images of a batch.

    Args:
        products: has the column `images` of core.schemas.PRODUCT_SCHEMA.
    """
    lists = products.column("images")
    images = pc.list_flatten(lists)
    found, owners = images_found(lists)
    return Images(
        product=owners,
        links=pc.struct_field(images, "link").filter(found).to_pylist(),
        sha256=pc.struct_field(images, "sha256").filter(found).to_pylist(),
        among_all=found.to_numpy(zero_copy_only=False),
    )


def item_vectors(
    encoder: ItemEncoder, reads: Sequence[Read]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Encode items chunk by chunk; the next chunk is read and prepared while the network works on this one.

    Yields:
        For some items, in order: the vectors of those present (present, n_dims), and which of them are
        present (items,): whose bytes were to be had and not broken.
    """

    def prepare(read: Read) -> NDArray[Any] | None:
        data = read()
        return None if data is None else encoder.prepare_item(data)

    with ThreadPoolExecutor(n_cores()) as threads:
        begun: deque[list[Future[NDArray[Any] | None]]] = deque()
        for at in range(0, len(reads), _CHUNK):
            begun.append([threads.submit(prepare, read) for read in reads[at : at + _CHUNK]])
            if len(begun) > 1:
                yield _forward(encoder, begun.popleft())
        if begun:
            yield _forward(encoder, begun.popleft())


def _forward(
    encoder: ItemEncoder, begun: list[Future[NDArray[Any] | None]]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    prepared = [future.result() for future in begun]
    present = np.array([item is not None for item in prepared], np.bool_)
    return encoder.forward_items([item for item in prepared if item is not None]), present


def mean_by_product(
    vectors: NDArray[np.float32], product: NDArray[np.int64], n_products: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Average the vectors of each product's items.

    Args:
        vectors: (items, dims).
        product: (items,) row of the item's product, ascending.

    Returns:
        (n_products, dims), zeros for a product without items; (n_products,) whether it has any.
    """
    counts = np.bincount(product, minlength=n_products)
    present = counts > 0
    means = np.zeros((n_products, vectors.shape[1]), np.float32)
    if len(product):
        firsts = (np.cumsum(counts) - counts)[present]
        means[present] = np.add.reduceat(vectors, firsts, axis=0) / counts[present, None].astype(np.float32)
    return means, present
