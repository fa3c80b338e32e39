"""Photos on disk, the damaged ones too."""

import io

import pytest
from PIL import Image, UnidentifiedImageError

from aisle.demo.photos import FAULTS, photo_bytes, write_photos
from aisle.demo.pictures import Look, Studio
from aisle.demo.products import Photo

LOOK = Look(leaf="mugs", shape="classic", colour="red", trim="cream")


@pytest.fixture(scope="module")
def studio(tables):
    return Studio(tables)


def photo(path: str, fault: str = "", number: int = 1) -> Photo:
    return Photo(path=path, look=LOOK, number=number, pixels=48, fault=fault)


class TestWritePhotos:
    def test_each_lies_at_its_path(self, studio, tmp_path):
        assert write_photos([photo("a/1.jpg"), photo("b/2.png")], studio, tmp_path) == 2
        assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == {"a/1.jpg", "b/2.png"}

    def test_a_lost_photo_is_not_written(self, studio, tmp_path):
        assert write_photos([photo("a/1.jpg", "lost")], studio, tmp_path) == 0
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"lost", "placeholder"}))
    def test_a_damaged_photo_is_a_file_that_is_no_whole_image(self, studio, tmp_path, fault):
        write_photos([photo("a/1.jpg", fault)], studio, tmp_path)
        with pytest.raises((UnidentifiedImageError, OSError)), Image.open(tmp_path / "a/1.jpg") as image:
            image.load()

    def test_a_photo_whose_server_fails_is_a_whole_file(self, studio):
        assert photo_bytes(photo("a/1.jpg", "429"), studio) == photo_bytes(photo("a/1.jpg"), studio)

    def test_the_picture_for_no_image_is_the_same_whatever_its_name(self, studio):
        first = photo_bytes(photo("a/1.jpg", "placeholder"), studio)
        assert first == photo_bytes(photo("a/2.png", "placeholder", number=2), studio)
        with Image.open(io.BytesIO(first)) as image:
            assert image.size == (48, 48)

    def test_a_copy_under_another_name_has_the_same_bytes(self, studio):
        assert photo_bytes(photo("a/1.jpg"), studio) == photo_bytes(photo("b/9.jpg"), studio)
        assert photo_bytes(photo("a/1.jpg"), studio) != photo_bytes(photo("a/2.jpg", number=2), studio)
