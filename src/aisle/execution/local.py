"""The engine of one machine: every part in a process of its own, so many at once."""

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from aisle.core.errors import AisleError, system_refusal
from aisle.execution.engines import WORKER_ENVIRONMENT, Engine, Task, Tell

_N_TRIES = 3


@dataclass(slots=True)
class _Running:
    part: int
    process: SpawnProcess
    connection: "Connection[Any, Any]"
    is_done: bool = False


def build(*, master: str = "") -> Engine:
    """See `engines.Build`: this engine has no master."""
    if master:
        raise AisleError(f"the engine 'local' has no master, and '{master}' was given; add --engine spark")
    return run


def run(task: Task[Any], parts: Sequence[Any], *, n_workers: int, tell: Tell) -> None:
    """See `engines.Engine`. With `n_workers` 0 all runs in this process, one part after the other."""
    if n_workers == 0:
        for part in parts:
            task(part, tell)
        return
    waiting = deque((number, 1) for number in range(len(parts)))
    tries: dict[int, int] = {}
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < n_workers:
                number, tries[number] = waiting.popleft()
                running.append(_start(task, parts[number], number))
            for finished in _listen(running, tell):
                running.remove(finished)
                if not finished.is_done:
                    waiting.append((finished.part, _another_try(tries[finished.part])))
    finally:
        for left in running:
            left.process.terminate()
            left.process.join()
            left.connection.close()


def _start(task: Task[Any], part: Any, number: int) -> _Running:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, part, theirs), name=f"part {number}")
    with _environment_of_workers(), _interrupts_kept():
        process.start()
    theirs.close()
    return _Running(number, process, ours)


@contextmanager
def _environment_of_workers() -> Iterator[None]:
    """Processes that are started in the block have the environment of workers."""
    before = {name: os.environ.get(name) for name in WORKER_ENVIRONMENT}
    os.environ.update(WORKER_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Keep Ctrl-C waiting while the block runs; a process started meanwhile never gets it.

    A terminal tells it to all processes. This one answers, and ends the others; one of those that is about to
    start would break off with a trace.
    """
    resource_tracker.ensure_running()  # its own start, left to the process's, would let them through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen(running: list[_Running], tell: Tell) -> list[_Running]:
    """Pass on what the processes tell; give those that have ended."""
    ended = []
    by_connection = {entry.connection: entry for entry in running}
    for connection in wait(list(by_connection)):
        entry = by_connection[connection]  # type: ignore[index]
        try:
            kind, message = entry.connection.recv()
        except (EOFError, ConnectionResetError):
            entry.process.join()
            entry.connection.close()
            ended.append(entry)
            continue
        if kind == "told":
            tell(message)
        elif kind == "done":
            entry.is_done = True
        else:
            raise message if isinstance(message, AisleError) else RuntimeError(message)
    return ended


def _another_try(n_tries: int) -> int:
    if n_tries >= _N_TRIES:
        raise AisleError(
            f"a worker process died {n_tries} times over the same part; look for a lack of memory "
            "(the system's log), then run the command again: it goes on where it stopped"
        )
    return n_tries + 1


def _work(task: Task[Any], part: Any, connection: "Connection[Any, Any]") -> None:
    """Run in the process: do the work, and end with the parent, who is gone when nobody listens."""

    def tell(counts: Mapping[str, int]) -> None:
        connection.send(("told", dict(counts)))

    try:
        task(part, tell)
        connection.send(("done", None))
    except (BrokenPipeError, ConnectionResetError):
        return
    except AisleError as error:
        connection.send(("failed", error))
    except Exception as error:  # noqa: BLE001  it is shown, whole, by the parent
        refusal = system_refusal(error) if isinstance(error, OSError) else None
        connection.send(("failed", AisleError(refusal) if refusal else traceback.format_exc()))
