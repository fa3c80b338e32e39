"""Threads that each run a network on one core, on batches of their own.

Faster than one batch on all cores: no core waits for another after every layer, which costs most where other
programs want the cores too. And the vectors are the same with any number of threads.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import TypeVar

import torch

In = TypeVar("In")
Out = TypeVar("Out")


class SingleCoreWorkers:
    """As many threads as torch may use cores (`torch.set_num_threads`), started when first needed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._threads: ThreadPoolExecutor | None = None

    def run(self, work: Callable[[], Out]) -> Out:
        """Do one piece of work on one core."""
        return next(iter(self.map(lambda _: work(), [None])))

    def map(self, work: Callable[[In], Out], batches: Sequence[In]) -> Iterable[Out]:
        """Do `work` on each batch; the results come in the batches' order."""
        n_threads = torch.get_num_threads()
        if n_threads == 1:
            return [work(batch) for batch in batches]
        with self._lock:
            if self._threads is None:
                self._threads = _single_core_threads(n_threads)
        return self._threads.map(work, batches)


def _single_core_threads(n_threads: int) -> ThreadPoolExecutor:
    """Start threads in which torch uses one core; in all others it goes on as before."""
    all_are_there = Barrier(n_threads + 1)

    def start() -> None:
        torch.get_num_threads()  # so that torch has met this thread, and will not set it up once more
        torch.set_num_threads(1)  # of this thread, and of threads that torch meets later
        all_are_there.wait()

    threads = ThreadPoolExecutor(n_threads, thread_name_prefix="aisle-network")
    for _ in range(n_threads):
        threads.submit(start)
    all_are_there.wait()
    torch.set_num_threads(n_threads)
    return threads
