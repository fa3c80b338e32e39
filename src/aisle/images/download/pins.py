"""What libcurl is told about names: the network addresses that were checked, so that it never asks itself."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

_MOST_UNUSED = 500
"""So many names may be known that no request needs; libcurl looks through all of them after each request."""


@dataclass(slots=True)
class _Pin:
    """A name that libcurl was told of.

    Args:
        addresses: network addresses, as it was told last.
        checked: those of all requests since none was under way; libcurl may know any of them.
        n_requests: under way that rely on it.
        is_known: a request that told it has ended well, so libcurl has read it.
        is_doubtful: other addresses, or that the name be forgotten, may still be read after it.
    """

    addresses: tuple[str, ...]
    checked: set[str]
    n_requests: int = 0
    is_known: bool = False
    is_doubtful: bool = False


@dataclass(slots=True)
class Told:
    """What one request tells libcurl, which reads it when the request's turn comes, in whatever order.

    Args:
        lines: as CURLOPT_RESOLVE takes them.
        forgotten: names that libcurl may forget.
    """

    lines: list[str]
    forgotten: list[str] = field(default_factory=list)


class Pins:
    """The names that libcurl knows, by their queues; those that nobody needed for long are forgotten.

    To be told costs libcurl more than a request's other options together, so it is not told what it knows.

    Args:
        most_unused: names that are kept though no request under way needs them.
    """

    def __init__(self, most_unused: int = _MOST_UNUSED) -> None:
        self._most_unused = most_unused
        self._pins: dict[str, _Pin] = {}
        self._unused: dict[str, _Pin] = {}
        self._leaving: Counter[str] = Counter()

    def begin(self, queue: str, addresses: tuple[str, ...]) -> Told | None:
        """A request begins: what is libcurl to be told? None where it knows all.

        Args:
            addresses: network addresses that may be connected to.
        """
        pin = self._pins.get(queue)
        if pin is None:
            pin = self._unused.pop(queue) if queue in self._unused else _Pin(addresses, set(addresses))
            pin.is_doubtful = queue in self._leaving
            self._pins[queue] = pin
        pin.n_requests += 1
        if pin.addresses != addresses:
            is_alone = pin.n_requests == 1
            pin.is_doubtful |= not is_alone
            pin.addresses, pin.is_known = addresses, False
            pin.checked = set(addresses) if is_alone else pin.checked | set(addresses)
        if pin.is_known and not pin.is_doubtful:
            return None
        return self._tell(queue, addresses)

    def allows(self, queue: str, address: str) -> bool:
        """Whether a request under way to this queue may connect to this network address."""
        pin = self._pins.get(queue)
        return pin is not None and address in pin.checked

    def end(self, queue: str, told: Told | None, code: int) -> None:
        """The request has ended.

        Args:
            told: what `begin` gave.
            code: libcurl's error; 0 where there was none, so that it did read what it was told.
        """
        pin = self._pins[queue]
        pin.n_requests -= 1
        if told is not None:
            pin.is_known |= not code
            if told.forgotten:
                self._leaving -= Counter(told.forgotten)
        if not pin.n_requests:
            pin.is_known &= not pin.is_doubtful
            pin.checked = set(pin.addresses)
            self._unused[queue] = self._pins.pop(queue)

    def _tell(self, queue: str, addresses: tuple[str, ...]) -> Told:
        forgotten = list(islice(self._unused, max(0, len(self._unused) - self._most_unused)))
        for name in forgotten:
            del self._unused[name]
            self._leaving[name] += 1
        line = f"{queue}:{','.join(map(_bracketed, addresses))}"
        return Told([*(f"-{name}" for name in forgotten), line], forgotten)


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip
