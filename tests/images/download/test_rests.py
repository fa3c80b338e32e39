"""Hosts that ask to be left alone for long are left alone by later rounds and runs too."""

import pytest

from aisle.execution.commit import ShardStore
from aisle.images.download.rests import Rests, read_rests, tidy_rests


@pytest.fixture
def store(tmp_path):
    return ShardStore(str(tmp_path))


class TestRests:
    def test_what_one_worker_notes_another_knows_when_it_starts(self, store):
        now = [1000.0]
        first = Rests(store, clock=lambda: now[0])
        first.note("shop.test:80", 600.0)
        first.save()
        now[0] = 1100.0
        second = Rests(store, clock=lambda: now[0])
        assert second.wait_s("shop.test:80") == 500.0
        assert second.wait_s("other.test:80") == 0.0
        assert second.until("shop.test:80") == "1970-01-01 00:26 UTC"

    def test_the_longest_wait_counts(self, store):
        for wait_s in (600.0, 60.0):
            rests = Rests(store, clock=lambda: 1000.0)
            rests.note("shop.test:80", wait_s)
            rests.save()
        assert read_rests(store, 1000.0) == {"shop.test:80": 1600.0}

    def test_nothing_is_written_where_nothing_is_new(self, store):
        rests = Rests(store)
        rests.save(at_once=True)
        assert store.names("rests") == []

    def test_it_is_written_now_and_then_and_at_the_end(self, store):
        now = [1000.0]
        rests = Rests(store, clock=lambda: now[0])
        for number in range(100):
            now[0] += 0.1
            rests.note(f"shop-{number}.test:80", 600.0)
            rests.save()
        assert len(store.names("rests")) <= 3
        rests.save(at_once=True)
        assert len(read_rests(store, now[0])) == 100

    def test_notes_are_put_together_and_what_has_passed_is_dropped(self, store):
        for host, wait_s in (("a.test:80", 600.0), ("b.test:80", 60.0)):
            rests = Rests(store, clock=lambda: 1000.0)
            rests.note(host, wait_s)
            rests.save()
        assert list(tidy_rests(store, 1100.0)) == ["a.test:80"]
        assert len(store.names("rests")) == 1
        assert tidy_rests(store, 2000.0) == {}
        assert store.names("rests") == []
