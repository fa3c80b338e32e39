"""The Spark context: the one that there is, or one of our own that ends with the work."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway

from aisle.core.errors import AisleError
from aisle.core.scratch import scratch_folder
from aisle.execution.engines import WORKER_ENVIRONMENT
from aisle.execution.spark.faults import short_reason
from aisle.execution.spark.masters import check_java, check_master, is_this_machine

_OURS = {"spark.speculation": "false", "spark.ui.showConsoleProgress": "false"}
"""A part must never run twice at once, as speculation would have it; and Aisle shows its own progress."""

_USUAL = {
    "spark.app.name": "aisle",
    "spark.task.maxFailures": "3",
    **{f"spark.executorEnv.{name}": value for name, value in WORKER_ENVIRONMENT.items()},
}
_USUAL_HERE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


class _DidNotStartError(AisleError):
    """Spark said why in its log, which the message names."""


def active_context() -> SparkContext | None:
    """The context that the user has started in this process."""
    return SparkContext._active_spark_context


def check(master: str) -> None:
    """Say what can be known to be wrong before anything is started.

    Raises:
        AisleError: no Java; a master that is none, does not answer, or is not that of the context there is.
    """
    active = active_context()
    if active is not None:
        if master and master != active.master:
            raise AisleError(
                f"--master {master}: this process has a Spark context on {active.master}; leave --master out"
            )
        if active.getConf().get("spark.speculation", "false") == "true":
            raise AisleError("spark.speculation runs a part twice at once; set it to false")
        return
    if not _has_java_process():
        check_java()
    if master:
        check_master(master)


@contextmanager
def spark_context(master: str, n_workers: int) -> Iterator[SparkContext]:
    """Give the context there is, or start one and stop it after the block.

    Args:
        master: empty for what Spark's own settings say, e.g. those of `spark-submit`.
        n_workers: how many cores of a stand-alone cluster to ask for.

    Raises:
        AisleError: Spark does not start.
    """
    active = active_context()
    if active is not None:
        yield active
        return
    with scratch_folder("aisle-spark-", kept_after=(_DidNotStartError,)) as folder:
        on_interrupt = signal.getsignal(signal.SIGINT)
        context = _start(master, n_workers, folder / "spark.log")
        try:
            yield context
        finally:
            context.stop()
            if signal.getsignal(signal.SIGINT) is not on_interrupt:
                signal.signal(signal.SIGINT, on_interrupt)


def _has_java_process() -> bool:
    """Spark's Java runs already: an earlier context's, or that of `spark-submit`."""
    return SparkContext._gateway is not None or "PYSPARK_GATEWAY_PORT" in os.environ


def _start(master: str, n_workers: int, log: Path) -> SparkContext:
    """Start a context; what Spark's Java says goes to a file, which is kept where Spark does not start."""
    try:
        gateway = SparkContext._gateway
        if gateway is None:
            with log.open("wb") as file:
                gateway = launch_gateway(popen_kwargs={"stderr": file})  # type: ignore[no-untyped-call]
        conf = _conf(SparkConf(_jvm=gateway.jvm), master, n_workers)
        context = SparkContext(conf=conf, gateway=gateway)
    except (PySparkException, Py4JError) as error:
        said = log.read_text(errors="replace") if log.exists() else ""
        reason = short_reason(error, said)
        raise _DidNotStartError(f"Spark did not start: {reason}; its own words are in {log}") from error
    context.pythonExec = (
        conf.get("spark.pyspark.python") or os.environ.get("PYSPARK_PYTHON") or sys.executable
    )
    return context


def _conf(conf: Any, master: str, n_workers: int) -> Any:
    """The user's settings, with ours."""
    master = master or conf.get("spark.master", "")
    if not master:
        raise AisleError("the engine 'spark' needs --master, e.g. spark://HOST:PORT, yarn or local[4]")
    check_master(master)
    conf.setMaster(master)
    usual = _USUAL | (_USUAL_HERE if is_this_machine(master) else {})
    if n_workers and not is_this_machine(master):
        usual |= {"spark.cores.max": str(n_workers)}
    for name, value in usual.items():
        conf.setIfMissing(name, value)
    for name, value in _OURS.items():
        conf.set(name, value)
    return conf
