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

    Attributes:
        burst: the most tokens that are kept.
    """

    limits: HostLimits
    tokens: float
    counted_at: float
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
    burst: float = field(init=False)

    def __post_init__(self) -> None:
        self.burst = max(1.0, self.limits.requests_per_s * _BURST_S)

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
        """When the next token is there and no back-off stands against it."""
        rate = self.limits.requests_per_s
        tokens = self.tokens + (now - self.counted_at) * rate
        self.tokens = tokens = tokens if tokens < self.burst else self.burst
        self.counted_at = now
        with_token = now if tokens >= 1.0 else now + (1.0 - tokens) / rate
        return with_token if with_token > self.not_before else self.not_before
