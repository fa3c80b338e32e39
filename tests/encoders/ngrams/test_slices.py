import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.encoders.ngrams.slices import Slices


class TestSlices:
    @given(n=st.integers(0, 200), threads=st.integers(1, 9), multiple=st.sampled_from([1, 4, 16]))
    def test_they_cover_all_work_once_and_start_at_multiples(self, n, threads, multiple):
        done = []
        Slices().run(lambda first, stop: done.append((first, stop)), n, threads, multiple)
        covered = [i for first, stop in sorted(done) for i in range(first, stop)]
        assert covered == list(range(n))
        assert len(done) <= threads
        assert all(first % multiple == 0 for first, _ in done)

    def test_one_slice_runs_in_the_calling_thread(self):
        names = []
        Slices().run(lambda *_: names.append(threading.current_thread()), 10, 1)
        assert names == [threading.current_thread()]

    def test_what_a_slice_raises_is_raised(self):
        def work(first, stop):
            if first:
                raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            Slices().run(work, 10, 2)

    def test_more_threads_may_be_asked_for_later(self):
        slices, done = Slices(), []
        for threads in (2, 4, 3):
            slices.run(lambda first, stop: done.append(stop - first), 12, threads)
        assert sum(done) == 36
