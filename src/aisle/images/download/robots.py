"""robots.txt of each host, where it is to be obeyed: what it allows us, read before anything else."""

import re
from urllib.robotparser import RobotFileParser

from aisle.images.download.address import Address
from aisle.images.download.exchange import Answer
from aisle.images.download.optout import AGENT

_LONGEST = 500_000
_SPEED = re.compile(r"\s*(crawl-delay|request-rate)\s*:", re.IGNORECASE)


class Robots:
    """What is known of the rules of the hosts that are being asked."""

    def __init__(self) -> None:
        self._rules: dict[str, RobotFileParser] = {}

    def knows(self, queue: str) -> bool:
        """This host's rules were read."""
        return queue in self._rules

    def learn(self, queue: str, answer: Answer) -> None:
        """Take in what a host answered: no file allows all, a host in trouble allows nothing (RFC 9309)."""
        rules = RobotFileParser()
        if answer.status or answer.http_status >= 500:
            rules.parse(["User-agent: *", "Disallow: /"])
        elif answer.http_status == 200:
            rules.parse(_lines(bytes(answer.body)[:_LONGEST]))
        else:
            rules.parse([])
        self._rules[queue] = rules

    def forget(self, queue: str) -> None:
        """Read this host's rules anew when it is wanted again."""
        self._rules.pop(queue, None)

    def allows(self, address: Address) -> bool:
        """We may ask for this address."""
        return self._rules[address.queue].can_fetch(AGENT, address.text)


def _lines(data: bytes) -> list[str]:
    """The lines of a file, without those about speed: the parser trips over odd numbers there."""
    return [line for line in data.decode("utf-8", "replace").splitlines() if not _SPEED.match(line)]


def robots_address(address: Address) -> Address:
    """Where the rules for an address stand."""
    return Address(address.scheme, address.host, address.port, "/robots.txt")
