"""JPEGs with nothing about them that could change what is seen: decoded and resized past Pillow.

Most of what shops serve is such; Pillow's way takes a quarter more time, and everything else goes it.
"""

import struct
from dataclasses import dataclass

import numpy as np
import simplejpeg
from cykooz_resizer import CropBox, FilterType, ImageData, PixelType, ResizeAlg, ResizeOptions, Resizer
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Of sRGB: (height, width, 3)."""

_START_OF_SCAN = 0xDA
_FRAMES = {0xC0: False, 0xC2: True}
"""Baseline and progressive, and whether it is the latter."""
_JFIF = 0xE0
_OF_NO_ACCOUNT = frozenset({0xC4, 0xDB, 0xDD, 0xFE})
"""Tables, the restart interval and comments."""
_FRAME = struct.Struct(">HBHHB")
_COMPONENTS = b"\1\2\3"
"""Their numbers where they are luma and two of chroma."""


@dataclass(frozen=True, slots=True)
class PlainJpeg:
    """A JPEG of three components with 8 bits, without EXIF, profile, or a marker of Adobe's."""

    width: int
    height: int
    is_progressive: bool


def read_plain_jpeg(data: bytes) -> PlainJpeg | None:
    """Read the markers up to the first scan; None for a JPEG that is not plain, or for other bytes."""
    if data[:2] != b"\xff\xd8":
        return None
    at, found = 2, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], data[at + 2] << 8 | data[at + 3]
        if marker == _START_OF_SCAN:
            return found
        if marker in _FRAMES:
            if found is not None or (found := _frame(data, at + 2, _FRAMES[marker])) is None:
                return None
        elif marker not in _OF_NO_ACCOUNT and not (marker == _JFIF and data[at + 4 : at + 9] == b"JFIF\0"):
            return None
        at += 2 + max(2, length)
    return None


def _frame(data: bytes, at: int, is_progressive: bool) -> PlainJpeg | None:
    if at + 17 > len(data):
        return None
    length, n_bits, height, width, n_components = _FRAME.unpack_from(data, at)
    is_plain = (length, n_bits, n_components) == (17, 8, 3) and data[at + 8 : at + 17 : 3] == _COMPONENTS
    return PlainJpeg(width, height, is_progressive) if is_plain and width and height else None


def decode_fitted(
    data: bytes, size: tuple[int, int], wanted: tuple[int, int], filled: tuple[float, float]
) -> Pixels | None:
    """Decode and resize a JPEG of RGB without a profile.

    Args:
        size: of the pixels to decode, at one of a JPEG's scales.
        wanted: the size that it gets.
        filled: width and height of what is filled of the pixels that are decoded.

    Returns:
        None for a JPEG with the least flaw: what is to become of it is Pillow's to say.
    """
    width, height = size
    try:
        decoded: Pixels = simplejpeg.decode_jpeg(data, "RGB", min_height=height, min_width=width)
    except ValueError:
        return None
    if decoded.shape != (height, width, 3):
        return None
    if size == wanted:
        return decoded
    source = ImageData(width, height, PixelType.U8x3, decoded.tobytes())
    resized = ImageData(*wanted, PixelType.U8x3)
    Resizer().resize(source, resized, bicubic(filled))
    return np.frombuffer(resized.get_buffer(), np.uint8).reshape(*wanted[::-1], 3)


def bicubic(filled: tuple[float, float]) -> ResizeOptions:
    """Pillow's antialiased bicubic filter, in a library that needs a sixth of its time."""
    return ResizeOptions(ResizeAlg.convolution(FilterType.catmull_rom), crop_box=CropBox(0.0, 0.0, *filled))
