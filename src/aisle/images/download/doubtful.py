"""Room for requests to doubtful hosts, new or slow ones, so that they leave some to hosts that answer."""

from collections import deque
from collections.abc import Iterator
from typing import Generic

from aisle.images.download.host import Host, Job


class Doubtful(Generic[Job]):
    """How many requests to such hosts are under way, and which of the hosts wait for a place.

    Args:
        most: requests to all of them together.

    Attributes:
        parked: the hosts that wait, with their queues; looked at after each answer.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.parked: deque[tuple[str, Host[Job]]] = deque()
        self.n_under_way = 0

    def has_room(self, host: Host[Job]) -> bool:
        """There is a place for a request to this host; for its second only while there are many."""
        return self.n_under_way * (2 if host.n_under_way else 1) < self._most

    def park(self, queue: str, host: Host[Job]) -> None:
        """Have a host wait for a place."""
        host.is_parked = True
        self.parked.append((queue, host))

    def note_pace(self, host: Host[Job], *, is_quick: bool) -> None:
        """This host has answered, in good time or not."""
        host.is_new = False
        if is_quick != host.is_quick:
            host.is_quick = is_quick
            self.n_under_way -= host.n_under_way if is_quick else -host.n_under_way

    def come_back(self) -> Iterator[tuple[str, Host[Job]]]:
        """The hosts that have a place now, in the order in which they came."""
        n_free = self._most - self.n_under_way
        while self.parked and n_free > 0:
            queue, host = self.parked.popleft()
            host.is_parked = False
            n_free -= host.may_start()
            yield queue, host
