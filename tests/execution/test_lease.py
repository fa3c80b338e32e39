"""One run at a time: the second is refused, a dead one's lease is taken over, a lost one is noticed."""

import json
import threading
import time
import uuid

import pytest

from aisle.core.errors import AisleError
from aisle.execution import lease
from aisle.execution.commit import ShardStore
from aisle.execution.lease import LeaseSettings, alone

QUICK = LeaseSettings(renew_s=0.02, lasts_s=0.3)
FILE = "lease/000001.json"


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.slow)])
def store(request):
    if request.param == "memory":
        return ShardStore(f"memory://store-{uuid.uuid4().hex}")
    return ShardStore(f"{request.getfixturevalue('s3')}/{uuid.uuid4().hex}")


def leave(store, number=1, **changes):
    """The lease of a run that was killed a moment ago on another machine."""
    now = time.time()
    holder = {"token": "x", "machine": "far", "process": 7, "alive": "", "since": now, "renewed": now}
    text = json.dumps({**holder, **changes}).encode()
    store.filesystem.pipe_file(store.path(f"lease/{number:06d}.json"), text)


def refused(store, settings=QUICK):
    with pytest.raises(AisleError) as caught, alone(store, settings):
        pass
    return str(caught.value)


def lost(still_alone):
    """Wait for the loss of a lease; gives what is said."""
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        try:
            still_alone()
        except AisleError as error:
            return str(error)
        time.sleep(0.01)
    return "nothing"


def test_a_store_that_lets_a_file_be_created_twice_is_refused(monkeypatch):
    store = ShardStore(f"memory://store-{uuid.uuid4().hex}")
    create = type(store.filesystem).pipe_file
    monkeypatch.setattr(
        type(store.filesystem), "pipe_file", lambda self, path, data, mode="": create(self, path, data)
    )
    assert refused(store).startswith(f"{store.root}: this store lets a file be created twice")
    assert store.names("proof") == store.names("lease") == []


class TestTwo:
    def test_the_second_is_refused_and_told_who_and_what_to_do(self, store):
        with alone(store):
            said = refused(store)
        place = store.filesystem.unstrip_protocol(store.root)
        assert said.startswith(f"{place}: another run is at work in this folder: process ")
        assert "wait for it" in said
        assert f"at once when {FILE} is removed there" in said

    def test_when_the_first_has_ended_there_is_nothing_left(self, store):
        for _ in range(2):
            with alone(store):
                pass
        assert store.names("lease") == []

    def test_an_error_ends_it_too(self, store):
        with pytest.raises(ZeroDivisionError), alone(store):
            _ = 1 / 0
        assert store.names("lease") == []

    def test_of_many_at_once_one_wins(self, store):
        begin, end, won = threading.Barrier(6), threading.Event(), []

        def run():
            begin.wait()
            try:
                with alone(ShardStore(store.filesystem.unstrip_protocol(store.root))):
                    won.append(True)
                    end.wait(5)
            except AisleError:
                won.append(False)
            if len(won) == 6:
                end.set()

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == [False] * 5 + [True]

    def test_a_folder_of_this_machine_has_a_lock_and_no_lease(self, tmp_path):
        store = ShardStore(str(tmp_path))
        with alone(store):
            assert "another run is at work" in refused(store)
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]


class TestStale:
    def test_a_lease_that_nobody_keeps_is_taken_over(self, store):
        leave(store, renewed=time.time() - 1)
        with alone(store, QUICK) as still_alone:
            still_alone()
            assert store.names("lease") == ["000002.json"]
        assert store.names("lease") == []

    def test_a_lease_of_a_moment_ago_is_not(self, store):
        leave(store)
        assert "process 7 on far" in refused(store, LeaseSettings())

    def test_a_clock_that_is_wrong_lets_nobody_take_over_what_is_kept(self, store):
        """It looks old, but it is seen to be written anew."""
        end = threading.Event()

        def keep():
            while not end.wait(0.01):
                leave(store, renewed=time.time() - 1000, since=time.time())

        leave(store, renewed=0)
        thread = threading.Thread(target=keep)
        thread.start()
        said = refused(store)
        end.set()
        thread.join()
        assert "another run is at work" in said

    def test_a_process_of_this_machine_that_is_gone_is_known_to_be(self, store, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(lease, "_sign_of_life", lambda process: "boot pid:[1] 99")
            taken = lease._take(store, LeaseSettings())
            assert taken
            patch.setattr(
                lease,
                "_sign_of_life",
                lambda process: "boot pid:[1] 100",  # the number went to another process
            )
            with alone(store):
                assert store.names("lease") == ["000002.json"]

    def test_a_damaged_lease_stops_nobody(self, store):
        store.filesystem.pipe_file(store.path(FILE), b"{")
        with alone(store, QUICK) as still_alone:
            still_alone()


class TestLost:
    @pytest.mark.parametrize("how", ["removed", "taken over"])
    def test_a_run_whose_lease_is_gone_is_told(self, store, how):
        with alone(store, QUICK) as still_alone:
            still_alone()
            if how == "removed":
                store.filesystem.rm_file(store.path(FILE))
            else:
                leave(store, 2)
            assert "was removed or taken over, so another run may be at work" in lost(still_alone)

    def test_it_does_not_remove_the_lease_of_another(self, store):
        with alone(store, QUICK):
            leave(store, 1)
        assert store.names("lease") == ["000001.json"]

    def test_a_store_that_fails_for_a_moment_is_borne_and_for_long_is_not(self, store, monkeypatch):
        def fails(*_, **__):
            raise OSError("no route to host")

        with alone(store, QUICK) as still_alone:
            monkeypatch.setattr(store.filesystem, "pipe_file", fails)
            still_alone()
            assert "the lease could not be kept (no route to host)" in lost(still_alone)
            monkeypatch.undo()
