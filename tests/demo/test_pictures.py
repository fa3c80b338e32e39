"""Photos of a product: alike in what it is, different in how it is seen."""

import io

import numpy as np
import pytest
from PIL import Image

from aisle.demo.pictures import PATTERNS, Look, Studio, encode

MUG = Look(leaf="mugs", shape="classic", colour="red", trim="cream")


@pytest.fixture(scope="module")
def studio(tables):
    return Studio(tables)


def pixels(photo: Image.Image) -> np.ndarray:
    return np.asarray(photo, dtype=np.float64)


class TestPhotograph:
    def test_is_a_square_rgb_image_of_the_asked_size(self, studio):
        photo = studio.photograph(MUG, number=1, pixels=96)
        assert (photo.mode, photo.size) == ("RGB", (96, 96))

    def test_the_same_number_is_the_same_photo(self, studio, tables):
        again = Studio(tables).photograph(MUG, number=1, pixels=96)
        assert studio.photograph(MUG, number=1, pixels=96).tobytes() == again.tobytes()

    def test_another_number_is_another_photo(self, studio):
        first, second = (pixels(studio.photograph(MUG, number=n, pixels=96)) for n in (1, 2))
        assert np.abs(first - second).mean() > 5

    def test_a_red_mug_is_redder_in_the_middle_than_a_blue_one(self, studio):
        blue = Look(leaf="mugs", shape="classic", colour="blue", trim="cream")
        for number in range(5):
            red_middle, blue_middle = (
                pixels(studio.photograph(look, number=number, pixels=96))[40:56, 40:56].mean(axis=(0, 1))
                for look in (MUG, blue)
            )
            assert red_middle[0] - red_middle[2] > blue_middle[0] - blue_middle[2] + 50

    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_a_pattern_shows(self, studio, pattern):
        patterned = Look(leaf="mugs", shape="classic", colour="red", trim="cream", pattern=pattern)
        plain = pixels(studio.photograph(MUG, number=3, pixels=96))
        assert np.abs(plain - pixels(studio.photograph(patterned, number=3, pixels=96))).max() > 30

    def test_every_shape_can_be_photographed(self, studio, tables):
        for leaf, shapes in tables.silhouettes.items():
            for shape in shapes:
                look = Look(leaf=leaf, shape=shape, colour="blue", trim="orange")
                assert pixels(studio.photograph(look, number=4, pixels=48)).std() > 5


class TestEncode:
    @pytest.mark.parametrize(("kind", "name"), [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
    def test_writes_the_kind_that_is_asked_for(self, studio, kind, name):
        photo = studio.photograph(MUG, number=1, pixels=64)
        with Image.open(io.BytesIO(encode(photo, kind))) as read:
            assert (read.format, read.size) == (name, (64, 64))
            assert np.abs(pixels(read.convert("RGB")) - pixels(photo)).mean() < 12
