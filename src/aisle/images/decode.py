"""From the bytes of an image to upright sRGB pixels, or the reason why there are none.

The bytes come from strangers: only six formats, told by their first bytes, are ever handed to a decoder, the
number of pixels is checked before any is decoded, and whatever a decoder raises becomes `Undecodable`.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from types import TracebackType

import numpy as np
from cykooz_resizer import Resizer
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from aisle.images.colours import to_srgb
from aisle.images.formats import format_of
from aisle.images.orientation import SIDEWAYS, turn_of, upright
from aisle.images.plain_jpeg import Pixels, bicubic, decode_fitted, read_plain_jpeg

MAX_PIXELS = 50_000_000
"""200 MB while it is decoded."""

_SCALED = 1.5
"""A JPEG to be fitted is decoded at no less than this many times its size to be.

Against a full decode, on 900 pictures of up to 2,000 pixels, the lowest and the median PSNR are 50.4 and 56.2
dB at 2, 48.1 and 55.6 at 1.75, 46.3 and 55.1 at 1.5, 42.4 and 54.4 at 1.25. It takes a sixth less time.
"""

_SQUARED = 2.0
"""The same for a network's input."""

_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "AVIF": AvifImageFile,
}


class Undecodable(Exception):  # noqa: N818
    """These bytes give no pixels; the text says why.

    Args:
        status: `not_an_image`, `too_many_pixels`, `truncated` or `undecodable`.
    """

    def __init__(self, reason: str, status: str = "undecodable") -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Fitted:
    """An image brought to a side's length.

    Args:
        pixels: upright.
        format: of the source.
        source_width, source_height: in pixels, upright.
    """

    pixels: Pixels
    format: str
    source_width: int
    source_height: int


