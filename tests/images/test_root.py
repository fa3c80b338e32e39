"""The folder that `--images` names, whatever kind it is; several of them as one."""

from hashlib import sha256

import pyarrow as pa
import pytest

from aisle.core.errors import AisleError
from aisle.images import ImageFolder, ImageRoots, open_root
from aisle.images.downloaded import DownloadedImages


@pytest.fixture
def downloaded(tmp_path, picture_shop, fetch):
    """A folder that a download of one picture wrote."""
    (tmp_path / "addresses.txt").write_text(picture_shop.address("/0.png"))
    fetch(tmp_path / "addresses.txt", tmp_path / "downloaded")
    return tmp_path / "downloaded"


class TestOpenRoot:
    def test_a_folder_of_files_is_one(self, tmp_path):
        assert isinstance(open_root(tmp_path), ImageFolder)

    def test_a_folder_that_aisle_download_wrote_is_told_by_its_manifest(self, downloaded):
        assert isinstance(open_root(downloaded), DownloadedImages)
        assert isinstance(open_root(str(downloaded)), DownloadedImages)

    def test_it_may_lie_on_another_file_system(self, downloaded):
        assert isinstance(open_root(f"file://{downloaded}"), DownloadedImages)

    @pytest.mark.parametrize("text", ['{"1.jpg": "a mug"}', "[]", "not JSON"])
    def test_pictures_may_lie_beside_a_file_of_the_manifests_name(self, tmp_path, text):
        (tmp_path / "images.json").write_text(text)
        assert isinstance(open_root(tmp_path), ImageFolder)

    def test_a_manifest_that_is_damaged_is_told(self, downloaded):
        (downloaded / "images.json").write_text("{")
        with pytest.raises(AisleError, match=r"downloaded/images\.json: is damaged .*; download into a new"):
            open_root(downloaded)

    def test_a_folder_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(AisleError, match="nowhere: no such folder"):
            open_root(tmp_path / "nowhere")


class TestImageRoots:
    def test_of_two_images_with_one_link_the_one_with_the_right_hash_is_meant(self, tmp_path):
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "1.jpg").write_bytes(name.encode())
        both = ImageRoots([ImageFolder(tmp_path / name) for name in ("a", "b")])
        assert both.read("1.jpg", sha256(b"b").hexdigest()) == b"b"
        assert both.read("1.jpg", "") == b"a"
        assert both.read("1.jpg", sha256(b"c").hexdigest()) is None

    def test_a_download_among_them_says_how_to_read_and_what_its_pictures_are(
        self, tmp_path, downloaded, picture_shop
    ):
        (tmp_path / "plain").mkdir()
        pictures = open_root(downloaded)
        both = ImageRoots([ImageFolder(tmp_path / "plain"), pictures])
        link, known = picture_shop.address("/0.png"), picture_shop.hash_of("/0.png")
        assert both.key(link, known) == pictures.key(link, known) != known
        assert both.key("1.jpg", known) == known
        assert both.order([link, "1.jpg"]) == pictures.order([link, "1.jpg"])
        assert both.form == pictures.form


def test_both_kinds_look_at_every_link(tmp_path, downloaded, picture_shop):
    links = ["1.jpg", picture_shop.address("/0.png"), "", "../x.jpg", "s3://bucket/x.jpg"]
    (tmp_path / "1.jpg").write_bytes(b"pixels")

    def statuses(root):
        return [image["status"] for image in root.look_all(pa.array(links)).to_pylist()]

    assert statuses(open_root(tmp_path)) == ["ok", "remote", "missing", "outside", "remote"]
    assert statuses(open_root(downloaded)) == ["no_root", "ok", "missing", "outside", "missing"]
    assert statuses(ImageFolder(None)) == ["no_root", "remote", "missing", "outside", "remote"]
