"""An output is put in place whole or not at all."""

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aisle.core.errors import AisleError
from aisle.core.paths import check_inputs_stay, exchange, new_directory, new_file, was_killed_before


class TestNewDirectory:
    def write(self, target, text, **options):
        with new_directory(target, marker="mark", **options) as folder:
            (folder / "mark").write_text(text)

    def test_it_appears_when_the_block_ends_well(self, tmp_path):
        self.write(tmp_path / "out", "1")
        assert [p.name for p in tmp_path.iterdir()] == ["out"]

    def test_nothing_is_left_of_a_block_that_fails(self, tmp_path):
        with pytest.raises(RuntimeError), new_directory(tmp_path / "out", marker="mark"):
            raise RuntimeError
        assert list(tmp_path.iterdir()) == []

    def test_an_output_that_exists_is_refused(self, tmp_path):
        self.write(tmp_path / "out", "1")
        with pytest.raises(AisleError, match="exists already; name another output, or add --overwrite"):
            self.write(tmp_path / "out", "2")
        assert (tmp_path / "out/mark").read_text() == "1"

    def test_it_replaces_its_own_when_asked_to(self, tmp_path):
        self.write(tmp_path / "out", "1")
        self.write(tmp_path / "out", "2", overwrite=True)
        assert (tmp_path / "out/mark").read_text() == "2"
        assert [p.name for p in tmp_path.iterdir()] == ["out"]

    def test_a_folder_that_is_not_ours_is_never_replaced(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out/letter.txt").write_text("dear")
        with pytest.raises(AisleError, match="not ours to overwrite"):
            self.write(tmp_path / "out", "2", overwrite=True)
        assert (tmp_path / "out/letter.txt").read_text() == "dear"

    def test_an_empty_folder_is_as_good_as_none(self, tmp_path):
        (tmp_path / "out").mkdir()
        self.write(tmp_path / "out", "1")
        assert (tmp_path / "out/mark").read_text() == "1"
        assert [p.name for p in tmp_path.iterdir()] == ["out"]

    def test_the_folder_that_one_is_in_stays(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(AisleError, match=r"^\.: is the folder that you are in; name one below it"):
            self.write(Path(), "1")

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("folder", "folder: holds no mark, so it is not ours to overwrite; name another output"),
            ("file", "file: is a file, and a folder is written; name another output"),
            ("link", "link: holds no mark, so it is not ours to overwrite; name another output"),
        ],
    )
    @pytest.mark.parametrize("overwrite", [False, True])
    def test_overwrite_is_not_offered_where_it_would_be_refused(self, tmp_path, name, said, overwrite):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder/letter.txt").write_text("dear")
        (tmp_path / "file").write_text("dear")
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        with pytest.raises(AisleError) as error:
            self.write(tmp_path / name, "1", overwrite=overwrite)
        assert str(error.value) == f"{tmp_path}/{said}"

    @pytest.mark.parametrize("address", ["s3://bucket/out", "gs://bucket/a/out", "s3://out"])
    def test_an_address_is_refused_as_one(self, address):
        with pytest.raises(AisleError) as error:
            self.write(Path(address), "1")
        assert str(error.value) == (
            f"{address}: is an address, and this output is written to a disk here; name a path, and "
            "copy it there afterwards (`aisle download` alone writes to object stores)"
        )

    def test_where_the_system_lets_nobody_write_it_is_told(self):
        with pytest.raises(AisleError, match=r"/proc/out: cannot be written there .*; name another output"):
            self.write(Path("/proc/out"), "1")
        with (
            pytest.raises(AisleError, match=r"/proc/out\.tsv: cannot be written there"),
            new_file(Path("/proc/out.tsv")),
        ):
            pass

    def test_the_folder_around_it_must_exist(self, tmp_path):
        with pytest.raises(AisleError, match="does not exist; make it first"):
            self.write(tmp_path / "no/out", "1")

    def test_what_a_killed_process_left_is_cleared_away_and_the_old_output_stays(self, tmp_path):
        self.write(tmp_path / "out", "old")
        script = (
            "import sys, time, pathlib\n"
            "from aisle.core.paths import new_directory\n"
            "with new_directory(pathlib.Path(sys.argv[1]), overwrite=True, marker='mark') as folder:\n"
            "    (folder / 'mark').write_text('new'); print('ready', flush=True); time.sleep(60)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, tmp_path / "out"], stdout=subprocess.PIPE
        ) as child:
            child.stdout.readline()
            child.kill()
        assert (tmp_path / "out/mark").read_text() == "old"
        assert len(list(tmp_path.iterdir())) == 2
        self.write(tmp_path / "out", "newer", overwrite=True)
        assert [p.name for p in tmp_path.iterdir()] == ["out"]


