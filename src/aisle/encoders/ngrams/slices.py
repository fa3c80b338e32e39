"""Work cut into slices that do not overlap, one for each thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Slices:
    """Threads that wait for slices of work; they are started when first needed and end with this object."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._n_threads = 0

    def run(self, work: Callable[[int, int], None], n: int, threads: int, multiple: int = 1) -> None:
        """Call `work(first, stop)` for slices that cover range(n), and return when all are done.

        Args:
            threads: slices, at most; one of them is done by the calling thread.
            multiple: slices start at a multiple of it.
        """
        units = -(-n // multiple)
        n_slices = max(1, min(threads, units))
        edges = [min(n, units * i // n_slices * multiple) for i in range(n_slices + 1)]
        pool = self._threads(n_slices - 1) if n_slices > 1 else None
        others = [pool.submit(work, edges[i], edges[i + 1]) for i in range(1, n_slices)] if pool else []
        try:
            work(edges[0], edges[1])
        finally:
            for other in others:
                other.result()

    def _threads(self, n: int) -> ThreadPoolExecutor:
        if self._pool is None or self._n_threads < n:
            if self._pool is not None:
                self._pool.shutdown()
            self._pool, self._n_threads = ThreadPoolExecutor(n, "ngrams"), n
        return self._pool
