"""From the bytes of an image to upright sRGB pixels, or the reason why there are none.

The bytes come from strangers: only six formats, told by their first bytes, are ever handed to a decoder, the
number of pixels is checked before any is decoded, and whatever a decoder raises becomes `Undecodable`.
"""

import threading
import warnings
from functools import lru_cache
from io import BytesIO
from types import TracebackType

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from aisle.images.formats import format_of

MAX_PIXELS = 50_000_000
"""200 MB while it is decoded."""

_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "AVIF": AvifImageFile,
}

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""From EXIF's orientation to what sets the image upright."""

_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


class Undecodable(Exception):  # noqa: N818
    """These bytes give no pixels; the text says why."""


def decode_rgb(data: bytes, *, max_pixels: int = MAX_PIXELS, target: int | None = None) -> Image.Image:
    """Decode an image: the first frame, upright, in sRGB with 8 bits a channel, transparency on white.

    Args:
        data: a JPEG, PNG, WebP, GIF, BMP or AVIF file.
        max_pixels: an image with more is refused before it is decoded.
        target: the side in pixels that the image will be resized to. A JPEG is then decoded at 1/8, 1/4 or
            1/2 where both sides are still at least twice the target.

    Returns:
        An image of mode RGB.

    Raises:
        Undecodable: the bytes are of no known format, broken or cut short, or hold too many pixels.
    """
    kind = format_of(data)
    if kind is None:
        raise Undecodable(f"is none of {', '.join(_READERS)}")
    try:
        with _PILLOW_IS_QUIET, _READERS[kind](BytesIO(data)) as image:
            _refuse_size(image.size, max_pixels)
            if target is not None:
                image.draft(None, (2 * target, 2 * target))
            image.load()
            _refuse_size(image.size, max_pixels)
            return _upright(_srgb(_plain(image, data, kind), image.info.get("icc_profile")), image)
    except Undecodable:
        raise
    except Exception as error:  # a decoder may raise anything at bytes that were made to break it
        raise Undecodable(f"broken {kind}: {error or type(error).__name__}") from error


def _refuse_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise Undecodable(f"{width} x {height} pixels are more than {max_pixels:,}")
    if width < 1 or height < 1:
        raise Undecodable(f"{width} x {height} pixels are none")


def _plain(image: ImageFile.ImageFile, data: bytes, kind: str) -> Image.Image:
    """Turn a decoded image into mode L, RGB, CMYK or one with alpha: no palette, 16 bits or colour key."""
    key = image.info.get("transparency")
    if kind == "PNG" and image.mode != "P":
        key = _colour_key(key, image.mode, bit_depth=data[24])
    if image.mode == "I;16":
        values = np.asarray(image)
        plain = Image.fromarray((values >> 8).astype(np.uint8))
        if key is not None:
            plain.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
        return plain
    if key is not None:
        image.info["transparency"] = key
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK", *_WITH_ALPHA):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _colour_key(key: object, mode: str, *, bit_depth: int) -> object:
    """Bring the transparent colour of a PNG without palette to the scale of the decoded pixels."""
    if mode == "RGB" and bit_depth == 16 and isinstance(key, tuple):
        return tuple(value >> 8 for value in key)
    if mode == "L" and bit_depth < 8 and isinstance(key, int):
        return key * 255 // (2**bit_depth - 1)
    return key


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring colours to sRGB, by the image's own profile where it fits, and transparency onto white."""
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA", "PA") else None
    if image.mode in ("RGBa", "La"):
        return _srgb(image.convert("RGBA" if image.mode == "RGBa" else "LA"), profile)
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    transform = _to_srgb(profile, image.mode) if profile else None
    image = image.convert("RGB") if transform is None else transform.apply(image)
    if alpha is None or alpha.getextrema() == (255, 255):
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=alpha)
    return white


@lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the way from a profile to sRGB; None for one that is broken or of other colours."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _upright(image: Image.Image, source: Image.Image) -> Image.Image:
    """Turn the pixels as the EXIF of their source says; EXIF that cannot be read says nothing."""
    try:
        orientation = source.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  Pillow's reader may raise anything at broken EXIF
        return image
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


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
