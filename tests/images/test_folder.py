"""A feed's links below an image folder."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.errors import AisleError
from aisle.images.folder import ImageFolder
from aisle.images.hashes import hash_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one image, beside a file that no link may reach."""
    folder = tmp_path / "images"
    (folder / "shoes").mkdir(parents=True)
    (folder / "shoes" / "1.jpg").write_bytes(b"pixels")
    (tmp_path / "secret").write_bytes(b"secret")
    return folder


class TestALinkBelowTheFolder:
    def test_is_read_and_hashed(self, root: Path) -> None:
        ref = ImageFolder(root).look("shoes/1.jpg")
        assert (ref.link, ref.sha256, ref.status, ref.reason) == ("shoes/1.jpg", hash_of(b"pixels"), "ok", "")
        assert ImageFolder(root).read("shoes/1.jpg") == b"pixels"

    def test_may_be_a_symbolic_link_that_stays_inside(self, root: Path) -> None:
        (root / "same.jpg").symlink_to(root / "shoes" / "1.jpg")
        assert ImageFolder(root).look("same.jpg").status == "ok"

    def test_works_where_the_folder_itself_is_a_symbolic_link(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "alias").symlink_to(root)
        assert ImageFolder(tmp_path / "alias").look("shoes/1.jpg").status == "ok"

    def test_works_where_the_folder_is_relative_and_the_process_moves_on(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(root.parent)
        folder = ImageFolder(Path("images"))
        monkeypatch.chdir("/")
        assert folder.look("shoes/1.jpg").status == "ok"

    @pytest.mark.parametrize(
        "name", ["a%2f..%2fb.jpg", "a?b.jpg", "..a.jpg", "a..jpg", "a b.jpg", "ä.jpg", "a\\b"]
    )
    def test_is_taken_literally(self, root: Path, name: str) -> None:
        (root / name).write_bytes(b"odd")
        assert ImageFolder(root).read(name) == b"odd"


class TestALinkThatLeavesTheFolder:
    @pytest.mark.parametrize(
        "link",
        [
            "../secret",
            "shoes/../../secret",
            "shoes/../shoes/1.jpg",
            "..",
            "..\\secret",
            "shoes\\..\\..\\secret",
            "\\\\host\\share",
            "//host/share",
            "/etc/passwd",
            "C:\\secret",
            "c:secret",
            "file:///etc/passwd",
            "FILE:secret",
            "shoes/1.jpg\0",
            "../images/shoes/1.jpg",
        ],
    )
    def test_is_refused_by_its_name(self, root: Path, link: str) -> None:
        ref = ImageFolder(root).look(link)
        assert (ref.sha256, ref.status) == ("", "outside")
        assert ref.reason
        assert ImageFolder(root).read(link) is None

    def test_is_refused_when_a_symbolic_link_leads_out(self, root: Path) -> None:
        (root / "out").symlink_to(root.parent)
        (root / "file").symlink_to(root.parent / "secret")
        folder = ImageFolder(root)
        assert {folder.look("out/secret").status, folder.look("file").status} == {"outside"}

    def test_is_refused_when_it_leads_to_a_folder_whose_name_only_begins_alike(self, root: Path) -> None:
        (root.parent / "images2").mkdir()
        (root.parent / "images2" / "x").write_bytes(b"secret")
        (root / "x").symlink_to(root.parent / "images2" / "x")
        assert ImageFolder(root).look("x").status == "outside"

    def test_is_refused_though_no_such_file_exists(self, root: Path) -> None:
        assert ImageFolder(root).look("../nothing").status == "outside"

    @given(
        st.lists(
            st.sampled_from(["..", ".", "shoes", "1.jpg", "out", "/", "\\", "\0", "%2e%2e", ""]), max_size=8
        )
    )
    def test_never_gives_the_bytes_outside(
        self, tmp_path_factory: pytest.TempPathFactory, parts: list[str]
    ) -> None:
        base = tmp_path_factory.getbasetemp() / "never"
        (base / "images" / "shoes").mkdir(parents=True, exist_ok=True)
        (base / "secret").write_bytes(b"secret")
        for end in ("secret", "never/secret"):
            assert ImageFolder(base / "images").read("/".join([*parts, end])) is None


class TestALinkWithoutBytes:
    @pytest.mark.parametrize(
        "link", ["http://shop.test/1.jpg", "HTTPS://shop.test/1.jpg", "s3://bucket/1.jpg"]
    )
    def test_that_is_an_address_is_remote(self, root: Path, link: str) -> None:
        assert ImageFolder(root).look(link).status == "remote"

    @pytest.mark.parametrize(
        "link", ["", "nothing.jpg", "shoes/1.jpg/2", "x" * 100_000, "a/" * 50_000, "\ud800.jpg"]
    )
    def test_that_names_no_file_is_missing(self, root: Path, link: str) -> None:
        ref = ImageFolder(root).look(link)
        assert ref.status == "missing"
        assert ref.reason

    def test_that_names_a_folder_is_unreadable(self, root: Path) -> None:
        assert ImageFolder(root).look("shoes").reason == "is a folder"
        assert ImageFolder(root).look(".").status == "unreadable"

    def test_that_names_a_pipe_is_unreadable_at_once(self, root: Path) -> None:
        os.mkfifo(root / "pipe.jpg")
        assert ImageFolder(root).look("pipe.jpg").reason == "is no regular file"

    def test_that_goes_in_circles_is_unreadable(self, root: Path) -> None:
        (root / "a").symlink_to(root / "b")
        (root / "b").symlink_to(root / "a")
        assert ImageFolder(root).look("a").status == "unreadable"

    def test_that_names_an_empty_file_is_unreadable(self, root: Path) -> None:
        (root / "empty.jpg").touch()
        assert ImageFolder(root).look("empty.jpg").reason == "the file is empty"

    def test_that_names_a_file_over_the_limit_is_unreadable(self, root: Path) -> None:
        assert ImageFolder(root, max_bytes=5).look("shoes/1.jpg").reason == "larger than 5 bytes"
        assert ImageFolder(root, max_bytes=6).look("shoes/1.jpg").status == "ok"

    def test_has_no_root_where_no_folder_was_named(self) -> None:
        folder = ImageFolder(None)
        statuses = [folder.look(link).status for link in ("a.jpg", "../a.jpg", "http://shop.test/a.jpg")]
        assert statuses == ["no_root", "outside", "remote"]


class TestTheFolder:
    def test_that_does_not_exist_is_an_error_that_names_the_option(self, tmp_path: Path) -> None:
        with pytest.raises(AisleError, match=r"nowhere: no such folder; name the folder .*--images DIR"):
            ImageFolder(tmp_path / "nowhere")

    def test_that_is_a_file_is_an_error(self, root: Path) -> None:
        with pytest.raises(AisleError, match="is not a folder"):
            ImageFolder(root / "shoes" / "1.jpg")
