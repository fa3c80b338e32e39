"""The schedule: rates, connections, back-off, and hosts set aside, with time given by hand."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.limits import HostLimits
from aisle.images.download.politeness import Patience, Schedule


def schedule(rate=10.0, n_connections=100, limits=None, most_doubtful=1000, on_forget=print, **patience):
    of = (limits or {}).get
    usual = HostLimits(requests_per_s=rate, n_connections=n_connections)
    return Schedule(
        lambda queue: of(queue) or usual,
        patience=Patience(**patience),
        chance=random.Random(7),
        most_doubtful=most_doubtful,
        on_forget=on_forget,
    )


def introduce(made, *queues, now=0.0, seconds=0.1):
    """Have hosts answer once."""
    for queue in queues:
        made.add(queue, "first", now)
        assert made.next(now) == (queue, "first")
        made.done(queue, now, seconds=seconds)


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
    @pytest.mark.parametrize("n_connections", [1, 2])
    def test_what_is_not_asked_costs_no_time(self, n_connections):
        made = schedule(0.5, n_connections=n_connections)
        introduce(made, "shop")
        for job in range(4):
            made.add("shop", job, 2.0)
        assert made.next(2.0) == ("shop", 0)
        made.skip("shop", 2.0)
        assert made.next(2.0) == ("shop", 1)
        made.undo("shop", 1, 2.0)
        assert made.next(2.0) == ("shop", 1)
        made.done("shop", 2.0)
        assert made.next(2.0) == pytest.approx(2.0)

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
        introduce(made, "shop")
        for job in range(10):
            made.add("shop", job, 1.0)
        assert isinstance(made.next(1.0), tuple)
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
        introduce(made, "shop")
        for job in range(5):
            made.add("shop", job, 0.0)
        taken = [made.next(1.0), made.next(1.0)]
        assert all(isinstance(offer, tuple) for offer in taken)
        assert made.next(1.0) is None
        made.done("shop", 1.0)
        assert isinstance(made.next(1.1), tuple)

    def test_a_host_that_was_never_asked_gets_one_connection_until_it_answers(self):
        made = schedule(1000.0, n_connections=2)
        for job in range(3):
            made.add("shop", job, 0.0)
        assert made.next(1.0) == ("shop", 0)
        assert made.next(2.0) is None
        made.done("shop", 2.0)
        assert [made.next(3.0), made.next(4.0)] == [("shop", 1), ("shop", 2)]

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
        assert made.n_hosts_waiting == made.n_under_way == 0
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


class TestRests:
    @pytest.mark.parametrize(("rest_s", "asked_at"), [(60.0, 60.0), (600.0, 600.0), (6000.0, None)])
    def test_a_host_that_asked_earlier_is_left_alone(self, rest_s, asked_at):
        made = Schedule(
            lambda queue: HostLimits(),
            patience=Patience(),
            chance=random.Random(1),
            rest_s=lambda queue: rest_s if queue == "busy" else 0.0,
        )
        made.add("busy", 1, 0.0)
        made.add("shop", 2, 0.0)
        assert made.next(0.0) == ("shop", 2)
        made.done("shop", 0.0)
        later = [start for start, _, _ in run(made)]
        assert later == ([] if asked_at is None else [pytest.approx(asked_at)])
        assert made.given_up() == ([("busy", 1)] if asked_at is None else [])


class TestDoubtful:
    """Hosts that never answered, or slowly, leave room for those that answer."""

    def test_hosts_that_never_answer_leave_room_for_one_that_does(self):
        made = schedule(1000.0, most_doubtful=4)
        introduce(made, "quick")
        for number in range(10):
            made.add(f"new-{number}", 0, 1.0)
        made.add("quick", 0, 1.0)
        taken = [made.next(1.0) for _ in range(6)]
        assert ("quick", 0) in taken
        assert sum(offer is not None for offer in taken) == 5

    def test_all_of_them_have_their_turn(self):
        made = schedule(1000.0, most_doubtful=4)
        for number in range(20):
            for job in range(3):
                made.add(f"new-{number}", job, 0.0)
        assert len(run(made, takes=5.0)) == 60
        assert made.n_hosts_waiting == made.n_under_way == made._doubtful.n_under_way == 0

    def test_a_slow_host_keeps_its_connections_only_while_there_is_room(self):
        made = schedule(1000.0, n_connections=2, most_doubtful=4, slow_s=3.0)
        introduce(made, "slow", seconds=4.0)
        for number in range(3):
            made.add("slow", number, 1.0)
        assert [made.next(1.0), made.next(2.0)] == [("slow", 0), ("slow", 1)]
        made.add("other", 0, 2.0)
        assert made.next(2.0) == ("other", 0)
        made.done("slow", 3.0, seconds=4.0)
        assert made.next(3.0) is None
        made.done("slow", 3.0, seconds=1.0)
        assert made.next(4.0) == ("slow", 2)

    @given(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 6)), max_size=40),
        st.integers(1, 4),
    )
    def test_every_job_is_started_once_whatever_the_pace(self, jobs, most_doubtful):
        made = schedule(5.0, n_connections=2, most_doubtful=most_doubtful)
        for number, (queue, seconds) in enumerate(jobs):
            made.add(queue, (number, seconds), 0.0)
        now, under_way, started = 0.0, [], []
        while len(started) < len(jobs) or under_way:
            offer = made.next(now)
            if isinstance(offer, tuple):
                started.append(offer[1][0])
                under_way.append((now + offer[1][1], offer))
                continue
            ends = min((end for end, _ in under_way), default=float("inf"))
            now = max(now, min(ends, now + offer if offer is not None else float("inf")))
            assert now < 1e6
            for end, taken in [entry for entry in under_way if entry[0] <= now]:
                under_way.remove((end, taken))
                made.done(taken[0], now, seconds=taken[1][1])
        assert sorted(started) == list(range(len(jobs)))
        assert made._doubtful.n_under_way == made.n_hosts_waiting == 0


class TestMemory:
    def test_hosts_with_nothing_to_do_are_forgotten_at_ordinary_rates(self):
        """A hundred new hosts a second, each asked once."""
        forgotten, most, now = [], 0, 0.0
        made = schedule(2.0, n_connections=2, on_forget=forgotten.append)
        for number in range(20_000):
            now += 0.01
            made.add(f"host-{number}", 0, now)
            queue, _ = made.next(now)
            made.done(queue, now)
            most = max(most, len(made._hosts))
        assert most < 1200
        assert made.next(now + 100.0) is None
        assert len(made._hosts) == 0
        assert sorted(forgotten) == sorted(f"host-{number}" for number in range(20_000))

    def test_a_host_is_remembered_while_it_is_to_be_left_alone(self):
        made = schedule(2.0)
        made.add("busy", 0, 0.0)
        made.next(0.0)
        made.done("busy", 0.0, failed=True, wait_s=60.0)
        assert made.next(50.0) is None
        made.add("busy", 1, 50.0)
        assert made.next(50.0) == pytest.approx(10.0)

    def test_how_many_hosts_wait_is_known_without_counting(self):
        made = schedule(2.0)
        for number in range(5):
            made.add(f"host-{number}", 0, 0.0)
            made.add(f"host-{number}", 1, 0.0)
        assert made.n_hosts_waiting == 5
        queue, _ = made.next(0.0)
        assert made.n_hosts_waiting == 5
        made.drain(queue)
        assert made.n_hosts_waiting == 4


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
        assert (made.n_hosts_waiting, made.n_under_way) == (0, 0)


class TestBar:
    def test_of_a_barred_host_only_urgent_jobs_start(self):
        made = schedule()
        made.add("shop", "image", 0.0)
        made.bar("shop", 0.0)
        assert made.next(0.0) is None
        made.add("shop", "rules", 0.0, urgent=True)
        assert made.next(0.0) == ("shop", "rules")
        made.done("shop", 0.0)
        made.unbar("shop", 0.0)
        assert made.next(1.0) == ("shop", "image")

    def test_an_urgent_job_keeps_the_rate_and_is_given_up_with_its_host(self):
        made = schedule(rate=1.0)
        introduce(made, "shop")
        for job in ("one", "two"):
            made.add("shop", job, 5.0, urgent=True)
        assert made.next(5.0) == ("shop", "one")
        assert made.next(5.0) == pytest.approx(1.0)
        made.done("shop", 5.0, failed=True, wait_s=10_000.0)
        assert made.given_up() == [("shop", "two")]

    def test_a_host_that_was_set_aside_comes_back_though_another_is_barred_until_then(self):
        """The rules of the barred one lie with the one that was set aside."""
        made = schedule(n_failures=1, aside_s=5.0)
        made.add("far", "image", 0.0)
        made.next(0.0)
        made.done("far", 0.0, failed=True)
        made.add("shop", "image", 0.0)
        made.bar("shop", 0.0)
        made.add("far", "rules", 0.0, urgent=True)
        (started,) = run(made, failed=lambda queue, job: False)
        assert started[1:] == ("far", "rules")
        assert started[0] >= 5.0
