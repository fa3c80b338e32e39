"""What a round of a run has to do, as it is stored."""

import json
from dataclasses import asdict, dataclass, field

from aisle.execution.commit import ShardStore


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
    """The committed plans, the oldest first.

    Raises:
        AisleError: one is damaged.
    """
    plans = []
    for number in store.names("plans"):
        path = store.path(f"plans/{number}/plan.json")
        if store.filesystem.exists(path):
            try:
                row = json.loads(store.filesystem.cat_file(path))
                plan = Plan(
                    **{**row, "n_shards": tuple(row["n_shards"]), "again": tuple(row.get("again", ()))}
                )
            except (ValueError, KeyError, TypeError) as error:
                raise store.damaged(f"plans/{number}/plan.json", error, remove=f"plans/{number}") from error
            plans.append(plan)
    return plans


def commit_plan(store: ShardStore, plan: Plan) -> None:
    """Make a plan known, whose lists are written."""
    if not store.create(f"plans/{plan.number:04d}/plan.json", json.dumps(asdict(plan)).encode()):
        raise RuntimeError(f"plan {plan.number} was made by somebody else meanwhile")