class TestInputsStay:
    @pytest.fixture
    def here(self, tmp_path, monkeypatch):
        """A folder with an output that holds a feed and a link to another, and with links to both feeds."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "out").mkdir()
        for name in ("out/feed.tsv", "feed.tsv"):
            (tmp_path / name).write_text("x")
        (tmp_path / "out/link.tsv").symlink_to(tmp_path / "feed.tsv")
        (tmp_path / "link.tsv").symlink_to(tmp_path / "out/feed.tsv")
        (tmp_path / "linked").symlink_to(tmp_path / "out")
        (tmp_path / "ring").symlink_to(tmp_path / "ring")
        return tmp_path

    @pytest.mark.parametrize("out", ["out", "{here}/out", "linked", "out/../out"])
    @pytest.mark.parametrize(
        "held",
        [
            "out/feed.tsv",
            "{here}/out/feed.tsv",
            "file://{here}/out/feed.tsv",
            "linked/feed.tsv",
            "link.tsv",
            "out/link.tsv",
            "out/not-there-yet",
        ],
    )
    def test_an_output_that_holds_one_is_refused(self, here, out, held):
        out, held = out.format(here=here), held.format(here=here)
        with pytest.raises(AisleError) as refused:
            check_inputs_stay(Path(out), ["feed.tsv", held])
        said = f"{Path(out)}: holds {held} and would be overwritten; name another output"
        assert str(refused.value) == said

    @pytest.mark.parametrize("given", ["feed.tsv", "out/link.tsv", "out/../feed.tsv"])
    def test_an_output_that_is_one_is_refused(self, here, given):
        with pytest.raises(AisleError, match=r"feed\.tsv: is an input and would be overwritten"):
            check_inputs_stay(Path("feed.tsv"), [here / given])

    @pytest.mark.parametrize(
        "given", ["feed.tsv", "out/../feed.tsv", "memory://out/feed.tsv", None, ".", "out2", "ring"]
    )
    def test_what_lies_elsewhere_is_safe(self, here, given):
        check_inputs_stay(Path("out"), [given])


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        (".a.tsv.9999999.partial", True),
        (".a.tsv.rejected.jsonl.9999999.partial", False),
        (".a.tsv.1.partial", False),
        (".b.tsv.9999999.partial", False),
    ],
)
def test_a_process_that_was_killed_is_known_by_what_it_left(tmp_path, name, is_told):
    (tmp_path / name).write_text("x")
    assert was_killed_before(tmp_path / "a.tsv") == is_told


class TestNewFile:
    def test_it_appears_whole(self, tmp_path):
        with new_file(tmp_path / "a.tsv") as partial:
            partial.write_text("x")
            assert not (tmp_path / "a.tsv").exists()
        assert (tmp_path / "a.tsv").read_text() == "x"

    def test_a_folder_is_no_place_for_a_file(self, tmp_path):
        with pytest.raises(AisleError, match="is a folder; name a file"), new_file(tmp_path, overwrite=True):
            pass


def test_exchange_never_leaves_a_moment_without_either(tmp_path):
    """A second process that looks all the time sees the output in every look."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    watch = "import os, sys\nwhile os.path.exists(sys.argv[1]): pass\nprint('gone')"
    with subprocess.Popen([sys.executable, "-c", watch, second], stdout=subprocess.PIPE) as watcher:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            exchange(first, second)
        assert watcher.poll() is None
        watcher.kill()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_in_one_line_and_nothing_is_left(tmp_path, error):
    with (
        pytest.raises(AisleError, match="nothing was changed there; make room"),
        new_directory(tmp_path / "out", marker="mark"),
    ):
        raise OSError(error, "words of another library")
    assert list(tmp_path.iterdir()) == []
