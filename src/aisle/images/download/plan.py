"""What a round of a run has to do: the list of addresses, shared out among lanes and cut into shards."""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.core.image_records import ADDRESS_SCHEMA
from aisle.execution.commit import ShardStore
from aisle.images.download.address import RefusedError, parse
from aisle.images.download.ledger import Ledger
from aisle.images.download.owners import Owners, name_of, share_out
from aisle.images.download.settings import DownloadSettings

_N_LARGE = 10_000
"""So many of the largest hosts are shared out evenly; the rest by hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round is to do, beside what is new and what was handed over.

    Args:
        number: from 1, over all runs.
        run: that it belongs to, from 1.
        again: the statuses of records that are tried again.
        revalidate: ask whether images that we have were changed.
    """

    number: int
    run: int
    again: frozenset[str] = frozenset()
    revalidate: bool = False

    def next(self) -> "Round":
        """The round after it in the same run: nothing is tried twice in a run."""
        return Round(number=self.number + 1, run=self.run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A committed round.

    Args:
        number: from 1, over all runs.
        run: that it belongs to, from 1.
        n_shards: of each lane.
        large: the lanes of the largest hosts.
        seconds: the least time that each of the slowest hosts takes, by host.
        shared: how many lanes share a host, by suffix of its name.
        again, revalidate: as its `Round` has them.
    """

    number: int
    run: int
    n_addresses: int
    n_shards: tuple[int, ...]
    large: dict[str, int]
    seconds: dict[str, float]
    shared: dict[str, int] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    revalidate: bool = False

    @property
    def n_lanes(self) -> int:
        """How many lanes share the addresses."""
        return len(self.n_shards)

    def list_path(self, lane: int) -> str:
        """Where a lane's list lies in the store."""
        return f"plans/{self.number:04d}/lane-{lane:04d}.parquet"

    def prefix(self, lane: int) -> str:
        """How the names of a lane's shards begin; later plans sort after earlier ones."""
        return f"{self.number:04d}-{lane:04d}"

    def shards(self, lane: int) -> list[str]:
        """The names of a lane's shards."""
        return [f"{self.prefix(lane)}-{shard:06d}" for shard in range(self.n_shards[lane])]


def read_plans(store: ShardStore) -> list[Plan]:
    """The committed plans, the oldest first."""
    plans = []
    for number in store.names("plans"):
        path = store.path(f"plans/{number}/plan.json")
        if store.filesystem.exists(path):
            row = json.loads(store.filesystem.cat_file(path))
            plans.append(
                Plan(**{**row, "n_shards": tuple(row["n_shards"]), "again": tuple(row.get("again", ()))})
            )
    return plans


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
    by_name: dict[str, int] = {}
    for host, n_rows in largest.items():
        by_name[name_of(host)] = by_name.get(name_of(host), 0) + n_rows
    shared = settings.limits.n_lanes_by_suffix(n_lanes)
    owners = Owners(n_lanes=n_lanes, shared=shared, large=share_out(by_name, n_lanes))
    _share_out(ledger, owners)
    seconds = {host: settings.limits.of(host).least_s(n_rows) for host, n_rows in largest.items()}
    slowest = sorted(seconds, key=lambda host: (-seconds[host], host))[:20]
    plan = Plan(
        number=todo.number,
        run=todo.run,
        n_addresses=n_addresses,
        n_shards=(0,) * n_lanes,
        large=dict(owners.large),
        shared=shared,
        again=tuple(sorted(todo.again)),
        revalidate=todo.revalidate,
        seconds={host: seconds[host] for host in slowest},
    )
    n_shards = _write_lists(ledger, store, plan, settings.shard_rows)
    return Plan(**{**asdict(plan), "n_shards": n_shards})


def commit_plan(store: ShardStore, plan: Plan) -> None:
    """Make a plan known, whose lists are written."""
    if not store.create(f"plans/{plan.number:04d}/plan.json", json.dumps(asdict(plan)).encode()):
        raise RuntimeError(f"plan {plan.number} was made by somebody else meanwhile")


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


def _write_lists(ledger: Ledger, store: ShardStore, plan: Plan, shard_rows: int) -> tuple[int, ...]:
    """Cut each lane's addresses into shards: large hosts fill shards of their own, the others share.

    Returns:
        the number of shards of each lane.
    """
    batches = ledger.stream(
        """
        WITH laned AS (
            SELECT w.*, l.lane,
                   count(*) OVER (PARTITION BY l.lane, w.host) >= $shard_rows AS is_large,
                   row_number() OVER (PARTITION BY l.lane, w.host ORDER BY w.address) - 1 AS row_of_host
            FROM work w JOIN lanes l ON w.host = l.host AND (l.address = '' OR l.address = w.address)
        ), cut AS (
            SELECT *, if(is_large, host, NULL) AS own,
                   row_number() OVER (PARTITION BY lane, is_large ORDER BY host, address) - 1 AS row_of_rest
            FROM laned
        ), pieces AS (
            SELECT *, if(is_large, row_of_host, row_of_rest) // $shard_rows AS piece FROM cut
        )
        SELECT lane, address, host, next, n_redirects, etag, last_modified, status, reason, supersedes,
               (dense_rank() OVER (PARTITION BY lane ORDER BY own NULLS LAST, piece) - 1)::INTEGER AS shard
        FROM pieces ORDER BY lane, shard, host, address
        """,
        shard_rows=shard_rows,
    )
    writer = _ListWriter(store, plan)
    for batch in batches:
        writer.add(pa.Table.from_batches([batch]))
    return writer.close()


class _ListWriter:
    """Writes the lanes' lists, which come one after the other, a row group for each shard."""

    def __init__(self, store: ShardStore, plan: Plan) -> None:
        self._store = store
        self._plan = plan
        self._waiting: list[pa.Table] = []
        self._key = (-1, -1)
        self._n_shards = [0] * plan.n_lanes
        self._lane = -1
        self._file: Any = None
        self._writer: pq.ParquetWriter | None = None
        store.filesystem.makedirs(store.path(f"plans/{plan.number:04d}"), exist_ok=True)
        for lane in range(plan.n_lanes):
            self._turn_to(lane)

    def add(self, rows: pa.Table) -> None:
        """Take in rows, in the order of lane and shard."""
        for key, piece in _pieces(rows):
            if key != self._key:
                self._write_shard()
                self._key = key
            self._waiting.append(piece)

    def close(self) -> tuple[int, ...]:
        """Write what is left."""
        self._write_shard()
        self._turn_to(-1)
        return tuple(self._n_shards)

    def _write_shard(self) -> None:
        if not self._waiting:
            return
        lane, _ = self._key
        if lane != self._lane:
            self._turn_to(lane)
        table = pa.concat_tables(self._waiting).select(ADDRESS_SCHEMA.names).cast(ADDRESS_SCHEMA)
        if self._writer is None:
            raise RuntimeError("no list is open")
        self._writer.write_table(table.combine_chunks(), row_group_size=max(1, len(table)))
        self._n_shards[lane] += 1
        self._waiting.clear()

    def _turn_to(self, lane: int) -> None:
        if self._writer is not None:
            self._writer.close()
            self._file.close()
            self._writer = None
        self._lane = lane
        if lane >= 0:
            self._file = self._store.filesystem.open(self._store.path(self._plan.list_path(lane)), "wb")
            self._writer = pq.ParquetWriter(self._file, ADDRESS_SCHEMA, compression="zstd")


def _pieces(rows: pa.Table) -> Iterator[tuple[tuple[int, int], pa.Table]]:
    """Part rows where the lane or the shard changes."""
    lanes, shards = rows["lane"].to_numpy(), rows["shard"].to_numpy()
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or (lanes[end], shards[end]) != (lanes[start], shards[start]):
            yield (int(lanes[start]), int(shards[start])), rows.slice(start, end - start)
            start = end
