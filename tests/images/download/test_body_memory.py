"""Memory for bodies: no host takes it all, one body can always grow, and who holds it in vain gives way."""

from dataclasses import dataclass

import pytest

from aisle.images.download.body_memory import BodyMemory

MB = 1_000_000


@dataclass(eq=False)
class Growing:
    host: str
    n_body_bytes: int = 0


@pytest.fixture
def memory():
    return BodyMemory(slowest_s=10.0)


def fill(memory, host):
    """Bodies of half a megabyte, until one has to wait."""
    n = 0
    while memory.borrow(Growing(host), MB // 2, 0.0):
        n += 1
    return n


class TestShares:
    def test_a_host_leaves_as_much_to_others_as_it_takes(self, memory):
        first, second = fill(memory, "a"), fill(memory, "b")
        assert first >= 6
        assert second >= 2

    def test_one_body_may_grow_whatever_others_hold(self, memory):
        large, other = Growing("a"), Growing("a")
        assert all(memory.borrow(large, n * MB, 0.0) for n in range(1, 21))
        assert all(memory.borrow(other, n * MB, 0.0) for n in range(1, 4))
        assert not memory.borrow(other, 4 * MB, 0.0)
        memory.give_back(large)
        assert memory.waiting() == [other]
        assert all(memory.borrow(other, n * MB, 0.0) for n in range(4, 21))
        assert memory.waiting() == []

    def test_what_is_given_back_is_there_again(self, memory):
        bodies = [Growing("a") for _ in range(100)]
        granted = [body for body in bodies if memory.borrow(body, MB // 2, 0.0)]
        for body in bodies:
            memory.give_back(body)
        assert fill(memory, "a") == len(granted)


class TestSlowness:
    def test_a_body_that_hardly_grows_gives_way_to_another_host(self, memory):
        slow, waiting = Growing("a", 5 * MB), Growing("b")
        memory.borrow(slow, 5 * MB, 0.0)
        assert not memory.borrow(waiting, 5 * MB, 0.0)
        assert memory.too_slow(0.9) == []
        slow.n_body_bytes += 1000
        assert memory.too_slow(2.0) == [slow]

    def test_a_body_that_grows_does_not(self, memory):
        quick = Growing("a", 5 * MB)
        memory.borrow(quick, 5 * MB, 0.0)
        memory.borrow(Growing("b"), 5 * MB, 0.0)
        quick.n_body_bytes += 2 * MB
        assert memory.too_slow(2.0) == []

    def test_nor_does_it_give_way_to_nobody_or_to_its_own_host(self, memory):
        slow = Growing("a", 5 * MB)
        memory.borrow(slow, 5 * MB, 0.0)
        assert memory.too_slow(5.0) == []
        memory.borrow(Growing("a"), 5 * MB, 5.0)
        assert memory.too_slow(9.0) == []
