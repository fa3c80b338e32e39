"""Pixels: near to a full decode, upright, never enlarged; and no bytes are too strange."""

import random
import selectors
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from aisle.images.decode import decode_rgb, decode_to_fit
from aisle.images.download.decoder import Decoder
from aisle.images.download.picture import make_picture
from aisle.images.download.settings import PictureSettings

KINDS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"]


def psnr(one, two):
    difference = np.asarray(one, np.float64) - np.asarray(two, np.float64)
    return 10 * np.log10(255**2 / max(np.mean(difference**2), 1e-6))


class TestFidelity:
    @pytest.mark.parametrize("progressive", [False, True])
    def test_reduced_scale_is_near_to_a_full_decode(self, draw, progressive):
        chance = random.Random(3)
        values = []
        for seed in range(12):
            width, height = chance.randint(300, 1600), chance.randint(300, 1600)
            data = draw(
                width, height, seed=seed, quality=chance.choice([75, 85, 92]), progressive=progressive
            )
            fitted = decode_to_fit(data, 256).pixels
            full = decode_rgb(data).resize(fitted.shape[1::-1], Image.Resampling.BICUBIC)
            values.append(psnr(fitted, full))
        assert np.median(values) >= 50
        assert min(values) >= 44


class TestSize:
    @pytest.mark.parametrize(
        ("size", "kept"),
        [
            ((1000, 500), (256, 128)),
            ((500, 1000), (128, 256)),
            ((256, 256), (256, 256)),
            ((255, 100), (255, 100)),
            ((1, 1), (1, 1)),
            ((3000, 2), (256, 1)),
            ((257, 257), (256, 256)),
        ],
    )
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_the_longest_side_is_256_or_less(self, draw, size, kept, kind):
        picture = make_picture(draw(*size, kind=kind), PictureSettings())
        assert (picture.width, picture.height) == kept
        assert (picture.source_width, picture.source_height) == size
        assert Image.open(BytesIO(picture.jpeg)).size == kept

    def test_a_turned_image_is_upright(self, draw):
        exif = Image.Exif()
        exif[0x0112] = 6
        picture = make_picture(draw(1000, 500, exif=exif), PictureSettings())
        assert (picture.width, picture.height) == (128, 256)
        assert (picture.source_width, picture.source_height) == (500, 1000)

    def test_a_huge_baseline_jpeg_is_decoded_at_reduced_scale(self):
        file = BytesIO()
        Image.new("L", (9700, 9700), 120).save(file, "JPEG")
        picture = make_picture(file.getvalue(), PictureSettings())
        assert (picture.status, picture.source_width) == ("ok", 9700)

    @pytest.mark.parametrize("how", [{"kind": "PNG"}, {"kind": "JPEG", "progressive": True}])
    def test_others_of_that_size_are_refused(self, how):
        file = BytesIO()
        Image.new("L", (9700, 9700), 120).save(file, how.pop("kind"), **how)
        assert make_picture(file.getvalue(), PictureSettings()).status == "too_many_pixels"


class TestStatus:
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_format_is_decoded(self, draw, kind):
        picture = make_picture(draw(300, 200, kind=kind), PictureSettings())
        assert (picture.status, picture.format.upper(), picture.width) == ("ok", kind, 256)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
    def test_half_a_file_is_truncated(self, draw, kind):
        data = draw(300, 200, kind=kind)
        assert make_picture(data[: len(data) // 2], PictureSettings()).status == "truncated"

    @pytest.mark.parametrize("data", [b"", b"<svg>", b"\0" * 100, b"%PDF-1.4", b"II*\0" + b"\0" * 50])
    def test_what_is_no_image_of_ours_says_so(self, data):
        assert make_picture(data, PictureSettings()).status == "not_an_image"


def mutate(data, chance):
    """Change, cut, double or shuffle some bytes of an image."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                del data[at : at + chance.randrange(1, 64)]
            case 3:
                data[at:at] = data[at : at + chance.randrange(1, 64)]
            case 4:
                data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
        if len(data) < 20:
            return bytes(data) + bytes(20)
    return bytes(data)


class TestMutated:
    @pytest.mark.parametrize("n", [1500, pytest.param(20_000, marks=pytest.mark.long)])
    def test_mutated_images_have_a_status_and_neither_kill_nor_stall_a_decoder(self, draw, n):
        """Through the decoding process, as in a run."""
        chance = random.Random(4)
        sources = [draw(120, 90, kind=kind, seed=seed) for kind in KINDS for seed in range(3)]
        sources += [draw(120, 90, progressive=True), draw(90, 120, kind="PNG", interlace=True)]
        statuses = set()
        with selectors.DefaultSelector() as selector:
            settings = PictureSettings()
            decoder = Decoder(settings, max_body_bytes=1_000_000, clock=time.monotonic, selector=selector)
            n_sent = n_back = 0
            while n_back < n:
                while n_sent < n and len(decoder) < 12:
                    decoder.submit(n_sent, mutate(chance.choice(sources), chance))
                    n_sent += 1
                selector.select(min(1.0, decoder.next_check_s()))
                results = decoder.results()
                n_back += len(results)
                statuses |= {picture.status for _, picture in results}
                reasons = {picture.reason for _, picture in results if "the decoder" in picture.reason}
                assert reasons == set()  # none died, stalled, or was ended for the time or the memory it took
            assert decoder.n_replaced == 0
            decoder.close()
        assert statuses <= {"ok", "undecodable", "truncated", "not_an_image", "too_many_pixels"}
        assert {"ok", "undecodable"} <= statuses