def decode_rgb(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode an image: the first frame, upright, in sRGB with 8 bits a channel, transparency on white.

    Args:
        data: a JPEG, PNG, WebP, GIF, BMP or AVIF file.
        max_pixels: an image with more is refused before it is decoded.

    Returns:
        An image of mode RGB.

    Raises:
        Undecodable: the bytes are of no known format, broken or cut short, or hold too many pixels.
    """
    with _opened(data) as (image, kind):
        _refuse_size(image.size, max_pixels)
        return upright(_colours(image, data, kind, max_pixels), image)


def decode_square(
    data: bytes,
    side: int,
    *,
    crop: bool = False,
    resample: Image.Resampling = Image.Resampling.BICUBIC,
    max_pixels: int = MAX_PIXELS,
) -> Image.Image:
    """Decode an image as `decode_rgb` does, a JPEG at reduced scale (see `_draft`), and make it a square.

    Args:
        side: in pixels.
        crop: take the largest square in the middle, rather than stretch both sides.
        resample: the filter, with antialiasing where the image shrinks.

    Raises:
        Undecodable: see `decode_rgb`.
    """
    with _opened(data) as (image, kind):
        _refuse_size(image.size, max_pixels)
        width, height = _draft(image, (side, side), _SQUARED)
        decoded = _colours(image, data, kind, max_pixels)
        left, top = ((width - height) / 2, (height - width) / 2) if crop else (0.0, 0.0)
        left, top = max(left, 0.0), max(top, 0.0)
        box = (left, top, width - left, height - top)
        return upright(decoded.resize((side, side), resample, box), image)


def decode_to_fit(
    data: bytes, longest_side: int, *, max_pixels: int = MAX_PIXELS, max_scaled_pixels: int = MAX_PIXELS
) -> Fitted:
    """Decode an image as `decode_rgb` does, and bring its longest side to a length; never enlarge it.

    A JPEG is decoded at reduced scale (see `_draft`), then resized with an antialiased bicubic filter.

    Args:
        longest_side: in pixels.
        max_pixels: what may be decoded, after a JPEG's scale.
        max_scaled_pixels: what a JPEG that is decoded at a smaller scale may hold. One in progressive order
            is held whole in memory all the same, so `max_pixels` is the limit for it.

    Raises:
        Undecodable: see `decode_rgb`.
    """
    quickly = _quickly_fitted(data, longest_side, max_pixels, max_scaled_pixels)
    if quickly is not None:
        return quickly
    with _opened(data) as (image, kind):
        width, height = image.size
        is_scaled = kind == "JPEG" and not image.info.get("progressive")
        _refuse_size(image.size, max(max_pixels, max_scaled_pixels) if is_scaled else max_pixels)
        wanted = _fit(image.size, longest_side)
        filled = _draft(image, wanted, _SCALED)
        _refuse_size(image.size, max_pixels)
        is_plain = kind == "JPEG" and image.mode == "RGB" and not image.info.get("icc_profile")
        pixels = decode_fitted(data, image.size, wanted, filled) if is_plain else None
        if pixels is None:
            pixels = _fitted(_colours(image, data, kind, max_pixels), wanted, filled)
        turn = turn_of(image)
        if turn is not None:
            pixels = np.asarray(Image.fromarray(pixels).transpose(turn))
        return Fitted(pixels, kind, *((height, width) if turn in SIDEWAYS else (width, height)))


def _quickly_fitted(data: bytes, longest_side: int, max_pixels: int, max_scaled_pixels: int) -> Fitted | None:
    """See `decode_to_fit`; None where the bytes are no plain JPEG without a flaw and within the limits."""
    jpeg = read_plain_jpeg(data)
    if jpeg is None:
        return None
    size = jpeg.width, jpeg.height
    wanted = _fit(size, longest_side)
    ratio = min(size[0] / ceil(_SCALED * wanted[0]), size[1] / ceil(_SCALED * wanted[1]))
    scale = next((scale for scale in (8, 4, 2) if scale <= ratio), 1)
    decoded = ceil(size[0] / scale), ceil(size[1] / scale)
    most = max_pixels if jpeg.is_progressive else max(max_pixels, max_scaled_pixels)
    if size[0] * size[1] > most or decoded[0] * decoded[1] > max_pixels:
        return None
    pixels = decode_fitted(data, decoded, wanted, (size[0] / scale, size[1] / scale))
    return None if pixels is None else Fitted(pixels, "JPEG", *size)


@contextmanager
def _opened(data: bytes) -> Iterator[tuple[ImageFile.ImageFile, str]]:
    """Open an image by what its bytes say; whatever goes wrong while the block runs becomes `Undecodable`."""
    kind = format_of(data)
    if kind is None:
        raise Undecodable(f"is none of {', '.join(_READERS)}", "not_an_image")
    try:
        with _PILLOW_IS_QUIET, _READERS[kind](BytesIO(data)) as image:
            yield image, kind
    except (Undecodable, MemoryError):
        raise
    except Exception as error:  # a decoder may raise anything at bytes that were made to break it
        status = "truncated" if _ends_early(data, kind) else "undecodable"
        raise Undecodable(f"broken {kind}: {error or type(error).__name__}", status) from error


def _draft(image: ImageFile.ImageFile, wanted: tuple[int, int], times: float) -> tuple[float, float]:
    """Have a JPEG decoded at the smallest of 1/8, 1/4 and 1/2 that is still so many times the size wanted.

    Only what is filled may be resized from there: a side of 787 pixels at 1/2 is 394, the last of them half
    filled.

    Returns:
        Width and height that will be filled, in pixels of what is decoded.
    """
    drafted = image.draft(None, (ceil(times * wanted[0]), ceil(times * wanted[1])))
    width, height = image.size if drafted is None else drafted[1][2:]
    return width, height


def _fitted(image: Image.Image, wanted: tuple[int, int], filled: tuple[float, float]) -> Pixels:
    """Resize an image of mode RGB, unless it has the size that is wanted."""
    if image.size == wanted:
        return np.asarray(image)
    resized = Image.new("RGB", wanted)
    Resizer().resize_pil(image, resized, bicubic(filled))
    return np.asarray(resized)


def _colours(image: ImageFile.ImageFile, data: bytes, kind: str, max_pixels: int) -> Image.Image:
    """Decode the pixels, in sRGB, and not yet upright."""
    image.load()
    _refuse_size(image.size, max_pixels)
    return to_srgb(image, data, kind)


def _fit(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    """The size that an image gets, with its longest side as long as said, or as it is."""
    longest = max(size)
    if longest <= longest_side:
        return size
    width, height = (max(1, round(side * longest_side / longest)) for side in size)
    return width, height


def _ends_early(data: bytes, kind: str) -> bool:
    """Bytes that cannot be decoded also lack what ends a file of this format."""
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-64:]
    if kind == "PNG":
        return b"IEND" not in data[-64:]
    if kind == "GIF":
        return b";" not in data[-64:]
    if kind == "WebP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind == "BMP":
        return int.from_bytes(data[2:6], "little") > len(data)
    return False


def _refuse_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise Undecodable(f"{width} x {height} pixels are more than {max_pixels:,}", "too_many_pixels")
    if width < 1 or height < 1:
        raise Undecodable(f"{width} x {height} pixels are none")


class _Quiet:
    """Pillow's warnings (of broken EXIF, of many pixels) are not shown while any thread is inside.

    `warnings.catch_warnings` alone restores the filters wrongly when two threads overlap, so the first thread
    in sets the filter and the last one out takes it away.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._n_inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._n_inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                self._filters.__exit__(kind, error, trace)


_PILLOW_IS_QUIET = _Quiet()
