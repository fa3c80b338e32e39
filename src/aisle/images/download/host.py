"""One host as the schedule knows it: what waits for it, what it may bear, and how it has behaved."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aisle.images.download.limits import HostLimits

Job = TypeVar("Job")

_BURST_S = 0.05
"""A host that may be asked often is given what a busy moment held back, up to this many seconds' worth."""


@dataclass(slots=True)
class Host(Generic[Job]):
    """One host's queue and its standing.

    A host is new until it has answered, and quick if its last answer came soon; others are doubtful.

    Its rate is kept as ATM's generic cell rate algorithm keeps it (ITU-T I.371, virtual scheduling): by one
    moment instead of a count of tokens and when they were counted.

    Args:
        free_at: when its rate allows the next request; what is past of it is worth a burst, up to `slack_s`.

    Attributes:
        interval_s: between two requests.
    """

    limits: HostLimits
    free_at: float
    waiting: deque[Job] = field(default_factory=deque)
    urgent: deque[Job] = field(default_factory=deque)
    n_under_way: int = 0
    n_failures: int = 0
    not_before: float = 0.0
    times_aside: int = 0
    is_given_up: bool = False
    is_aside: bool = False
    is_held: bool = False
    is_barred: bool = False
    is_new: bool = True
    is_quick: bool = False
    is_parked: bool = False
    is_leaving: bool = False
    entry: int = -1
    interval_s: float = field(init=False)
    slack_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.interval_s = 1.0 / self.limits.requests_per_s
        self.slack_s = max(0.0, _BURST_S - self.interval_s)

    def may_start(self) -> bool:
        """A request may go out, as far as time allows."""
        if not (self.urgent or (self.waiting and not self.is_barred)):
            return False
        cap = 1 if self.is_new or self.times_aside else self.limits.n_connections
        return self.n_under_way < cap and not (self.is_held or self.is_aside or self.is_parked)

    def is_idle(self) -> bool:
        """Nothing waits and nothing is under way."""
        return not (self.waiting or self.urgent or self.n_under_way or self.is_held or self.is_barred)

    def ready_at(self, now: float) -> float:
        """When its rate allows the next request, and no back-off stands against it; now at the soonest."""
        by_rate = self.free_at if self.free_at > now else now
        return by_rate if by_rate > self.not_before else self.not_before
