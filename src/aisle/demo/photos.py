"""Puts photos on disk below the folder that servers show, the damaged ones too."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from aisle.core.progress import progress
from aisle.demo.pictures import Studio, encode
from aisle.demo.products import Photo

FAULTS = {
    "lost": "no file is written",
    "cut short": "the file ends half-way",
    "empty": "the file has no bytes",
    "web page": "the file is a shop's error page",
    "placeholder": "the file is the merchant's picture for 'no image', the same bytes each time",
}
"""What may be wrong with a photo's file; what may be wrong with its server says web.py."""

_WEB_PAGE = b"<!doctype html><title>404</title><p>This picture has gone for a walk.</p>\n"


def write_photos(photos: Iterable[Photo], studio: Studio, folder: Path, *, n_threads: int = 2) -> int:
    """Take the photos and write each to its path below `folder`.

    Returns:
        How many files were written.
    """
    wanted = {photo.path: photo for photo in photos if photo.fault != "lost"}
    for parent in {(folder / path).parent for path in wanted}:
        parent.mkdir(parents=True, exist_ok=True)

    def write(photo: Photo) -> None:
        (folder / photo.path).write_bytes(photo_bytes(photo, studio))

    with ThreadPoolExecutor(n_threads) as threads, progress("Taking photos", len(wanted)) as advance:
        for _ in threads.map(write, wanted.values()):
            advance()
    return len(wanted)


def photo_bytes(photo: Photo, studio: Studio) -> bytes:
    """The bytes of a photo's file."""
    if photo.fault == "empty":
        return b""
    if photo.fault == "web page":
        return _WEB_PAGE
    if photo.fault == "placeholder":
        return _no_image(photo.pixels)
    image = studio.photograph(photo.look, number=photo.number, pixels=photo.pixels)
    data = encode(image, photo.path.rpartition(".")[2], quality=55 + photo.number % 36)
    return data[: len(data) // 3] if photo.fault == "cut short" else data


@cache
def _no_image(pixels: int) -> bytes:
    """A grey square that says so."""
    image = Image.new("RGB", (pixels, pixels), "gainsboro")
    ImageDraw.Draw(image).text((pixels / 2, pixels / 2), "Kein Bild", fill="dimgrey", anchor="mm")
    return encode(image, "jpg")
