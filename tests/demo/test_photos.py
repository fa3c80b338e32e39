"""Photos on disk, the damaged ones too."""

import pytest
from PIL import Image, UnidentifiedImageError

from aisle.demo.photos import FAULTS, photo_bytes, write_photos
from aisle.demo.pictures import Look, Studio
from aisle.demo.products import Photo

LOOK = Look(leaf="mugs", shape="classic", colour="red", trim="cream")


@pytest.fixture(scope="module")
def studio(tables):
    return Studio(tables)


def photo(link: str, fault: str = "", number: int = 1) -> Photo:
    return Photo(link=link, look=LOOK, number=number, pixels=48, fault=fault)


class TestWritePhotos:
    def test_each_lies_at_its_link(self, studio, tmp_path):
        assert write_photos([photo("a/1.jpg"), photo("b/2.png")], studio, tmp_path) == 2
        assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == {"a/1.jpg", "b/2.png"}

    def test_a_lost_photo_and_one_outside_are_not_written(self, studio, tmp_path):
        faulty = [photo("a/1.jpg", "lost"), photo("../../etc/passwd", "outside")]
        assert write_photos(faulty, studio, tmp_path) == 0
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"lost", "outside"}))
    def test_a_damaged_photo_is_a_file_that_is_no_whole_image(self, studio, tmp_path, fault):
        write_photos([photo("a/1.jpg", fault)], studio, tmp_path)
        with pytest.raises((UnidentifiedImageError, OSError)), Image.open(tmp_path / "a/1.jpg") as image:
            image.load()

    def test_a_copy_under_another_name_has_the_same_bytes(self, studio):
        assert photo_bytes(photo("a/1.jpg"), studio) == photo_bytes(photo("b/9.jpg"), studio)
        assert photo_bytes(photo("a/1.jpg"), studio) != photo_bytes(photo("a/2.jpg", number=2), studio)
