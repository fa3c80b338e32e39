"""From Spark's traces of Java to one line that says what to do."""

import re

from aisle.core.errors import AisleError

_PACK = "send them a packed environment (docs/cluster.md)"
_KNOWN = (
    (
        r"Cannot run program \"([^\"]+)\"",
        "the workers have no Python at '{}'; name theirs in PYSPARK_PYTHON, or " + _PACK,
    ),
    (r"No module named '?([\w.]+)'?", "the workers' Python has no module '{}'; " + _PACK),
    (
        r"Python in worker has different version: (\S+) than that in driver: (\S+?),",
        "the workers have Python {}, and this is {}; name another in PYSPARK_PYTHON, or " + _PACK,
    ),
    (
        r"failed (\d+) times, most recent failure: Lost task .*?"
        r"(?:ExecutorLostFailure|Python worker exited unexpectedly|Remote RPC client disassociated)",
        "a worker process died {} times over the same part; look for a lack of memory (the system's log), "
        "then run the command again: it goes on where it stopped",
    ),
    (r"UnsupportedClassVersionError", "its Java is too old; install Java 17 or newer, or set JAVA_HOME"),
    (
        r"All masters are unresponsive|SparkContext was shut down|stopped SparkContext",
        "the master ended the work, or does not speak this version of Spark; look at its log",
    ),
)


def short_reason(error: BaseException, log: str = "") -> str:
    """One line about why Spark failed.

    Args:
        log: what its Java process wrote.
    """
    text = _java_text(error)
    for pattern, told in _KNOWN:
        for source in (text, log):
            if found := re.search(pattern, source, re.DOTALL):
                return told.format(*found.groups())
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)


def as_users(error: BaseException) -> AisleError:
    """The error of a job that Spark gave up; what tasks raise themselves does not come this way."""
    return AisleError(f"Spark gave up: {short_reason(error)}")


def _java_text(error: BaseException) -> str:
    """The message with its causes; one from Java begins with the kind of the error, without its package."""
    java = getattr(error, "java_exception", None)
    return str(error) if java is None else re.sub(r"^([a-z]\w*\.)+", "", str(java.toString()))
