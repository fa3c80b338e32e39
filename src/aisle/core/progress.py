"""Progress bars with the remaining time, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from aisle.core.words import clock

_BAR = 14  # characters: in a terminal of 80 columns there is room for a description and a note


class Advance(Protocol):
    """Tell that `n` more are done; `note` is a few words to show beside the bar, the first ones first."""

    def __call__(self, n: int = 1, note: str = "") -> None: ...  # noqa: D102


class _Done(ProgressColumn):
    """How much is done: a share, or a number where nobody knows of how many."""

    def render(self, task: Task) -> Text:
        share = f"{task.percentage:.0f} %"
        return Text(f"{task.completed:,.0f}" if task.total is None else f"{share:>5}")


class _Time(ProgressColumn):
    """The time that is left, or that has passed where nobody knows."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text(clock(task.elapsed))
        return Text(f"{clock(task.time_remaining)} left")


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Advance]:
    """Show a bar while the block runs; nothing where standard error is no terminal.

    Args:
        total: how many there are, or None where nobody knows: then the count alone is shown.
    """
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(_BAR),
        _Done(),
        _Time(),
        TextColumn(
            "{task.fields[note]}",
            markup=False,
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
        console=console,
        transient=True,
        expand=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(description, total=total, note="")

        def advance(n: int = 1, note: str = "") -> None:
            if note:
                bar.update(task, note=note)
            bar.update(task, advance=n)

        yield advance
