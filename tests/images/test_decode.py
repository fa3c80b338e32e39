"""From bytes to pixels."""

import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile

from aisle.images.decode import Undecodable, decode_rgb, decode_square, format_of
from strategies import damaged

FORMATS = ("JPEG", "PNG", "WebP", "GIF", "BMP", "AVIF")

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(width: int = 48, height: int = 32, seed: int = 0) -> Image.Image:
    """A smooth picture that no symmetry maps to itself."""
    small = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def detailed(width: int, height: int) -> Image.Image:
    """A picture with smooth colours, edges and some noise, as photos have them."""
    y, x = np.mgrid[0:height, 0:width]
    unit = max(width, height) / 800
    waves = [
        127 + 90 * np.sin(x / unit / (9 + 7 * n) + n) * np.cos(y / unit / (11 + 5 * n)) for n in range(3)
    ]
    noise = np.random.default_rng(width).normal(0, 4, (height, width, 3))
    return Image.fromarray((np.stack(waves, axis=-1) + noise).clip(0, 255).astype(np.uint8))


def psnr(one: Image.Image, other: Image.Image) -> float:
    difference = np.asarray(one, np.float64) - np.asarray(other, np.float64)
    return float(10 * np.log10(255**2 / max(np.mean(difference**2), 1e-6)))


