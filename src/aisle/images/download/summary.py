"""What came of a download: counts by status and by host, and the pictures that stand for "no image"."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aisle.core.image_records import image_statuses
from aisle.execution.commit import ShardStore
from aisle.images.download.ledger import Ledger
from aisle.images.download.placeholders import Placeholder
from aisle.images.download.rests import tidy_rests

_MOST_HOSTS = 1000

NO_HOST = "(no host)"
"""Where links are counted that are refused before their host is known."""

OTHER_HOSTS = "(other hosts)"
"""Where the addresses of all but the largest hosts are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What is known of all addresses together.

    Args:
        by_status: in the order of `image_statuses()`, without those that have none.
        by_host: the same for each of the hosts with the most addresses, by name, and the others together.
        n_kept: pictures of earlier runs that stay since asking for them failed in this one.
        n_bytes: of the bodies that records tell of; what was read of one that failed is not among them.
        left_alone: until when, for each host that asked for it.
        n_paths: links of the source's products that are paths of files and no addresses.
        notes: what a user should be told of the source, where it is a feed, a sentence each.
    """

    n_addresses: int
    n_kept: int
    by_status: Mapping[str, int]
    by_host: Mapping[str, Mapping[str, int]]
    n_bytes: int
    placeholders: Sequence[Placeholder]
    left_alone: Mapping[str, str]
    n_paths: int
    notes: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON writes it."""
        return asdict(self)


def summarise(
    ledger: Ledger,
    store: ShardStore,
    placeholders: Sequence[Placeholder],
    *,
    n_paths: int,
    notes: Sequence[str],
    first: int,
) -> Summary:
    """Count the record of every address that counts.

    Args:
        n_paths, notes: see `Summary`.
        first: the number of the run's first shard.
    """
    by_status = ledger.counts("SELECT status, count(*) FROM known GROUP BY status")
    rows = ledger.run(
        r"""
        WITH hosted AS (
            SELECT if(status = 'invalid_link' OR host = '', $no_host, host) AS host, status
            FROM (
                SELECT regexp_extract(address, '^[a-z]+://(\[[^\]]*\]|[^/:?]*)', 1) AS host, status FROM known
            )
        ), largest AS (
            SELECT host FROM hosted GROUP BY host ORDER BY count(*) DESC, host LIMIT $most
        )
        SELECT if(l.host IS NULL, $others, l.host) AS named, status, count(*)
        FROM hosted h LEFT JOIN largest l ON h.host = l.host
        GROUP BY named, l.host IS NULL, status
        ORDER BY l.host IS NULL, sum(count(*)) OVER (PARTITION BY named) DESC, named
        """,
        most=_MOST_HOSTS,
        others=OTHER_HOSTS,
        no_host=NO_HOST,
    ).fetchall()
    by_host: dict[str, dict[str, int]] = {}
    for host, status, count in rows:
        by_host.setdefault(host, {})[status] = count
    return Summary(
        n_addresses=sum(by_status.values()),
        n_kept=ledger.run(
            "SELECT count(*) FROM known WHERE shard < newest AND newest >= $first", first=first
        ).fetchone()[0],
        by_status=_in_order(by_status),
        by_host={host: _in_order(counts) for host, counts in by_host.items()},
        n_bytes=ledger.run("SELECT coalesce(sum(n_bytes), 0)::BIGINT FROM shards").fetchone()[0],
        placeholders=placeholders,
        left_alone=tidy_rests(store, time.time()),
        n_paths=n_paths,
        notes=notes,
    )


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {status: counts[status] for status in image_statuses() if status in counts}
