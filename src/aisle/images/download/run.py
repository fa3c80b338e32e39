"""A whole download: rounds of shard tasks until nothing is left to do, and what came of it."""

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from aisle.core.errors import AisleError
from aisle.core.image_records import image_statuses, temporary_statuses
from aisle.core.scratch import scratch_folder
from aisle.core.tables import full_disk_raised
from aisle.execution.commit import ShardStore
from aisle.execution.engines import ENGINES, Engine
from aisle.execution.lease import alone
from aisle.feeds import FeedNotes
from aisle.images.download.index import remove_old_indexes, write_index
from aisle.images.download.lane import download_lane
from aisle.images.download.ledger import Ledger
from aisle.images.download.links import check_uses, spell, uses
from aisle.images.download.loop import LanePart
from aisle.images.download.owners import Owners
from aisle.images.download.placeholders import DEFAULT_TITLES, Placeholder, find_placeholders
from aisle.images.download.plan import Plan, Round, commit_plan, read_plans
from aisle.images.download.planning import make_plan
from aisle.images.download.settings import DownloadSettings
from aisle.images.download.store import last_run, open_images
from aisle.images.download.summary import Summary, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is done.

    Args:
        n_workers: that work at once; the addresses are shared among as many lanes.
        engine: its name.
        master: the cluster's address, for an engine that has one.
        again: statuses of earlier runs that are tried again, beside those that may pass.
        revalidate: ask whether images that we have were changed.
        placeholder_titles: a picture behind so many titles of one merchant stands for "no image".
        fields: of a feed, columns that hold a field though they are called otherwise, as feeds.FeedOptions.
        encoding: of a feed, as feeds.FeedOptions.
    """

    n_workers: int = 2
    engine: str = "local"
    master: str = ""
    again: Collection[str] = ()
    revalidate: bool = False
    placeholder_titles: int = DEFAULT_TITLES
    fields: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    download: DownloadSettings = field(default_factory=DownloadSettings)

    def __post_init__(self) -> None:
        for status in self.again:
            if status not in image_statuses():
                raise AisleError(f"no status is called '{status}'; known: {', '.join(image_statuses())}")


class Watcher:
    """Is told how a run goes; this one does not listen."""

    def planned(self, plan: Plan, n_done: int) -> None:
        """A round begins, or goes on: so many of its addresses were done before."""

    def told(self, counts: Mapping[str, int]) -> None:
        """So many addresses more have each status, and so on."""


def download(source: Path, root: str, settings: RunSettings, watcher: Watcher | None = None) -> Summary:
    """Download every image that a catalogue's products name, and go on where an earlier run stopped.

    Args:
        source: a catalogue, a feed or a list of addresses, see `links.uses`.
        root: the folder of images, a path or an fsspec address.

    Raises:
        AisleError: the source or the folder is none, or another download is at work in the folder.
    """
    watcher = watcher or Watcher()
    engine: Engine = ENGINES.get(settings.engine)(master=settings.master)
    check_uses(source, settings.fields, settings.encoding)
    store = open_images(root, create=True, pictures=settings.download.picture)
    with contextlib.ExitStack() as stack:
        still_alone = stack.enter_context(alone(store))
        is_local = isinstance(store.filesystem, LocalFileSystem)
        folder = stack.enter_context(
            scratch_folder("aisle-download-", Path(store.root) if is_local else None)
        )
        stack.enter_context(full_disk_raised(folder.parent))
        ledger = stack.enter_context(Ledger(folder))
        notes = FeedNotes()
        n_paths = _list_addresses(ledger, source, settings, notes)
        plans = read_plans(store)
        if plans:
            _work(store, plans[-1], settings, engine, watcher, ledger, still_alone)
        todo = _first_round(store, plans, settings)
        first = next((plan.number for plan in plans if plan.run == todo.run), todo.number)
        while True:
            ledger.take_in(store)
            plan = make_plan(ledger, store, settings.download, todo, n_lanes=max(1, settings.n_workers))
            if plan is None:
                break
            still_alone()
            commit_plan(store, plan)
            _work(store, plan, settings, engine, watcher, ledger, still_alone)
            todo = todo.next()
        store.sweep()
        earlier = _earlier_placeholders(store)
        placeholders = find_placeholders(
            ledger,
            source,
            settings.placeholder_titles,
            earlier,
            fields=settings.fields,
            encoding=settings.encoding,
        )
        summary = summarise(
            ledger,
            store,
            placeholders,
            n_paths=n_paths,
            notes=notes.lines(),
            first=ledger.n_shards_before(first),
        )
        write_index(ledger, store, todo.run, folder)
        still_alone()
        _finish(store, todo.run, summary)
        remove_old_indexes(store, todo.run)
        return summary


def _list_addresses(ledger: Ledger, source: Path, settings: RunSettings, notes: FeedNotes) -> int:
    """Fill the table `listed` with the distinct addresses. Returns how many links are paths of files."""
    left_out: Counter[str] = Counter()
    ledger.run("CREATE TABLE links (address VARCHAR)")
    found = uses(source, settings.fields, left_out, notes, encoding=settings.encoding)
    batches = (spell(batch["address"]).unique() for batch in found)
    ledger.fill("links", (pa.RecordBatch.from_arrays([texts], ["address"]) for texts in batches))
    ledger.run("CREATE TABLE listed AS SELECT DISTINCT address FROM links WHERE address <> ''")
    ledger.run("DROP TABLE links")
    return left_out["paths"]


def _first_round(store: ShardStore, plans: list[Plan], settings: RunSettings) -> Round:
    """The first round of a new run; or one more of a run that was killed, for what its own left out."""
    # A plan that was damaged may have been removed, and its shards' names must not come again.
    named = [int(name.partition("-")[0]) for name in store.committed()]
    number = max([*(plan.number for plan in plans), *named], default=0) + 1
    finished = last_run(store)
    run = finished[0] + 1 if finished else 1
    killed = [plan for plan in plans if plan.run >= run]
    if not killed:
        again = temporary_statuses() | frozenset(settings.again)
        return Round(number=number, run=run, again=again, revalidate=settings.revalidate)
    return Round(
        number=number,
        run=killed[-1].run,
        again=frozenset(settings.again).difference(*(plan.again for plan in killed)),
        revalidate=settings.revalidate and not any(plan.revalidate for plan in killed),
    )


def _earlier_placeholders(store: ShardStore) -> list[Placeholder]:
    finished = last_run(store)
    return [Placeholder(**row) for row in finished[1]["placeholders"]] if finished else []


def _work(
    store: ShardStore,
    plan: Plan,
    settings: RunSettings,
    engine: Engine,
    watcher: Watcher,
    ledger: Ledger,
    still_alone: Callable[[], None],
) -> None:
    """Run the shard task on every lane that has shards to commit, as long as no other run takes over."""
    committed = set(store.committed())
    lanes = [lane for lane in range(plan.n_lanes) if not committed.issuperset(plan.shards(lane))]
    owners = _owners(plan, settings, len(lanes))
    is_local = isinstance(store.filesystem, LocalFileSystem) and settings.engine == "local"
    parts = [
        LanePart(
            root=store.filesystem.unstrip_protocol(store.root),
            addresses=plan.list_path(lane),
            prefix=plan.prefix(lane),
            lane=lane,
            owners=owners,
            settings=settings.download,
            spools=f"{store.root}/spools" if is_local else "",
        )
        for lane in lanes
    ]
    if not parts:
        return
    ledger.take_in(store)
    watcher.planned(plan, ledger.n_done(f"{plan.number:04d}-"))
    ledger.rest()

    def tell(counts: Mapping[str, int]) -> None:
        still_alone()
        watcher.told(counts)

    engine(download_lane, parts, n_workers=min(settings.n_workers, owners.n_at_once), tell=tell)


def _owners(plan: Plan, settings: RunSettings, n_lanes: int) -> Owners:
    """Who looks after which host: by the plan, whatever the limits are now.

    Where a host that is shared may have fewer connections than it has lanes, not all of them work at once.

    Args:
        n_lanes: that are left.
    """
    limits = settings.download.limits
    owners = Owners(n_lanes=plan.n_lanes, shared=plan.shared, large=plan.large)
    named = {*plan.shared, *(suffix for suffix, _ in limits.by_suffix)}
    most = [limits.of(name).n_connections for name in named if owners.n_sharing(name) > 1]
    return replace(owners, n_at_once=max(1, min(n_lanes, settings.n_workers, *most)))


def _finish(store: ShardStore, run: int, summary: Summary) -> None:
    """Mark the run as finished, with what came of it."""
    store.create(f"runs/{run:04d}.json", json.dumps(summary.as_dict(), indent=1).encode())
