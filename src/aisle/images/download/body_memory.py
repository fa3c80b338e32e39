"""Memory for bodies under way, so that no host takes it from the others: every body may have a little, and
beyond that a host may hold as much as it leaves to others.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

FREE_BYTES = 128 * 1024
"""So much every body may have without borrowing."""

_SHARED_BYTES = 6_000_000


class Borrower(Protocol):
    """A request under way."""

    @property
    def host(self) -> str:
        """Whose share of the memory it takes."""
        ...

    @property
    def n_body_bytes(self) -> int:
        """What has come so far."""
        ...


AnyBody = TypeVar("AnyBody", bound=Borrower)


@dataclass(slots=True)
class _Loan:
    """What a body holds beyond what every one may have, and how far it had come at the last look."""

    host: str
    n_bytes: int
    seen_bytes: int
    seen_at: float


class BodyMemory(Generic[AnyBody]):
    """Who holds how much, and who waits for more.

    One body at a time, the large one, may grow to its limit whatever others hold, so that there is always one
    that comes to its end.

    Args:
        slowest_s: in that time a body must bring as much again as it holds, if others wait for memory.
    """

    def __init__(self, *, slowest_s: float) -> None:
        self._slowest_s = slowest_s
        self._loans: dict[AnyBody, _Loan] = {}
        self._by_host: Counter[str] = Counter()
        self._left = _SHARED_BYTES
        self._large: AnyBody | None = None
        self._waiting: dict[AnyBody, str] = {}
        self._looked_at = 0.0

    def borrow(self, body: AnyBody, n_bytes: int, now: float) -> bool:
        """Let a body grow to so many bytes, or not now: then it is among those that wait."""
        loan = self._loans.get(body)
        if loan is None:
            loan = self._loans[body] = _Loan(body.host, 0, body.n_body_bytes, now)
        more = n_bytes - loan.n_bytes
        if body is not self._large:
            if self._by_host[loan.host] + more <= self._left - more:
                self._by_host[loan.host] += more
                self._left -= more
            elif self._large is None:
                self._return(loan)
                self._large = body
            else:
                self._waiting[body] = loan.host
                return False
        loan.n_bytes = n_bytes
        if self._waiting.pop(body, None) is not None:
            loan.seen_bytes, loan.seen_at = body.n_body_bytes, now
        return True

    def give_back(self, body: AnyBody) -> None:
        """The body has gone on its way."""
        loan = self._loans.pop(body, None)
        if loan is None:
            return
        self._waiting.pop(body, None)
        if body is self._large:
            self._large = None
        else:
            self._return(loan)

    def waiting(self) -> list[AnyBody]:
        """The bodies that wait, the first to begin first."""
        return list(self._waiting)

    def too_slow(self, now: float) -> list[AnyBody]:
        """The bodies that hardly grow, and hold what another host's wait for."""
        if not self._waiting or now - self._looked_at < self._slowest_s / 20:
            return []
        self._looked_at = now
        return [body for body in self._loans if body not in self._waiting and self._is_too_slow(body, now)]

    def _is_too_slow(self, body: AnyBody, now: float) -> bool:
        loan = self._loans[body]
        elapsed = now - loan.seen_at
        if elapsed < self._slowest_s / 10:
            return False
        came = body.n_body_bytes - loan.seen_bytes
        loan.seen_bytes, loan.seen_at = body.n_body_bytes, now
        is_in_the_way = any(host != loan.host for host in self._waiting.values())
        return is_in_the_way and came < loan.n_bytes * elapsed / self._slowest_s

    def _return(self, loan: _Loan) -> None:
        self._left += loan.n_bytes
        self._by_host[loan.host] -= loan.n_bytes
        if not self._by_host[loan.host]:
            del self._by_host[loan.host]
