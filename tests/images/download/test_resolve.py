"""Names are looked up in threads, every address is checked, and answers are remembered for a while."""

import threading
import time

import pytest

from aisle.images.download.networks import Gate, private_networks
from aisle.images.download.resolve import (
    Found,
    LookupFailedError,
    Lookups,
    NoSuchHostError,
    SystemResolver,
    TableResolver,
    check,
)


@pytest.fixture
def lookups():
    opened = []

    def make(resolver, *, gate=Gate(), clock=time.monotonic, **settings):  # noqa: B008
        woken = threading.Event()
        made = Lookups(resolver, gate, wake=woken.set, clock=clock, n_threads=2, **settings)
        opened.append(made)

        def answer(name):
            found = made.find(name)
            while found is None:
                assert woken.wait(5)
                woken.clear()
                if name in made.arrived():
                    return made.find(name)
            return found

        made.answer = answer
        return made

    yield make
    for made in opened:
        made.close()


class TestCheck:
    def test_one_closed_address_closes_the_name(self):
        found = check(["8.8.8.8", "127.0.0.1"], Gate())
        assert (found.status, found.addresses) == ("blocked_address", ())
        assert "loopback" in found.reason

    def test_open_addresses_are_kept_in_their_order(self):
        assert check(["8.8.8.8", "1.1.1.1"], Gate()) == Found(("8.8.8.8", "1.1.1.1"))


class TestLookups:
    def test_a_name_is_found(self, lookups):
        assert lookups(TableResolver({"shop.test": ("8.8.8.8",)})).answer("shop.test").addresses == (
            "8.8.8.8",
        )

    def test_an_unknown_name_says_so(self, lookups):
        assert lookups(TableResolver({})).answer("shop.test").status == "no_such_host"

    def test_a_lookup_that_fails_gives_its_reason(self, lookups):
        def fails(name):
            raise LookupFailedError("server failure")

        found = lookups(fails).answer("shop.test")
        assert (found.status, found.reason) == ("dns_failed", "DNS: server failure")

    def test_an_answer_is_remembered_until_it_is_old(self, lookups):
        asked = []
        now = [0.0]

        def resolver(name):
            asked.append(name)
            return ["8.8.8.8"]

        made = lookups(resolver, clock=lambda: now[0], keep_s=10.0)
        made.answer("shop.test")
        made.answer("shop.test")
        assert len(asked) == 1
        now[0] = 11.0
        made.answer("shop.test")
        assert len(asked) == 2

    def test_the_second_answer_is_checked_like_the_first(self, lookups):
        """A name that turns to the inside of the network the second time it is asked is blocked then."""
        answers = iter([["8.8.8.8"], ["127.0.0.1"]])
        made = lookups(lambda name: next(answers))
        assert made.answer("shop.test").addresses == ("8.8.8.8",)
        made.forget("shop.test")
        assert made.answer("shop.test").status == "blocked_address"

    def test_a_slow_name_does_not_hold_up_another(self, lookups):
        gone_on = threading.Event()

        def resolver(name):
            if name == "slow.test":
                gone_on.wait(5)
            return ["8.8.8.8"]

        made = lookups(resolver)
        assert made.find("slow.test") is None
        assert made.answer("quick.test").addresses
        gone_on.set()

    def test_names_that_take_long_get_threads_of_their_own(self, lookups):
        gone_on = threading.Event()

        def resolver(name):
            if name.startswith("slow"):
                gone_on.wait(5)
            return ["8.8.8.8"]

        made = lookups(resolver)
        for number in range(20):
            assert made.find(f"slow-{number}.test") is None
        assert made.find("quick.test") is None
        made.look_after()
        time.sleep(0.05)
        assert made.arrived() == []
        made.look_after()
        assert made.answer("quick.test").addresses
        gone_on.set()

    def test_threads_that_helped_end(self, lookups):
        made = lookups(lambda name: time.sleep(0.02) or ["8.8.8.8"])
        for number in range(20):
            made.find(f"shop-{number}.test")
        made.look_after()
        made.look_after()
        assert made._helpers
        for number in range(20):
            made.answer(f"shop-{number}.test")
        for helper in made._helpers:
            helper.join(5)
            assert not helper.is_alive()


class TestSystemResolver:
    def test_localhost_is_known_to_every_system(self):
        assert set(SystemResolver()("localhost")) & {"127.0.0.1", "::1"}

    def test_a_name_that_cannot_be_has_no_address(self):
        with pytest.raises((NoSuchHostError, LookupFailedError)):
            SystemResolver()("a" * 70 + ".localhost")

    def test_localhost_is_blocked_unless_it_is_allowed(self):
        addresses = SystemResolver()("localhost")
        assert check(addresses, Gate()).status == "blocked_address"
        assert check(addresses, Gate(private_networks())).addresses
