"""The folder that `--images` names: plain files, or what `aisle download` wrote; several of them as one."""

import json
from collections.abc import Sequence
from pathlib import Path

from aisle.core.image_records import IMAGES_FILE
from aisle.images.folder import ImageFolder
from aisle.images.source import ImageRoot, ImageSource


def open_root(place: str | Path) -> ImageRoot:
    """Open a folder of images.

    Args:
        place: a folder of files, or a folder that `aisle download` wrote, which may be an fsspec address.

    Raises:
        AisleError: there is no such folder, or its download was never finished or is damaged.
    """
    if "://" in str(place) or _is_downloaded(Path(place)):
        from aisle.images.downloaded import DownloadedImages

        return DownloadedImages(str(place))
    return ImageFolder(Path(place))


def _is_downloaded(folder: Path) -> bool:
    """The folder holds the manifest of a download; pictures may well lie beside another file of its name."""
    marker = folder / IMAGES_FILE
    if not marker.is_file():
        return False
    try:
        manifest = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return (folder / "plans").is_dir() or (folder / "entries").is_dir()
    return isinstance(manifest, dict) and "format" in manifest


class ImageRoots(ImageSource):
    """Several roots as one: of two images with one link, the one with the right hash is meant.

    Args:
        roots: in the order in which they are tried.
    """

    def __init__(self, roots: Sequence[ImageSource]) -> None:
        self._roots = roots

    @property
    def form(self) -> str:
        """See ImageSource: the forms of all."""
        return ", ".join(root.form for root in self._roots if root.form)

    def read(self, link: str, sha256: str) -> bytes | None:
        """See ImageSource; where the hash is not known, the first root that has the link counts."""
        found = (root.read(link, sha256) for root in self._roots)
        return next((data for data in found if data is not None), None)

    def key(self, link: str, sha256: str) -> str:
        """See ImageSource."""
        keys = (root.key(link, sha256) for root in self._roots)
        return next((key for key in keys if key != sha256), sha256)

    def order(self, links: Sequence[str]) -> list[int]:
        """See ImageSource: as a download among them would have it."""
        particular = [root for root in self._roots if root.form]
        return particular[0].order(links) if particular else list(range(len(links)))
