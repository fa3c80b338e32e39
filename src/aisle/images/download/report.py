"""What a person sees of a download: how long it will take at least, how it goes, and what came of it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from aisle.core.image_records import image_statuses
from aisle.core.words import clock, counted, note, percent
from aisle.images.download.plan import Plan
from aisle.images.download.run import Watcher
from aisle.images.download.shard import UNCHANGED
from aisle.images.download.summary import Summary

_MOST_SHOWN = 10
_LONG_S = 60.0
_TELL_EVERY_S = 60.0


class Report(Watcher):
    """Shows a run on standard error while it goes on, and its summary on standard output.

    On a terminal there is a bar; else a line is told every minute, for logs.

    Args:
        console: for the summary.
        has_contact: the User-Agent says whom a shop can write to.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        *,
        console: Console | None = None,
        progress_console: Console | None = None,
        has_contact: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console()
        self._progress_console = progress_console or Console(stderr=True)
        self._has_contact = has_contact
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._hosts: dict[str, int] = {}
        self._started = clock()
        self._least_s = 0.0
        self._n_before = 0
        self._told_at = self._started
        self._bar = Progress(
            TextColumn("images"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._progress_console,
            transient=True,
            disable=not self._progress_console.is_terminal,
        )
        self._task = self._bar.add_task("images", total=None, note="")

    def __enter__(self) -> "Report":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def planned(self, plan: Plan, n_done: int) -> None:
        """Say what will take long, before it begins."""
        self._started = self._told_at = self._clock()
        self._least_s = max(plan.seconds.values(), default=0.0)
        self._n_before = n_done
        self._counts.clear()
        self._bar.reset(self._task, total=plan.n_addresses, completed=n_done, note="")
        self._progress_console.print(
            f"{counted(plan.n_addresses, 'address', 'addresses')} to ask, {n_done:,} done before"
        )
        if not self._has_contact:
            self._has_contact = True
            self._progress_console.print(
                "shops cannot reach you: name a mail address or a page, e.g. --contact crawl@mine.example",
                highlight=False,
                soft_wrap=True,
            )
        slow = [(host, seconds) for host, seconds in plan.seconds.items() if seconds >= _LONG_S]
        for host, seconds in slow[:_MOST_SHOWN]:
            self._progress_console.print(
                _plain(f"  {host} takes at least {clock(seconds)} at its limit"), highlight=False
            )

    def told(self, counts: Mapping[str, int]) -> None:
        """Add up what a worker tells, and show images a second, shares, hosts and the time left."""
        for name, count in counts.items():
            if name.startswith("hosts waiting"):
                self._hosts[name] = count
            else:
                self._counts[name] += count
        n_done = self._n_before + self._ended().total()
        self._bar.update(self._task, completed=n_done, note=self.note())
        if self._bar.disable and self._clock() - self._told_at >= _TELL_EVERY_S:
            self._told_at = self._clock()
            n_all = self._bar.tasks[self._task].total or 0
            self._progress_console.print(
                f"images {n_done:,}/{n_all:,.0f}  {self.note()}", highlight=False, soft_wrap=True
            )

    def note(self) -> str:
        """The words beside the bar."""
        statuses = self._ended()
        n_done = statuses.total()
        if not n_done:
            return ""
        seconds = max(self._clock() - self._started, 1e-9)
        shares = [f"{name} {100 * n / n_done:.0f} %" for name, n in statuses.most_common(3)]
        left = self._bar.tasks[self._task].remaining or 0.0
        left_s = max(left * seconds / n_done, self._least_s - seconds) if left else 0.0
        hosts = f"{counted(sum(self._hosts.values()), 'host')} waiting"
        return f"{n_done / seconds:,.1f}/s  {', '.join(shares)}  {hosts}  {clock(left_s)} left"

    def _ended(self) -> Counter[str]:
        """How many addresses ended how in this run."""
        statuses = {*image_statuses(), UNCHANGED}
        return Counter({name: n for name, n in self._counts.items() if name in statuses})

    def finished(self, summary: Summary) -> None:
        """Print the summary."""
        self._bar.stop()
        table = Table("status", "addresses", "share", "meaning", box=None)
        for status, n in summary.by_status.items():
            share = percent(n / summary.n_addresses)
            table.add_row(status, f"{n:,}", share, image_statuses()[status].meaning)
        self._console.print(table)
        hosts = Table("host", "addresses", "ok", "most frequent trouble", box=None)
        for host, counts in list(summary.by_host.items())[:_MOST_SHOWN]:
            trouble = Counter({status: n for status, n in counts.items() if status != "ok"}).most_common(1)
            told = f"{trouble[0][0]} ({trouble[0][1]:,})" if trouble else ""
            hosts.add_row(_plain(host), f"{sum(counts.values()):,}", f"{counts.get('ok', 0):,}", told)
        self._console.print(hosts)
        for host, until in list(summary.left_alone.items())[:_MOST_SHOWN]:
            self._console.print(f"{host} asks to be left alone until {until}", highlight=False)
        if (n_more := len(summary.left_alone) - _MOST_SHOWN) > 0:
            self._console.print(
                f"and so do {n_more:,} more hosts; the run's summary, in `runs`, names them", highlight=False
            )
        if summary.n_kept:
            self._console.print(
                f"{summary.n_kept:,} of the images are kept from an earlier run, since asking for them anew "
                "failed; try again later",
                highlight=False,
            )
        n_found, n_uses = len(summary.placeholders), sum(found.n_products for found in summary.placeholders)
        parts = [
            f"{counted(summary.n_addresses, 'address', 'addresses')}, "
            f"{counted(summary.by_status.get('ok', 0), 'image')}, {summary.n_bytes / 1e6:,.1f} MB read",
            f"{counted(n_found, 'picture')} {'stands' if n_found == 1 else 'stand'} for 'no image' "
            f"({counted(n_uses, 'use')})",
        ]
        if summary.n_paths == 1:
            parts.append("1 link is the path of a file, and no address")
        elif summary.n_paths:
            parts.append(f"{summary.n_paths:,} links are paths of files, and no addresses")
        self._console.print("; ".join(parts), highlight=False)
        for line in summary.notes:
            self._console.print(_plain(note(line)), highlight=False, soft_wrap=True)


def _plain(text: str) -> Text:
    """Text of strangers: no mark-up, and nothing that a terminal would obey."""
    return Text("".join(letter if letter.isprintable() else "\ufffd" for letter in text))
