"""Where the bytes of a product's images come from: what is known of one image, and the door to its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256 as _sha256
from typing import Protocol

from aisle.core.schemas import IMAGE_STATUSES


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

    def read(self, link: str, sha256: str) -> bytes | None:
        """Give the image's bytes as its source holds them, or None where they are not to be had.

        Args:
            link: as the feed writes it.
            sha256: of the bytes, in hex; empty where nobody knows it.
        """
        ...


class InlineImages:
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


def hash_of(data: bytes) -> str:
    """The hash by which an image is known: sha256 of the source's bytes, in hex."""
    return _sha256(data).hexdigest()
