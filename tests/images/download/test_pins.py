"""What libcurl is told of names: all that it must know, whatever the order in which it reads."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from aisle.images.download.pins import Pins, Told


def test_a_name_is_told_until_a_request_that_told_it_has_ended_well():
    pins = Pins()
    first, second = pins.begin("a:80", ("1.1.1.1", "2::1")), pins.begin("a:80", ("1.1.1.1", "2::1"))
    assert first.lines == second.lines == ["a:80:1.1.1.1,[2::1]"]
    pins.end("a:80", first, 7)
    assert pins.begin("a:80", ("1.1.1.1", "2::1")).lines == first.lines
    pins.end("a:80", second, 0)
    assert pins.begin("a:80", ("1.1.1.1", "2::1")) is None


def know(pins, queue, *addresses):
    pins.end(queue, pins.begin(queue, addresses), 0)


def test_names_that_no_request_needs_are_known_up_to_a_bound_and_the_oldest_forgotten():
    pins = Pins(most_unused=2)
    for queue in ("a:80", "b:80", "c:80"):
        know(pins, queue, "1.1.1.1")
    assert pins.begin("d:80", ("1.1.1.2",)).lines == ["-a:80", "d:80:1.1.1.2"]
    assert pins.begin("b:80", ("1.1.1.1",)) is None
    assert pins.begin("a:80", ("1.1.1.1",)).lines == ["a:80:1.1.1.1"]


def test_a_name_is_told_while_that_it_be_forgotten_may_still_be_read():
    pins = Pins(most_unused=0)
    know(pins, "a:80", "1.1.1.1")
    forgets = pins.begin("b:80", ("1.1.1.2",))
    assert forgets.forgotten == ["a:80"]
    first, second = pins.begin("a:80", ("1.1.1.1",)), pins.begin("a:80", ("1.1.1.1",))
    pins.end("a:80", first, 0)
    assert pins.begin("a:80", ("1.1.1.1",)) is not None
    pins.end("b:80", forgets, 0)
    pins.end("a:80", second, 0)
    pins.end("a:80", None, 0)
    know(pins, "a:80", "1.1.1.1")
    assert pins.begin("a:80", ("1.1.1.1",)) is None


def test_of_two_tellings_under_way_nobody_knows_which_is_read_last():
    pins = Pins()
    first, second = pins.begin("a:80", ("1.1.1.1",)), pins.begin("a:80", ("2.2.2.2",))
    pins.end("a:80", second, 0)
    assert pins.begin("a:80", ("2.2.2.2",)) is not None
    pins.end("a:80", first, 0)
    pins.end("a:80", None, 0)
    assert pins.begin("a:80", ("2.2.2.2",)) is not None


def test_only_addresses_of_requests_under_way_may_be_connected_to():
    pins = Pins()
    old = pins.begin("a:80", ("1.1.1.1",))
    new = pins.begin("a:80", ("2.2.2.2",))
    assert pins.allows("a:80", "1.1.1.1")
    assert pins.allows("a:80", "2.2.2.2")
    assert not pins.allows("a:80", "3.3.3.3")
    assert not pins.allows("b:80", "1.1.1.1")
    pins.end("a:80", old, 0)
    pins.end("a:80", new, 0)
    pins.begin("a:80", ("2.2.2.2",))
    assert not pins.allows("a:80", "1.1.1.1")


@dataclass(eq=False)
class Asked:
    queue: str
    addresses: tuple[str, ...]
    told: Told | None


class Libcurl(RuleBasedStateMachine):
    """A libcurl that reads what requests tell it in any order; each finds addresses of its name that were
    checked for it, or for another since the name was last at rest."""

    waiting = Bundle("waiting")
    running = Bundle("running")

    def __init__(self):
        super().__init__()
        self.pins = Pins(most_unused=0)
        self.names = {}
        self.n_under_way = Counter()
        self.checked = defaultdict(set)

    @rule(target=waiting, queue=st.sampled_from("ab"), addresses=st.sampled_from([("1",), ("1",), ("2",)]))
    def begin(self, queue, addresses):
        if not self.n_under_way[queue]:
            self.checked[queue].clear()
        self.n_under_way[queue] += 1
        self.checked[queue].add(addresses)
        return Asked(queue, addresses, self.pins.begin(queue, addresses))

    @rule(target=running, asked=consumes(waiting))
    def read(self, asked):
        for line in asked.told.lines if asked.told else []:
            if line.startswith("-"):
                self.names.pop(line[1:], None)
            else:
                name, _, addresses = line.partition(":")
                self.names[name] = tuple(addresses.split(","))
        known = self.names.get(asked.queue)
        assert known in self.checked[asked.queue]
        assert self.pins.allows(asked.queue, *known)
        return asked

    @rule(asked=consumes(running), well=st.booleans())
    def end(self, asked, well):
        self.n_under_way[asked.queue] -= 1
        self.pins.end(asked.queue, asked.told, 0 if well else 7)

    @rule(asked=consumes(waiting))
    def fail_before_it_is_read(self, asked):
        self.n_under_way[asked.queue] -= 1
        self.pins.end(asked.queue, asked.told, 7)


TestLibcurl = Libcurl.TestCase
TestLibcurl.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
