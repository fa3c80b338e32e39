"""What is decoded past Pillow is what Pillow's way would have given; all else is left to it."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from aisle.images import decode
from aisle.images.decode import Undecodable, decode_to_fit
from aisle.images.plain_jpeg import PlainJpeg, read_plain_jpeg


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize("progressive", [False, True])
def test_size_and_order_are_read_from_the_markers(progressive):
    data = jpeg(photo(61, 47), progressive=progressive, comment=b"hello", restart_marker_blocks=4)
    assert read_plain_jpeg(data) == PlainJpeg(61, 47, is_progressive=progressive)


@pytest.mark.parametrize(
    "data",
    [
        jpeg(photo(20, 20).convert("L")),
        jpeg(photo(20, 20).convert("CMYK")),
        jpeg(photo(20, 20), keep_rgb=True),
        jpeg(photo(20, 20), exif=turned(6)),
        jpeg(photo(20, 20), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
        jpeg(photo(20, 20))[:100],
        jpeg(photo(20, 20)).replace(b"JFIF", b"JFXX"),
        b"\xff\xd8\xff\xda",
        b"",
        b"\x89PNG",
    ],
    ids=["grey", "CMYK", "RGB", "EXIF", "profile", "cut", "JFXX", "no frame", "nothing", "PNG"],
)
def test_all_else_is_left_to_pillow(data):
    assert read_plain_jpeg(data) is None


@settings(deadline=None, max_examples=60)
@given(
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    side=st.sampled_from([1, 16, 64, 256]),
    options=st.fixed_dictionaries(
        {
            "quality": st.sampled_from([40, 90, 100]),
            "subsampling": st.sampled_from([0, 1, 2]),
            "progressive": st.booleans(),
        }
    ),
    max_pixels=st.sampled_from([10_000, 10**8]),
)
def test_it_makes_no_difference(width, height, side, options, max_pixels):
    data = jpeg(photo(width, height), **options)

    def outcome() -> object:
        try:
            fitted = decode_to_fit(data, side, max_pixels=max_pixels, max_scaled_pixels=200_000)
        except Undecodable as error:
            return error.status, str(error)
        return fitted.pixels.tolist(), fitted.format, fitted.source_width, fitted.source_height

    quickly = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "read_plain_jpeg", lambda _: None)
        assert outcome() == quickly


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_one_that_is_cut_short_is_truncated_all_the_same(cut):
    data = jpeg(photo(400, 300), quality=95)
    with pytest.raises(Undecodable) as caught:
        decode_to_fit(data[: int(len(data) * cut)], 64)
    assert caught.value.status == "truncated"


@given(st.binary(max_size=80).map(lambda rest: b"\xff\xd8\xff" + rest))
def test_any_bytes_can_be_read(data):
    assert read_plain_jpeg(data) is None or data.count(b"\xff\xda")