def pixels(data: bytes) -> NDArray[np.int16]:
    return np.asarray(decode_rgb(data)).astype(np.int16)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def raw_png(size: tuple[int, int], depth: int, colour: int, rows: bytes, *chunks: bytes) -> bytes:
    """A PNG written by hand, for kinds of pixels that Pillow does not write."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + png_chunk(b"IEND", b"")


class TestFormats:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_the_six_are_told_by_their_bytes_and_decoded(self, kind: str) -> None:
        data = encoded(photo(), kind)
        assert format_of(data) == kind
        image = decode_rgb(data)
        assert (image.mode, image.size) == ("RGB", (48, 32))
        if kind != "GIF":
            assert np.abs(pixels(data) - np.asarray(photo())).mean() < 12

    @pytest.mark.parametrize("kind", ["TIFF", "PPM", "ICO", "TGA", "PCX", "EPS", "PDF"])
    def test_no_other_is_handed_to_a_decoder(self, kind: str) -> None:
        with pytest.raises(Undecodable, match="is none of JPEG, PNG, WebP, GIF, BMP, AVIF"):
            decode_rgb(encoded(photo(), kind))

    @pytest.mark.parametrize("data", [b"", b"\xff", b"<html>not found</html>", b"\0" * 100])
    def test_what_is_no_image_is_undecodable(self, data: bytes) -> None:
        with pytest.raises(Undecodable, match="is none of"):
            decode_rgb(data)

    @pytest.mark.parametrize("kind", FORMATS)
    def test_a_file_cut_short_is_undecodable(self, kind: str) -> None:
        data = encoded(photo(200, 200), kind)
        for share in (0.1, 0.5, 0.9):
            with pytest.raises(Undecodable, match=f"broken {kind}: "):
                decode_rgb(data[: int(len(data) * share)])

    def test_of_an_animation_the_first_frame_counts(self) -> None:
        frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, GREEN, BLUE)]
        for kind in ("GIF", "WebP", "PNG", "AVIF"):
            data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
            assert np.abs(pixels(data)[4, 4] - RED).max() < 8


class TestSize:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_too_many_pixels_are_refused(self, kind: str) -> None:
        data = encoded(photo(40, 40), kind)
        assert decode_rgb(data, max_pixels=1600).size == (40, 40)
        with pytest.raises(Undecodable, match="40 x 40 pixels are more than 1,599"):
            decode_rgb(data, max_pixels=1599)

    def test_a_small_file_that_claims_many_pixels_is_refused_before_it_is_decoded(self) -> None:
        bomb = raw_png((50_000, 50_000), 8, 0, b"\0")
        with pytest.raises(Undecodable, match="50000 x 50000 pixels are more than"):
            decode_rgb(bomb)

    def test_the_limit_is_ours_and_not_a_setting_of_the_process(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
        for kind in ("JPEG", "PNG", "GIF", "BMP"):
            assert decode_rgb(encoded(photo(), kind)).size == (48, 32)

    @pytest.mark.parametrize("crop", [False, True])
    @pytest.mark.parametrize("orientation", [1, 3, 6, 7])
    @pytest.mark.parametrize("size", [(787, 643), (1023, 517), (801, 1277), (800, 640), (3001, 2003)])
    def test_a_square_from_reduced_scale_is_near_to_one_from_a_full_decode(
        self, size: tuple[int, int], orientation: int, crop: bool
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = encoded(detailed(*size), "JPEG", quality=90, exif=exif)
        full = decode_rgb(data)
        side = min(full.size)
        left, top = (full.width - side) / 2, (full.height - side) / 2
        box = (left, top, left + side, top + side) if crop else None
        expected = full.resize((96, 96), Image.Resampling.BICUBIC, box)
        assert psnr(decode_square(data, 96, crop=crop), expected) >= 50

    def test_a_large_jpeg_is_decoded_at_reduced_scale_for_a_small_square(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes = []
        loaded = JpegImageFile.load
        monkeypatch.setattr(JpegImageFile, "load", lambda image: (sizes.append(image.size), loaded(image))[1])
        data = encoded(photo(800, 640), "JPEG")
        for side in (40, 41, 80, 160, 161, 1000):
            assert decode_square(data, side).size == (side, side)
        small = list(dict.fromkeys(sizes))
        assert small == [(100, 80), (200, 160), (400, 320), (800, 640)]


class TestOrientation:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "AVIF"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_the_pixels_stand_upright(self, kind: str, orientation: int) -> None:
        # How a viewer shows the pixels: rotated by quarter turns, then mirrored.
        turns, mirrored = {
            1: (0, 0),
            2: (0, 1),
            3: (2, 0),
            4: (2, 1),
            5: (3, 1),
            6: (3, 0),
            7: (1, 1),
            8: (1, 0),
        }[orientation]
        upright = np.rot90(np.asarray(photo()).astype(int), turns)
        upright = upright[:, ::-1] if mirrored else upright
        exif = Image.Exif()
        exif[0x0112] = orientation
        shown = pixels(encoded(photo(), kind, exif=exif.tobytes()))
        assert shown.shape == upright.shape
        assert np.abs(shown - upright).mean() < 12

    @pytest.mark.parametrize(
        "exif",
        [
            b"Exif\0\0",
            b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\xff\xff\xff\xff",
            b"Exif\0\0" + b"\xff" * 50,
        ],
    )
    def test_broken_exif_says_nothing_and_warns_nobody(self, exif: bytes) -> None:
        assert decode_rgb(encoded(photo(), "JPEG", exif=exif)).size == (48, 32)

    @pytest.mark.parametrize("orientation", [0, 9, 65535])
    def test_an_orientation_that_does_not_exist_says_nothing(self, orientation: int) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        assert decode_rgb(encoded(photo(), "JPEG", exif=exif.tobytes())).size == (48, 32)


class TestColour:
    def test_grey_and_bilevel_become_rgb(self) -> None:
        assert tuple(pixels(encoded(Image.new("L", (4, 4), 90)))[0, 0]) == (90, 90, 90)
        assert tuple(pixels(encoded(Image.new("1", (4, 4), 1)))[0, 0]) == WHITE

    def test_cmyk_becomes_rgb(self) -> None:
        data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
        assert np.abs(pixels(data)[8, 8] - RED).max() <= 2

    @pytest.mark.parametrize(("value", "shown"), [(0, 0), (255, 0), (256, 1), (32768, 128), (65535, 255)])
    def test_grey_of_16_bits_keeps_its_upper_8(self, value: int, shown: int) -> None:
        data = raw_png((1, 1), 16, 0, b"\0" + struct.pack(">H", value))
        assert tuple(pixels(data)[0, 0]) == (shown, shown, shown)

    def test_colour_of_16_bits_keeps_its_upper_8(self) -> None:
        data = raw_png((1, 1), 16, 2, b"\0" + struct.pack(">HHH", 65535, 32768, 255))
        assert tuple(pixels(data)[0, 0]) == (255, 128, 0)

    def test_a_profile_brings_colours_to_srgb(self) -> None:
        image = Image.new("RGB", (4, 4), (200, 30, 60))
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        assert np.abs(pixels(encoded(image, icc_profile=srgb))[0, 0] - (200, 30, 60)).max() <= 1
        swapped = _with_red_and_blue_swapped(srgb)
        for kind in ("PNG", "WebP", "JPEG", "AVIF"):
            shown = pixels(encoded(image, kind, icc_profile=swapped, quality=95))[0, 0]
            assert np.abs(shown - (60, 30, 200)).max() <= 40
            assert shown[2] > 150 > shown[0]

    @pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
    def test_a_broken_profile_is_left_aside(self, profile: bytes) -> None:
        data = encoded(Image.new("RGB", (4, 4), RED), icc_profile=profile)
        assert tuple(pixels(data)[0, 0]) == RED

    def test_a_profile_of_another_kind_of_colour_is_left_aside(self) -> None:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        data = encoded(Image.new("L", (4, 4), 90), icc_profile=srgb)
        assert tuple(pixels(data)[0, 0]) == (90, 90, 90)


def _with_red_and_blue_swapped(profile: bytes) -> bytes:
    """An RGB profile whose red is the other's blue: the two tags' names change places."""
    return profile.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)


class TestTransparency:
    @pytest.mark.parametrize("kind", ["PNG", "WebP", "AVIF", "GIF"])
    def test_what_is_clear_is_white(self, kind: str) -> None:
        image = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
        image.paste((*BLUE, 255), (0, 0, 16, 8))
        shown = pixels(encoded(image, kind))
        assert np.abs(shown[12, 8] - WHITE).max() <= 4
        assert np.abs(shown[3, 8] - BLUE).max() <= 4

    def test_what_is_half_clear_is_half_white(self) -> None:
        assert tuple(pixels(encoded(Image.new("RGBA", (2, 2), (0, 0, 0, 128))))[0, 0]) == (127, 127, 127)
        assert tuple(pixels(encoded(Image.new("LA", (2, 2), (0, 128))))[0, 0]) == (127, 127, 127)

    def test_a_palette_with_alpha_for_each_colour(self) -> None:
        image = Image.new("P", (2, 1))
        image.putpalette([*RED, *BLUE])
        image.putpixel((1, 0), 1)
        shown = pixels(encoded(image, transparency=bytes([255, 0])))
        assert [tuple(p) for p in shown[0]] == [RED, WHITE]

    @pytest.mark.parametrize(
        ("depth", "colour", "row", "key", "shown"),
        [
            (8, 2, bytes([*RED, *BLUE]), struct.pack(">HHH", *RED), [WHITE, BLUE]),
            (
                16,
                2,
                struct.pack(">6H", 65535, 0, 0, 0, 0, 65535),
                struct.pack(">3H", 65535, 0, 0),
                [WHITE, BLUE],
            ),
            (16, 0, struct.pack(">2H", 1000, 0), struct.pack(">H", 1000), [WHITE, BLACK]),
            (8, 0, bytes([7, 0]), struct.pack(">H", 7), [WHITE, BLACK]),
            (4, 0, bytes([0x50]), struct.pack(">H", 5), [WHITE, BLACK]),
            (2, 0, bytes([0x40]), struct.pack(">H", 1), [WHITE, BLACK]),
            (1, 0, bytes([0x40]), struct.pack(">H", 0), [WHITE, WHITE]),
        ],
    )
    def test_a_png_with_one_clear_colour(
        self, depth: int, colour: int, row: bytes, key: bytes, shown: list[tuple[int, int, int]]
    ) -> None:
        data = raw_png((2, 1), depth, colour, b"\0" + row, png_chunk(b"tRNS", key))
        assert [tuple(p) for p in pixels(data)[0]] == shown


def _samples() -> list[bytes]:
    """One small image of each format, and some with metadata, palette, alpha or several frames."""
    image, exif = photo(24, 20), Image.Exif()
    exif[0x0112], exif[0x011A], exif[0x010E] = 6, 300.0, "a shoe"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    clear = image.convert("RGBA")
    clear.putalpha(128)
    more: dict[str, object] = {"exif": exif.tobytes(), "icc_profile": srgb}
    return [
        *(encoded(image, kind) for kind in FORMATS),
        *(encoded(image, kind, **more) for kind in ("JPEG", "PNG", "WebP", "AVIF")),
        *(encoded(clear, kind) for kind in ("PNG", "WebP", "GIF", "AVIF")),
        *(
            encoded(image, kind, save_all=True, append_images=[photo(24, 20, 1)])
            for kind in ("GIF", "WebP", "PNG")
        ),
        encoded(image.convert("CMYK"), "JPEG"),
        encoded(image, "JPEG", progressive=True),
        encoded(image.convert("P"), "BMP"),
        encoded(image.convert("P"), "PNG", transparency=bytes(range(256))),
        encoded(image.convert("I;16"), "PNG"),
        encoded(image.convert("1"), "PNG"),
    ]


SAMPLES = _samples()


def decoded_or_none(data: bytes, side: int | None) -> Image.Image | None:
    try:
        if side is not None:
            return decode_square(data, side, max_pixels=100_000)
        return decode_rgb(data, max_pixels=100_000)
    except Undecodable:
        return None


@given(st.sampled_from(SAMPLES).flatmap(damaged), st.sampled_from([None, 4]))
@example(SAMPLES[0] + b"rest", None)
def test_damaged_images_are_decoded_or_undecodable_and_nothing_else(data: bytes, target: int | None) -> None:
    image = decoded_or_none(data, target)
    assert image is None or (image.mode == "RGB" and image.width * image.height <= 100_000)


@given(st.sampled_from([data[:12] for data in SAMPLES]), st.binary(max_size=300))
def test_any_bytes_after_a_known_beginning_are_decoded_or_undecodable(head: bytes, rest: bytes) -> None:
    decoded_or_none(head + rest, None)


class TestTheProcess:
    def test_keeps_its_warning_filters_when_threads_overlap(self) -> None:
        before = list(warnings.filters)
        data = encoded(photo(300, 300), "JPEG", exif=b"Exif\0\0" + b"\xff" * 50)
        _in_threads(lambda: [decode_rgb(data) for _ in range(30)], 4)
        assert list(warnings.filters) == before

    def test_decodes_the_same_pixels_in_many_threads_at_once(self) -> None:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        data = encoded(photo(), "JPEG", icc_profile=srgb)
        alone, found = pixels(data), []
        _in_threads(lambda: found.extend(np.array_equal(pixels(data), alone) for _ in range(30)), 4)
        assert found == [True] * 120


def _in_threads(work: Callable[[], object], n: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
