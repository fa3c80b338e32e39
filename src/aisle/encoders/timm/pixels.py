"""From an image's bytes to the square of pixels that a network sees."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aisle.images.decode import Undecodable, decode_square

VERSION = 2
"""To be raised when the same bytes would give other pixels: cached vectors are then made again."""


def square_pixels(data: bytes, *, size: int, fit: str, interpolation: str) -> NDArray[np.uint8] | None:
    """Decode an image and bring it to a square.

    Args:
        size: side in pixels.
        fit: `squash` (both sides stretched) or `crop` (the largest square in the middle).
        interpolation: one of settings.INTERPOLATIONS; with an antialiasing filter where the image shrinks.

    Returns:
        (size, size, 3) red, green and blue; None where the bytes are no image.
    """
    resample = Image.Resampling[interpolation.upper()]
    try:
        return np.asarray(decode_square(data, size, crop=fit == "crop", resample=resample))
    except Undecodable:
        return None
