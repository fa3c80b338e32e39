"""Runs shard tasks on Spark: a part is a task of one job, and Spark runs again what a lost worker had."""

import logging
import queue
import uuid
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from aisle.core.errors import AisleError
from aisle.execution.engines import Engine, Task, Tell
from aisle.execution.spark.channel import Message, listening
from aisle.execution.spark.worker import Fault, Work, work_on

if TYPE_CHECKING:
    from pyspark import SparkContext

_log = logging.getLogger(__name__)

_NO_ROOM_S = 30.0


def build(*, master: str = "") -> Engine:
    """See `engines.Build`. Without a master, Spark's own settings name it, or the context that there is."""
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise AisleError("the engine 'spark' needs PySpark; run: pip install 'pyspark>=4.0'") from error
    from aisle.execution.spark.context import check

    check(master)
    return partial(run, master=master)


def run(task: Task[Any], parts: Sequence[Any], *, n_workers: int, tell: Tell, master: str = "") -> None:
    """See `engines.Engine`."""
    if not parts:
        return
    from aisle.execution.spark.context import spark_context

    inbox: queue.Queue[Message] = queue.Queue()
    with spark_context(master, n_workers) as context:
        host = context.getConf().get("spark.driver.host") or "127.0.0.1"
        bound_to = context.getConf().get("spark.driver.bindAddress") or host
        with listening(bound_to, inbox.put, reached_at=host) as ear:
            _watch(context, Work(task=task, ear=ear, version=version("aisle")), parts, inbox, tell)


def _watch(
    context: "SparkContext", work: Work, parts: Sequence[Any], inbox: "queue.Queue[Message]", tell: Tell
) -> None:
    """Run the job in a thread of its own, so that this one can hear tasks; an error here ends it."""
    from pyspark import InheritableThread

    group = f"aisle-{uuid.uuid4().hex[:12]}"
    job = InheritableThread(target=_run_job, args=(context, group, work, parts, inbox))
    job.daemon = True
    job.start()
    try:
        while (message := _next(inbox, context)) != {"done": True}:
            if "told" in message:
                tell(message["told"])
            else:
                raise message["error"] if "error" in message else _error(Fault(**message["fault"]))
    finally:
        if job.is_alive():
            context.cancelJobGroup(group)
        job.join()


def _run_job(
    context: "SparkContext", group: str, work: Work, parts: Sequence[Any], inbox: "queue.Queue[Message]"
) -> None:
    """Put into the inbox how the job ended."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    from aisle.execution.spark.faults import as_users

    try:
        context.setJobGroup(group, "aisle", interruptOnCancel=True)
        results = context.parallelize(parts, len(parts)).map(partial(work_on, work)).collect()
    except (Py4JError, PySparkException) as error:
        inbox.put({"error": as_users(error)})
    except BaseException as error:  # noqa: BLE001  it is raised in the caller's thread
        inbox.put({"error": error})
    else:
        fault = next((result for result in results if result is not None), None)
        inbox.put({"done": True} if fault is None else {"error": _error(fault)})


def _next(inbox: "queue.Queue[Message]", context: "SparkContext") -> Message:
    """The next message. A user who waits for nothing at all is told why."""
    try:
        return inbox.get(timeout=_NO_ROOM_S)
    except queue.Empty:
        tracker = context.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        if not any(stage.numActiveTasks for stage in stages if stage):
            _log.warning(
                "the cluster has given no worker for %.0f s; it is busy, or has none with so many cores and "
                "so much memory free",
                _NO_ROOM_S,
            )
    return inbox.get()


def _error(fault: Fault) -> Exception:
    return AisleError(fault.text) if fault.is_users else RuntimeError(fault.text)
