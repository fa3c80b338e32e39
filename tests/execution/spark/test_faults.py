"""Spark's traces become one line with a remedy."""

import pytest

from aisle.execution.spark.faults import as_users, short_reason

LOST = (
    "Job aborted due to stage failure: Task 0 in stage 0.0 failed 3 times, most recent failure: Lost task 0.2"
)
SAID = {
    f"{LOST} (TID 4) (127.0.0.1 executor 3): ExecutorLostFailure (executor 3 exited)": "died 3 times",
    f"{LOST}: org.apache.spark.SparkException: Python worker exited unexpectedly": "died 3 times",
    f'{LOST}: java.io.IOException: Cannot run program "./env/bin/python": error=2': (
        "no Python at './env/bin/python'"
    ),
    f"{LOST}\nModuleNotFoundError: No module named 'aisle'\n": "has no module 'aisle'; send them a packed",
    f"{LOST}: Python in worker has different version: 3.9 than that in driver: 3.11, PySpark": (
        "the workers have Python 3.9, and this is 3.11"
    ),
    "Job 0 cancelled because SparkContext was shut down": "the master ended the work",
    "something new\n\tat a.b.c(D.java:1)": "Spark gave up: something new",
}


@pytest.mark.parametrize("text", SAID)
def test_a_trace_becomes_a_line(text):
    told = str(as_users(RuntimeError(text)))
    assert SAID[text] in told
    assert "\n" not in told


def test_what_java_wrote_before_it_ended_counts_too():
    log = "Exception in thread main java.lang.UnsupportedClassVersionError: class file version 61.0"
    assert "install Java 17 or newer" in short_reason(RuntimeError("Java gateway process exited"), log)
