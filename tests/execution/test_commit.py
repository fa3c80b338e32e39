"""A shard becomes visible whole and once, on every kind of file system."""

import json
import signal
import subprocess
import sys
import threading
import uuid

import pytest

from aisle.execution import commit
from aisle.execution.commit import ShardStore


@pytest.fixture(params=["local", "memory"])
def root(request, tmp_path):
    return str(tmp_path / "store") if request.param == "local" else f"memory://store-{uuid.uuid4().hex}"


def writes(text):
    return {"records.txt": lambda file: file.write(text.encode())}


def read(store, name):
    with store.open(store.entry(name).files["records"]) as file:
        return file.read().decode()


class TestCommit:
    def test_nothing_is_visible_before_the_first_commit(self, root):
        assert ShardStore(root).committed() == []

    def test_a_committed_shard_is_read_back_with_its_facts(self, root):
        store = ShardStore(root)
        assert store.commit("0001", writes("one"), {"rows": 1})
        assert store.committed() == ["0001"]
        assert store.entry("0001").facts == {"rows": 1}
        assert read(store, "0001") == "one"
        assert store.is_committed("0001")
        assert not store.is_committed("0002")

    def test_the_first_attempt_wins_and_the_second_leaves_nothing(self, root):
        store = ShardStore(root)
        assert store.commit("0001", writes("first"), {})
        assert not store.commit("0001", writes("second"), {})
        assert read(store, "0001") == "first"
        assert len(store.names("records")) == 1

    def test_of_many_at_once_one_wins(self, root):
        won = []
        threads = [
            threading.Thread(
                target=lambda n=n: (
                    won.append(n) if ShardStore(root).commit("0001", writes(str(n)), {}) else None
                )
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert read(ShardStore(root), "0001") == str(won[0])

    def test_what_failed_attempts_left_is_swept_away(self, root):
        store = ShardStore(root)
        store.commit("0001", writes("one"), {})
        with store.filesystem.open(store.path("records/0001.dead.txt"), "wb") as file:
            file.write(b"half")
        assert store.sweep() == 1
        assert read(store, "0001") == "one"
        assert len(store.names("records")) == 1

    def test_what_a_running_attempt_has_written_is_not_swept_away(self, root, monkeypatch):
        """Its shard is not committed yet, so it may still be named by an entry."""
        store = ShardStore(root)
        store.commit("0001", writes("one"), {})
        monkeypatch.setattr(
            commit, "reach", lambda point: point == "before entry" and ShardStore(root).sweep()
        )
        store.commit("0002", writes("two"), {})
        assert (read(store, "0001"), read(store, "0002")) == ("one", "two")

    def test_a_name_has_no_dot(self, root):
        with pytest.raises(ValueError, match="has a dot"):
            ShardStore(root).commit("0001.5", writes("one"), {})

    def test_a_writer_that_fails_leaves_nothing_visible(self, root):
        def fails(file):
            file.write(b"half")
            raise OSError("no space left")

        store = ShardStore(root)
        with pytest.raises(OSError, match="no space"):
            store.commit("0001", {"records.txt": fails}, {})
        assert store.committed() == []


POINTS = ["before records.txt", "before entry", "before link", "after link", "after entry"]
SCRIPT = """
import os, signal, sys
from aisle.execution import commit
point, root = sys.argv[1:]
commit.reach = lambda reached: os.kill(os.getpid(), signal.SIGKILL) if reached == point else None
commit.ShardStore(root).commit("0001", {"records.txt": lambda file: file.write(b"one" * 1000)}, {"rows": 1})
"""


class TestKill:
    @pytest.mark.parametrize("point", POINTS)
    def test_a_kill_at_any_point_leaves_all_or_nothing(self, tmp_path, point):
        root = str(tmp_path / "store")
        killed = subprocess.run([sys.executable, "-c", SCRIPT, point, root], check=False)
        assert killed.returncode == -signal.SIGKILL
        store = ShardStore(root)
        assert store.committed() in ([], ["0001"])
        store.commit("0001", writes("one" * 1000), {"rows": 1})
        assert read(store, "0001") == "one" * 1000
        assert json.loads((tmp_path / "store/entries/0001.json").read_bytes())["facts"] == {"rows": 1}
        store.sweep()
        assert len(store.names("records")) == 1

    def test_every_point_is_tried(self, tmp_path, monkeypatch):
        reached = []
        monkeypatch.setattr(commit, "reach", reached.append)
        ShardStore(str(tmp_path)).commit("0001", writes("one"), {})
        assert reached == POINTS
        assert [path.name for path in (tmp_path / "entries").iterdir()] == ["0001.json"]
