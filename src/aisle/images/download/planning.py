"""Plans a round: finds what is to be asked, names its hosts, and shares them out among lanes."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

import pyarrow as pa

from aisle.execution.commit import ShardStore
from aisle.images.download.address import RefusedError, parse
from aisle.images.download.ledger import Ledger
from aisle.images.download.listing import write_lists
from aisle.images.download.owners import Owners, name_of, share_out
from aisle.images.download.plan import Plan, Round
from aisle.images.download.settings import DownloadSettings

_N_LARGE = 10_000
"""So many of the largest hosts are shared out evenly; the rest by hash."""

_N_SLOWEST = 20
"""Of so many hosts the time that they will take is told before the start."""


def make_plan(
    ledger: Ledger,
    store: ShardStore,
    settings: DownloadSettings,
    todo: Round,
    *,
    n_lanes: int,
) -> Plan | None:
    """Plan a round, and write its lists: what is new, what waits after a redirect, what is tried again.

    Args:
        ledger: with the table `listed` (address) of what products name.

    Returns:
        None where there is nothing to do.
    """
    _find_work(ledger, todo.again, todo.revalidate, ledger.n_shards_before(todo.number - 1))
    _name_hosts(ledger, settings)
    n_addresses: int = ledger.run("SELECT count(*) FROM work").fetchone()[0]
    if n_addresses == 0:
        return None
    largest = ledger.counts(
        "SELECT host, count(*) FROM work WHERE host <> '' GROUP BY host ORDER BY 2 DESC, 1 LIMIT $most",
        most=_N_LARGE,
    )
    owners = _owners(largest, settings, n_lanes)
    _share_out(ledger, owners)
    plan = Plan(
        number=todo.number,
        run=todo.run,
        n_addresses=n_addresses,
        n_shards=(0,) * n_lanes,
        large=dict(owners.large),
        shared=dict(owners.shared),
        again=tuple(sorted(todo.again)),
        revalidate=todo.revalidate,
        seconds=_seconds_of_slowest(largest, settings),
    )
    return replace(plan, n_shards=write_lists(ledger, store, plan, settings.shard_rows))


def _owners(largest: Mapping[str, int], settings: DownloadSettings, n_lanes: int) -> Owners:
    """Who asks which host.

    Args:
        largest: addresses of each of the largest hosts.
    """
    by_name: Counter[str] = Counter()
    for host, n_rows in largest.items():
        by_name[name_of(host)] += n_rows
    shared = settings.limits.n_lanes_by_suffix(n_lanes)
    return Owners(n_lanes=n_lanes, shared=shared, large=share_out(by_name, n_lanes))


def _seconds_of_slowest(largest: Mapping[str, int], settings: DownloadSettings) -> dict[str, float]:
    seconds = {host: settings.limits.of(host).least_s(n_rows) for host, n_rows in largest.items()}
    slowest = sorted(seconds, key=lambda host: (-seconds[host], host))[:_N_SLOWEST]
    return {host: seconds[host] for host in slowest}


def _find_work(ledger: Ledger, again: Collection[str], revalidate: bool, first: int) -> None:
    """Fill the table `found` with what is to be asked: of what the source lists, and what was begun before.

    What waits after a redirect belongs to a run that was cut short, perhaps of another source.

    Args:
        first: the number of the first shard of the round before; what it handed over goes on though there is
            a picture that counts meanwhile.
    """
    ledger.run(
        """
        CREATE OR REPLACE TABLE found AS
        SELECT l.address AS address, '' AS next, 0::TINYINT AS n_redirects, '' AS etag, '' AS last_modified,
               FALSE AS supersedes
        FROM listed l ANTI JOIN known k ON l.address = k.address
        UNION ALL
        SELECT address, final_address, n_redirects, '', '', TRUE FROM known WHERE status = 'handed_over'
        UNION ALL
        SELECT k.address, '', 0::TINYINT, if(status = 'ok', etag, ''), if(status = 'ok', last_modified, ''),
               TRUE
        FROM known k SEMI JOIN listed l ON k.address = l.address
        WHERE status <> 'handed_over' AND list_contains($again, status)
              OR ($revalidate AND status = 'ok' AND (etag <> '' OR last_modified <> ''))
        UNION ALL
        SELECT s.address, s.final_address, s.n_redirects, '', '', TRUE
        FROM seen s JOIN known k ON s.address = k.address
        WHERE s.shard >= $first AND s.status = 'handed_over' AND k.status <> 'handed_over'
        """,
        again=sorted(again),
        revalidate=revalidate,
        first=first,
    )


def _name_hosts(ledger: Ledger, settings: DownloadSettings) -> None:
    """Fill the table `work`: the host that each address waits for, or why it is refused without asking."""
    ledger.run(
        "CREATE OR REPLACE TABLE hosts (address VARCHAR, host VARCHAR, status VARCHAR, reason VARCHAR)"
    )
    batches = ledger.stream("SELECT address, next FROM found")
    ledger.fill("hosts", (_hosts(batch, settings.fetch.ports) for batch in batches))
    ledger.run("""
        CREATE OR REPLACE TABLE work AS
        SELECT f.*, h.host, h.status, h.reason FROM found f JOIN hosts h ON f.address = h.address
    """)


def _hosts(batch: pa.RecordBatch, ports: frozenset[int]) -> pa.RecordBatch:
    rows = []
    for address, target in zip(batch["address"].to_pylist(), batch["next"].to_pylist(), strict=True):
        try:
            rows.append((address, parse(target or address, ports).queue, "", ""))
        except RefusedError as refused:
            rows.append((address, "", refused.status, refused.reason))
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(columns, ["address", "host", "status", "reason"])


def _share_out(ledger: Ledger, owners: Owners) -> None:
    """Fill the table `lanes`; only the addresses of a host with several workers are told apart."""
    ledger.run("CREATE OR REPLACE TABLE lanes (host VARCHAR, address VARCHAR, lane INTEGER)")
    shared: list[str] = []
    ledger.fill(
        "lanes", (_lanes(batch, owners, shared) for batch in ledger.stream("SELECT DISTINCT host FROM work"))
    )
    for host in shared:
        query = "SELECT host, address, if(next = '', address, next) AS asked FROM work WHERE host = $host"
        ledger.fill("lanes", (_lanes_by_address(batch, owners) for batch in ledger.stream(query, host=host)))


def _lanes(batch: pa.RecordBatch, owners: Owners, shared: list[str]) -> pa.RecordBatch:
    """The lanes of hosts; those of several workers are put on the list `shared` instead."""
    hosts = batch["host"].to_pylist()
    shared += [host for host in hosts if owners.n_sharing(host) > 1]
    alone = [host for host in hosts if owners.n_sharing(host) == 1]
    return _lane_rows(alone, [""] * len(alone), [owners.lane(host, "") for host in alone])


def _lanes_by_address(batch: pa.RecordBatch, owners: Owners) -> pa.RecordBatch:
    hosts, asked = batch["host"].to_pylist(), batch["asked"].to_pylist()
    lanes = [owners.lane(host, address) for host, address in zip(hosts, asked, strict=True)]
    return _lane_rows(hosts, batch["address"].to_pylist(), lanes)


def _lane_rows(hosts: list[str], addresses: list[str], lanes: list[int]) -> pa.RecordBatch:
    columns = [pa.array(hosts, pa.string()), pa.array(addresses, pa.string()), pa.array(lanes, pa.int32())]
    return pa.RecordBatch.from_arrays(columns, ["host", "address", "lane"])
