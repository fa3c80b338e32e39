"""Hosts take turns by the time that they have had."""

import pytest

from aisle.images.download.turns import Turns


def play(turns, costs, n):
    """Whose turn it was, so many times."""
    order = []
    while len(turns) and len(order) < n:
        host, _, _ = turns.next()
        turns.take(host)
        turns.charge(host, costs[host])
        order.append(host)
    return order


class TestTurns:
    def test_one_host_keeps_its_order(self):
        turns = Turns()
        for number in range(5):
            turns.add("a", number)
        taken = []
        while len(turns):
            host, item, _ = turns.next()
            turns.take(host)
            turns.charge(host, 0.1)
            taken.append(item)
        assert taken == list(range(5))

    def test_a_host_whose_bodies_take_long_waits_for_one_whose_do_not(self):
        turns = Turns()
        for number in range(10):
            turns.add("long", number)
            turns.add("short", number)
        order = play(turns, {"long": 1.0, "short": 0.01}, 20)
        assert order[:12].count("short") == 10

    def test_each_gets_half_of_the_time(self):
        turns = Turns()
        for number in range(1000):
            turns.add("long", number)
            turns.add("short", number)
        order = play(turns, {"long": 0.1, "short": 0.01}, 440)
        assert 36 <= order.count("long") <= 44

    def test_a_host_that_had_nothing_to_do_is_owed_nothing(self):
        turns = Turns()
        for number in range(1000):
            turns.add("steady", number)
        play(turns, {"steady": 1.0}, 500)
        for number in range(1000):
            turns.add("late", number)
        order = play(turns, {"steady": 1.0, "late": 1.0}, 100)
        assert 49 <= order.count("late") <= 51

    def test_what_a_body_will_likely_take_is_learned_by_host(self):
        turns = Turns()
        for _ in range(20):
            turns.add("a", 0)
        play(turns, {"a": 2.0}, 19)
        assert turns.next()[2] == pytest.approx(2.0)

    def test_what_is_known_of_hosts_is_bounded(self):
        turns = Turns()
        for number in range(10_000):
            turns.add(f"host-{number}", 0)
            play(turns, {f"host-{number}": 0.01}, 1)
        assert len(turns._hosts) <= 2000

    def test_a_second_body_of_a_new_host_waits_for_what_the_first_takes(self):
        turns = Turns()
        for number in range(2):
            turns.add("new", number)
        turns.take("new")
        assert turns.next() is None
        turns.add("other", 0)
        assert turns.next()[0] == "other"
        turns.put_back("new", 0)
        assert turns.next()[1:] == (0, pytest.approx(0.005))
