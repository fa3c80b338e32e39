"""Where the bytes of a product's images come from: what is known of one image, and the door to its bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.core.schemas import IMAGE_STATUSES, IMAGE_TYPE

REMOTE_PATTERN = r"^(?:(?i:https?|ftps?|s3|gs|hdfs):)?//"
"""A link that is an address, and no path below a folder."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image of a product, as `core.schemas.IMAGE_TYPE` stores it.

    Args:
        link: as the feed writes it.
        sha256: of the source's bytes, in hex; empty while they were not read.
        status: one of IMAGE_STATUSES.
        reason: what is wrong, in words; empty where the status is "ok".
    """

    link: str
    sha256: str
    status: str
    reason: str = ""

    def __post_init__(self) -> None:
        if self.status not in IMAGE_STATUSES:
            raise ValueError(f"status is '{self.status}'; known: {', '.join(IMAGE_STATUSES)}")


class ImageSource(Protocol):
    """Gives the bytes of an image. Safe to call from several threads at once."""

    @property
    def form(self) -> str:
        """In what form the bytes are given: empty for the source's own, else what was made of them."""
        return ""

    def read(self, link: str, sha256: str) -> bytes | None:
        """Give the image's bytes, or None where they are not to be had or are no longer those.

        Args:
            link: as the feed writes it.
            sha256: of the source's bytes, in hex; empty where nobody knows it, and then it is not checked.
        """
        ...

    def key(self, link: str, sha256: str) -> str:  # noqa: ARG002
        """A hash, in hex, of what `read` gives: the image's own, unless it is given in another form."""
        return sha256

    def order(self, links: Sequence[str]) -> list[int]:
        """In which order these are read fastest: their places in `links`."""
        return list(range(len(links)))


class ImageRoot(ImageSource, Protocol):
    """Images that links lead to: the folder that `--images` names, whatever kind it is."""

    def look_all(self, links: pa.StringArray) -> pa.StructArray:
        """What is known of the images behind links: core.schemas.IMAGE_TYPE, in the links' order."""
        ...


class InlineImages(ImageSource):
    """Images that came with the rows themselves, found by their hash.

    Args:
        by_sha256: from the hash of the bytes, in hex, to the bytes.
        otherwise: where the other images are read, or None.
    """

    def __init__(self, by_sha256: Mapping[str, bytes], otherwise: ImageSource | None = None) -> None:
        self._by_sha256 = by_sha256
        self._otherwise = otherwise

    def read(self, link: str, sha256: str) -> bytes | None:
        """Give the bytes with this hash; the link is looked at only where the hash is not known."""
        if sha256 in self._by_sha256 or self._otherwise is None:
            return self._by_sha256.get(sha256)
        return self._otherwise.read(link, sha256)

    def key(self, link: str, sha256: str) -> str:
        """See ImageSource."""
        if sha256 in self._by_sha256 or self._otherwise is None:
            return sha256
        return self._otherwise.key(link, sha256)

    def order(self, links: Sequence[str]) -> list[int]:
        """See ImageSource."""
        return list(range(len(links))) if self._otherwise is None else self._otherwise.order(links)


def images_found(lists: pa.ListArray) -> tuple[pa.BooleanArray, NDArray[np.int64]]:
    """Which images have the status `ok`, so that their bytes are to be had.

    Args:
        lists: (products,) as the column `images` of core.schemas.PRODUCT_SCHEMA.

    Returns:
        (images,) for each of all products' images whether it was found; (images found,) the row of the
        product that each of these belongs to.
    """
    is_found = pc.equal(pc.struct_field(pc.list_flatten(lists), "status"), "ok")
    owners = pc.list_parent_indices(lists).filter(is_found)
    return is_found, owners.to_numpy(zero_copy_only=False).astype(np.int64)


def image_structs(
    links: pa.StringArray | Iterable[str],
    sha256: pa.StringArray | Iterable[str],
    statuses: pa.StringArray | Iterable[str],
) -> pa.StructArray:
    """Put columns together as core.schemas.IMAGE_TYPE."""
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, pa.string())
        for column in (links, sha256, statuses)
    ]
    return pa.StructArray.from_arrays(arrays, fields=list(IMAGE_TYPE))
