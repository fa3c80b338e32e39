"""How fast a host may be asked: one limit for all, and others by suffix of the name."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from aisle.core.errors import AisleError
from aisle.images.download.address import RefusedError, parse

_LEAST, _MOST = 1e-5, 1e6
"""Requests a second: one a day or so, and more than any machine can ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLimits:
    """Limits for one host.

    Args:
        requests_per_s: on average, and in any second that many and one more, or a twentieth more where that
            is more; several workers that share a host may have one more each.
        n_connections: requests under way at once.
        n_workers: how many workers share the host's addresses, if there are so many, and connections for all.
    """

    requests_per_s: float = 2.0
    n_connections: int = 2
    n_workers: int = 1

    def __post_init__(self) -> None:
        if self.n_connections < 1 or self.n_workers < 1:
            raise ValueError("n_connections and n_workers must be at least 1")
        if not _LEAST <= self.requests_per_s / self.n_workers <= self.requests_per_s <= _MOST:
            raise ValueError(
                f"requests_per_s is {self.requests_per_s:g}; for each worker it must lie between {_LEAST:g} "
                f"and {_MOST:g}"
            )

    def share(self, n_lanes: int) -> "HostLimits":
        """What each of so many lanes may do; they are no more than the connections."""
        if n_lanes == 1:
            return self
        return replace(
            self,
            requests_per_s=self.requests_per_s / n_lanes,
            n_connections=max(1, self.n_connections // n_lanes),
        )

    def least_s(self, n_addresses: int) -> float:
        """The least time in seconds that so many requests take."""
        return max(0, n_addresses - 1) / self.requests_per_s


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of every host.

    Args:
        usual: of a host that no suffix names.
        by_suffix: from a name to the limits of that host and of all below it; the longest name wins.
    """

    usual: HostLimits = field(default_factory=HostLimits)
    by_suffix: tuple[tuple[str, HostLimits], ...] = ()

    def of(self, queue: str) -> HostLimits:
        """The limits of a host, given by its name with or without a port."""
        suffix = longest_suffix(queue, (suffix for suffix, _ in self.by_suffix))
        return self.usual if suffix is None else dict(self.by_suffix)[suffix]

    def n_lanes_by_suffix(self, n_lanes: int) -> dict[str, int]:
        """How many of so many lanes share a host, by suffix of its name; the empty one is for all others."""
        return {
            suffix: min(limits.n_workers, limits.n_connections, n_lanes)
            for suffix, limits in [("", self.usual), *self.by_suffix]
        }


def parse_limit(text: str) -> tuple[str, HostLimits]:
    """Read `NAME=REQUESTS_PER_S[,CONNECTIONS[,WORKERS]]`, e.g. `cdn.example=50,8`.

    Raises:
        AisleError: the text is not of this form.
    """
    name, equals, numbers = text.partition("=")
    parts = numbers.split(",")
    try:
        if not (name and equals):
            raise ValueError("a part is missing")
        if len(parts) > 3:
            raise ValueError("there are more than three numbers")
        limits = HostLimits(
            requests_per_s=float(parts[0]),
            n_connections=int(parts[1]) if len(parts) > 1 else max(2, math.ceil(float(parts[0]) / 5)),
            n_workers=int(parts[2]) if len(parts) > 2 else 1,
        )
    except (ValueError, OverflowError) as error:
        raise AisleError(
            f"the limit '{text}' does not parse ({error}); "
            "write NAME=REQUESTS_PER_S[,CONNECTIONS[,WORKERS]], for example cdn.example=50,8"
        ) from error
    return _spelled(name), limits


def _spelled(name: str) -> str:
    """A host's name as addresses have it.

    Raises:
        AisleError: it is none.
    """
    bare = name.strip().removeprefix("*").strip(".")
    try:
        address = parse(f"http://{bare}/")
    except RefusedError as refused:
        reason = refused.reason
    else:
        if not set(bare) & set("/?#@:") or (bare.startswith("[") and bare.endswith("]")):
            return address.queue.rpartition(":")[0]
        reason = "a limit holds for all ports and pages of a host"
    raise AisleError(
        f"the limit for '{name}': this is no host's name ({reason}); "
        "write it as it stands in addresses, without scheme and port, for example cdn.example=50,8"
    )


def longest_suffix(queue: str, suffixes: Iterable[str]) -> str | None:
    """The longest of these names that a host is called by, or lies below; None where there is none.

    Args:
        queue: the host, with or without a port.
    """
    name = queue.rpartition(":")[0] if queue.rpartition(":")[2].isdigit() else queue
    return max((suffix for suffix in suffixes if _is_below(name, suffix)), key=len, default=None)


def _is_below(name: str, suffix: str) -> bool:
    return name == suffix or name.endswith("." + suffix)
