"""From an image's bytes to the square that a network sees."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aisle.encoders.timm.pixels import square_pixels
from aisle.encoders.timm.settings import INTERPOLATIONS


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def stripes(width: int, height: int) -> bytes:
    """Red in the first quarter, green in the middle, blue in the last, along the longer side."""
    image = Image.new("RGB", (width, height), (0, 255, 0))
    along = width > height
    image.paste((255, 0, 0), (0, 0, width // 4, height) if along else (0, 0, width, height // 4))
    last = (3 * width // 4, 0, width, height) if along else (0, 3 * height // 4, width, height)
    image.paste((0, 0, 255), last)
    return png(image)


@given(
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    size=st.integers(1, 40),
    fit=st.sampled_from(["squash", "crop"]),
    interpolation=st.sampled_from(INTERPOLATIONS),
)
def test_any_image_becomes_a_square_of_bytes(
    width: int, height: int, size: int, fit: str, interpolation: str
) -> None:
    pixels = square_pixels(
        png(Image.new("RGB", (width, height), (9, 8, 7))), size=size, fit=fit, interpolation=interpolation
    )
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == ((size, size, 3), np.uint8)
    assert (pixels == [9, 8, 7]).all()


@pytest.mark.parametrize("size", [(80, 40), (40, 80)])
def test_squash_shows_the_whole_image(size: tuple[int, int]) -> None:
    pixels = square_pixels(stripes(*size), size=40, fit="squash", interpolation="bicubic")
    assert pixels is not None
    ends = (pixels[20, 1], pixels[20, -2]) if size[0] > size[1] else (pixels[1, 20], pixels[-2, 20])
    assert np.stack(ends).tolist() == [[255, 0, 0], [0, 0, 255]]


@pytest.mark.parametrize("size", [(80, 40), (40, 80)])
def test_crop_shows_the_square_in_the_middle(size: tuple[int, int]) -> None:
    pixels = square_pixels(stripes(*size), size=20, fit="crop", interpolation="bilinear")
    assert pixels is not None
    assert (pixels[3:-3, 3:-3] == [0, 255, 0]).all()


def test_broken_bytes_give_no_pixels() -> None:
    assert square_pixels(b"not an image", size=8, fit="squash", interpolation="bicubic") is None
