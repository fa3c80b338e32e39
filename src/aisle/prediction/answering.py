"""What the batch job and the evaluation share: products of raw rows, and answers by threads, in order."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa
from threadpoolctl import threadpool_limits

from aisle.catalogue import inline_images, to_products
from aisle.core.cores import n_cores
from aisle.images import ImageRoot, ImageSource, InlineImages
from aisle.model.predictor import Predictor

In = TypeVar("In")
Out = TypeVar("Out")


def products_of(
    raw: pa.RecordBatch, label_columns: Collection[str], folder: ImageRoot | None
) -> tuple[pa.RecordBatch, ImageSource | None]:
    """Make products of raw rows, and say where their images are read: in the rows, or in the folder."""
    inline = inline_images(raw)
    return to_products(raw, label_columns, folder), InlineImages(inline, folder) if inline else folder


def n_workers(predictor: Predictor) -> int:
    """Threads that answer: one a core for text; one alone where torch uses all cores itself."""
    return 1 if sees_images(predictor) else n_cores()


def sees_images(predictor: Predictor) -> bool:
    """Whether the model looks at images."""
    return any("image" in encoder.fields for encoder in predictor.model.encoders.values())


def in_order(work: Callable[[In], Out], items: Iterable[In], n_workers: int) -> Iterator[Out]:
    """Do `work` on each item in threads and give the results in the items' order.

    Two items a worker are under way at most, so that memory stays flat. Where there are several workers, each
    multiplies matrices on its own core, since they would wait for the threads of one another's products.
    """
    limit = 1 if n_workers > 1 else None
    with threadpool_limits(limit, user_api="blas"), ThreadPoolExecutor(n_workers) as pool:
        waiting: deque[Future[Out]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= 2 * n_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
