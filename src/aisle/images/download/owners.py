"""Which worker looks after a host: all requests to it go through one, or a few, wherever they come from."""

import heapq
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from aisle.images.download.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """How hosts are shared among lanes; a lane is the work of one worker.

    Args:
        n_lanes: how many there are.
        limits: a host may be given to several workers there.
        large: the lanes of hosts with many addresses, by name; the rest is spread by hash.
    """

    n_lanes: int
    limits: Limits
    large: Mapping[str, int]

    def lane(self, queue: str, address: str) -> int:
        """The lane of an address that waits in a host's queue."""
        name = name_of(queue)
        first = self.large.get(name)
        if first is None:
            first = zlib.crc32(name.encode()) % self.n_lanes
        n_workers = min(self.limits.of(queue).n_workers, self.n_lanes)
        if n_workers == 1:
            return first
        return (first + zlib.crc32(address.encode()) % n_workers) % self.n_lanes


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
