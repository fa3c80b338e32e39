"""The schedule: rates, connections, back-off, and hosts set aside, with time given by hand."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.limits import HostLimits
from aisle.images.download.politeness import Patience, Schedule


def schedule(rate=10.0, n_connections=100, limits=None, **patience):
    of = (limits or {}).get
    usual = HostLimits(requests_per_s=rate, n_connections=n_connections)
    return Schedule(lambda queue: of(queue) or usual, patience=Patience(**patience), chance=random.Random(7))


def run(made, *, until=10_000.0, takes=0.0, failed=lambda queue, job: False, now=0.0):
    """Play a schedule through: each job ends `takes` seconds after its start. Returns (start, queue, job)."""
    started, under_way = [], []
    while now < until:
        for end in [entry for entry in under_way if entry[0] <= now]:
            under_way.remove(end)
            made.done(end[1], now, failed=failed(end[1], end[2]))
        offer = made.next(now)
        if isinstance(offer, tuple):
            started.append((now, *offer))
            under_way.append((now + takes, *offer))
            continue
        moments = [entry[0] for entry in under_way]
        if isinstance(offer, float):
            moments.append(now + offer)
        if not moments:
            return started
        now = max(min(moments), now)
    return started


class TestRate:
    @given(rate=st.sampled_from([0.5, 2.0, 10.0, 100.0, 1000.0]), takes=st.floats(0, 0.3))
    def test_no_second_has_more_requests_than_the_rate_and_one_burst(self, rate, takes):
        made = schedule(rate)
        for job in range(60):
            made.add("shop", job, 0.0)
        starts = [start for start, _, _ in run(made, takes=takes)]
        assert len(starts) == 60
        for window in (1.0, 10.0):
            for first in starts:
                within = sum(first <= start < first + window for start in starts)
                assert within <= rate * window + max(1.0, rate * 0.05) + 1e-6

    def test_a_slow_host_does_not_slow_another(self):
        made = schedule(limits={"slow": HostLimits(requests_per_s=1)})
        for job in range(10):
            made.add("slow", job, 0.0)
            made.add("quick", job, 0.0)
        quick = [start for start, queue, _ in run(made) if queue == "quick"]
        assert quick[-1] == pytest.approx(0.9)

    def test_time_that_was_missed_is_not_caught_up(self):
        made = schedule(10.0)
        for job in range(10):
            made.add("shop", job, 0.0)
        assert isinstance(made.next(0.0), tuple)
        assert isinstance(made.next(5.0), tuple)
        assert made.next(5.0) == pytest.approx(0.1)

    def test_jobs_of_a_host_keep_their_order(self):
        made = schedule()
        for job in range(20):
            made.add("shop", job, 0.0)
        assert [job for _, _, job in run(made)] == list(range(20))


class TestConnections:
    def test_no_more_requests_are_under_way_than_allowed(self):
        made = schedule(1000.0, n_connections=2)
        for job in range(5):
            made.add("shop", job, 0.0)
        taken = [made.next(1.0), made.next(1.0)]
        assert all(isinstance(offer, tuple) for offer in taken)
        assert made.next(1.0) is None
        made.done("shop", 1.0)
        assert isinstance(made.next(1.1), tuple)

    def test_a_held_host_starts_nothing_until_it_is_released(self):
        made = schedule()
        made.add("shop", 1, 0.0)
        made.hold("shop")
        assert made.next(0.0) is None
        made.release("shop", 0.0)
        assert made.next(0.0) == ("shop", 1)

    def test_a_job_that_was_not_asked_costs_nothing(self):
        made = schedule(1.0)
        made.add("shop", 1, 0.0)
        queue, job = made.next(0.0)
        made.undo(queue, job, 0.0)
        assert made.next(0.0) == ("shop", 1)


class TestBackOff:
    def test_a_failure_delays_the_host_and_a_success_ends_it(self):
        made = schedule(base_s=100.0, longest_s=100.0)
        made.add("shop", 1, 0.0)
        made.next(0.0)
        made.add("shop", 2, 0.0)
        made.done("shop", 0.0, failed=True)
        wait = made.next(0.2)
        assert isinstance(wait, float)
        assert 0.0 < wait <= 100.0
        assert made.next(100.0) == ("shop", 2)

    def test_what_the_host_asks_for_is_granted(self):
        made = schedule(base_s=0.1)
        made.add("shop", 1, 0.0)
        made.next(0.0)
        made.add("shop", 2, 0.0)
        made.done("shop", 0.0, failed=True, wait_s=30.0)
        assert made.next(0.0) == pytest.approx(30.0)

    def test_a_host_that_keeps_failing_is_tried_again_at_the_end(self):
        made = schedule(1000.0, n_connections=2, n_failures=3, aside_s=50.0, base_s=0.01, longest_s=0.01)
        for job in range(10):
            made.add("bad", job, 0.0)
        for job in range(1000):
            made.add("good", job, 0.0)
        started = run(made, takes=0.05, failed=lambda queue, job: queue == "bad" and job < 9)
        bad = [start for start, queue, _ in started if queue == "bad"]
        assert max(later - earlier for earlier, later in pairwise(bad)) >= 49.0
        assert bad[-1] > max(start for start, queue, _ in started if queue == "good")

    def test_a_host_that_fails_again_is_given_up_and_loses_no_job(self):
        made = schedule(1000.0, n_connections=1, n_failures=3, aside_s=50.0, base_s=0.01, longest_s=0.01)
        for job in range(10):
            made.add("bad", job, 0.0)
        started = run(made, takes=0.05, failed=lambda queue, job: True)
        given_up = made.given_up()
        assert sorted([job for _, _, job in started] + [job for _, job in given_up]) == list(range(10))
        assert made.n_waiting == made.n_under_way == 0
        made.add("bad", 10, 0.0)
        assert made.given_up() == [("bad", 10)]

    def test_a_host_that_asks_for_too_long_is_set_aside_and_others_go_on(self):
        made = schedule(longest_wait_s=10.0, aside_s=1.0)
        for job in range(3):
            made.add("busy", job, 0.0)
            made.add("shop", job, 0.0)
        queue, _ = made.next(0.0)
        made.done(queue, 0.0, failed=True, wait_s=600.0)
        started = run(made)
        assert [name for _, name, _ in started][:3] == ["shop"] * 3
        assert started[3][0] >= 600.0


class TestMemory:
    def test_a_host_with_nothing_to_do_is_forgotten(self):
        made = schedule(1000.0)
        for number in range(500):
            made.add(f"host-{number}", 0, 0.0)
        run(made)
        for number in range(500):
            made.add(f"host-{number}", 0, 10.0)
        run(made, takes=1.0, now=10.0)
        assert len(made._hosts) == 0


class TestLaws:
    @given(
        st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40),
        st.floats(0.0, 2.0),
    )
    def test_every_job_is_started_once_or_given_up_once(self, jobs, takes):
        made = schedule(5.0, n_connections=2, n_failures=2, aside_s=3.0, base_s=0.1)
        for number, (queue, fails) in enumerate(jobs):
            made.add(queue, (number, fails), 0.0)
        started = run(made, takes=takes, failed=lambda queue, job: job[1])
        seen = [job[0] for _, _, job in started] + [job[0] for _, job in made.given_up()]
        assert sorted(seen) == list(range(len(jobs)))
        assert (made.n_waiting, made.n_under_way) == (0, 0)


class TestBar:
    def test_of_a_barred_host_only_urgent_jobs_start(self):
        made = schedule()
        made.add("shop", "image", 0.0)
        made.bar("shop")
        assert made.next(0.0) is None
        made.add("shop", "rules", 0.0, urgent=True)
        assert made.next(0.0) == ("shop", "rules")
        made.done("shop", 0.0)
        made.unbar("shop", 0.0)
        assert made.next(1.0) == ("shop", "image")

    def test_an_urgent_job_keeps_the_rate_and_is_given_up_with_its_host(self):
        made = schedule(rate=1.0)
        for job in ("one", "two"):
            made.add("shop", job, 0.0, urgent=True)
        assert made.next(0.0) == ("shop", "one")
        assert made.next(0.0) == pytest.approx(1.0)
        made.done("shop", 0.0, failed=True, wait_s=10_000.0)
        assert made.given_up() == [("shop", "two")]

    def test_a_host_that_was_set_aside_comes_back_though_another_is_barred_until_then(self):
        """The rules of the barred one lie with the one that was set aside."""
        made = schedule(n_failures=1, aside_s=5.0)
        made.add("far", "image", 0.0)
        made.next(0.0)
        made.done("far", 0.0, failed=True)
        made.add("shop", "image", 0.0)
        made.bar("shop")
        made.add("far", "rules", 0.0, urgent=True)
        (started,) = run(made, failed=lambda queue, job: False)
        assert started[1:] == ("far", "rules")
        assert started[0] >= 5.0
