"""Which worker looks after a host: all requests to it go through one, or a few, wherever they come from."""

import heapq
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from aisle.images.download.limits import longest_suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """How hosts are shared among lanes; a lane is the work of one worker.

    Args:
        n_lanes: how many there are.
        shared: how many lanes share a host, by suffix of its name, see `Limits.n_lanes_by_suffix`.
        large: the lanes of hosts with many addresses, by name; the rest is spread by hash.
        n_at_once: how many lanes are at work at the same time.
    """

    n_lanes: int
    shared: Mapping[str, int]
    large: Mapping[str, int]
    n_at_once: int = 1

    def lane(self, queue: str, address: str) -> int:
        """The lane of an address that waits in a host's queue."""
        name = name_of(queue)
        first = self.large.get(name)
        if first is None:
            first = zlib.crc32(name.encode()) % self.n_lanes
        n_sharing = self.n_sharing(queue)
        if n_sharing == 1:
            return first
        return (first + zlib.crc32(address.encode()) % n_sharing) % self.n_lanes

    def n_sharing(self, queue: str) -> int:
        """How many lanes share this host's addresses."""
        return self.shared.get(longest_suffix(queue, self.shared) or "", 1)

    def n_asking(self, queue: str) -> int:
        """How many lanes ask this host at the same time, each with its share of the limits."""
        return min(self.n_sharing(queue), self.n_at_once)


def name_of(queue: str) -> str:
    """What keeps a shop in one lane whatever its redirects: the host without `www.` and port."""
    return queue.rpartition(":")[0].removeprefix("www.")


def share_out(addresses_by_name: Mapping[str, int], n_lanes: int) -> dict[str, int]:
    """Give each of the named hosts a lane: the largest first, to the lane with the fewest addresses."""
    lanes = [(0, lane) for lane in range(n_lanes)]
    shared = {}
    for name, n_addresses in sorted(addresses_by_name.items(), key=lambda pair: (-pair[1], pair[0])):
        n_before, lane = heapq.heappop(lanes)
        shared[name] = lane
        heapq.heappush(lanes, (n_before + n_addresses, lane))
    return shared
