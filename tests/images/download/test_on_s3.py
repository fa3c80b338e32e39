"""A folder of images on an object store: the rows of a local one, whole after a kill, read by links."""

import signal
import time
import uuid
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from aisle.core.errors import AisleError
from aisle.execution.commit import ShardStore
from aisle.execution.lease import LeaseSettings
from aisle.images.download.run import Watcher, download
from aisle.images.downloaded import DownloadedImages

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(s3):
    """A folder of its own in the bucket."""
    return f"{s3}/{uuid.uuid4().hex}"


class TestStore:
    def test_the_first_commit_wins(self, bucket):
        first, second = ShardStore(bucket), ShardStore(bucket)
        assert first.commit("0001", {"records.txt": lambda file: file.write(b"one")}, {})
        assert not second.commit("0001", {"records.txt": lambda file: file.write(b"two")}, {})
        assert second.committed() == ["0001"]
        assert second.filesystem.cat_file(second.path(second.entry("0001").files["records"])) == b"one"
        assert len(second.names("records")) == 1

    def test_what_a_killed_attempt_left_is_swept_away(self, bucket):
        store = ShardStore(bucket)
        store.commit("0001", {"records.txt": lambda file: file.write(b"one")}, {})
        store.filesystem.pipe_file(store.path("records/0001.dead.txt"), b"half")
        assert store.sweep() == 1
        assert len(store.names("records")) == 1


@pytest.fixture(params=["memory", "s3"])
def elsewhere(request):
    """A folder of its own on a file system that has no locks."""
    if request.param == "memory":
        return f"memory://images-{uuid.uuid4().hex}"
    return request.getfixturevalue("bucket")


class Second(Watcher):
    """Starts another download into the same folder as soon as the first is at work."""

    def __init__(self, again):
        self.again, self.said = again, ""

    def planned(self, plan, n_done):
        with pytest.raises(AisleError) as caught:
            self.again()
        self.said = str(caught.value)


class TestTwoAtOnce:
    def test_the_second_run_is_refused_and_harms_nothing(
        self, shop, run_settings, list_of, elsewhere, records
    ):
        addresses = [shop.address(f"/a.jpg?{n}", host=f"shop-{n % 3}.test") for n in range(30)]
        source = list_of(*addresses)
        second = Second(lambda: download(source, elsewhere, run_settings()))
        download(source, elsewhere, run_settings(shard_rows=5), second)
        assert "another run is at work in this folder: process" in second.said
        assert sorted(records(elsewhere)) == sorted(addresses)
        assert len(shop.hits) == 30

    def test_a_run_that_loses_its_lease_stops(self, shop, run_settings, list_of, elsewhere, monkeypatch):
        """As one does that was asleep while another took over; what it has committed stays."""
        monkeypatch.setattr("aisle.execution.lease.LeaseSettings", partial(LeaseSettings, renew_s=0.02))

        class Thief(Watcher):
            def planned(self, plan, n_done):
                assert ShardStore(elsewhere).create("lease/000002.json", b"{}")
                time.sleep(0.2)

        source = list_of(*[shop.address(f"/a.jpg?{n}") for n in range(30)])
        with pytest.raises(AisleError, match="the lease of this run was removed or taken over"):
            download(source, elsewhere, run_settings(shard_rows=5), Thief())
        store = ShardStore(elsewhere)
        store.filesystem.rm_file(store.path("lease/000002.json"))
        assert download(source, elsewhere, run_settings()).by_status == {"ok": 30}


class TestDownload:
    def test_the_rows_are_those_of_a_local_folder(
        self, far_shop, run_settings, list_of, images, bucket, records
    ):
        paths = [
            "/a.jpg",
            "/fault/404/b.jpg",
            "/fault/truncated/c.jpg",
            "/fault/redirect/d.jpg",
            "/fault/noai/e.jpg",
        ]
        source = list_of(
            *[far_shop.address(f"{path}?{n}", host=f"shop-{n % 5}.test") for n in range(10) for path in paths]
        )
        there = download(source, bucket, run_settings(n_workers=2, shard_rows=10))
        here = download(source, images, run_settings(n_workers=2, shard_rows=10))
        assert there == here
        found = records(bucket)
        assert found == records(images)
        assert len(found) == 50

    def test_a_second_run_has_nothing_to_do(self, shop, run_settings, list_of, bucket):
        source = list_of(shop.address("/a.jpg"), shop.address("/fault/404/a.jpg"))
        assert download(source, bucket, run_settings()) == download(source, bucket, run_settings())
        assert len(shop.hits) == 2

    def test_pictures_are_found_by_their_links(self, shop, run_settings, list_of, bucket):
        here, gone = shop.address("/a.jpg"), shop.address("/fault/404/a.jpg")
        download(list_of(here, gone), bucket, run_settings())
        found = DownloadedImages(bucket)
        statuses = pc.struct_field(found.look_all(pa.array([here, gone])), "status")
        assert statuses.to_pylist() == ["ok", "missing"]
        assert found.read(here).startswith(b"\xff\xd8")

    def test_a_kill_loses_and_doubles_nothing(self, work, bucket, tmp_path):
        expected = work.finish(tmp_path / "whole")
        assert sorted(row["address"] for row in expected) == sorted(work.addresses)
        assert work(bucket, n_workers=0, point="before entry", nth=2).wait(60) == -signal.SIGKILL
        assert work.finish(bucket, n_workers=0) == expected
        store = ShardStore(bucket)
        assert len(store.names("records")) == len(store.committed())


class TestMistakes:
    def test_a_bucket_that_is_not_there_is_an_error(self, s3, run_settings, list_of):
        with pytest.raises(AisleError, match=r"^s3://no-such-bucket/images: .*bucket"):
            download(list_of("http://a.test/b.jpg"), "s3://no-such-bucket/images", run_settings())
