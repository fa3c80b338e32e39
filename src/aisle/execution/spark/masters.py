"""Looks before the leap: is there Java, is this the address of a master, and does anything answer there?"""

import os
import re
import shutil
import socket
from pathlib import Path

from aisle.core.errors import AisleError

_HOST = r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\])"
_FORMS = (
    r"local(\[(\*|[1-9]\d*)(,[1-9]\d*)?\])?",
    r"local-cluster\[[1-9]\d*,[1-9]\d*,[1-9]\d*\]",
    rf"spark://{_HOST}:\d+(,{_HOST}:\d+)*",
    r"yarn",
    rf"k8s://(https?://)?{_HOST}(:\d+)?(/\S*)?",
)
_ANSWERS_WITHIN_S = 5.0


def check_master(master: str) -> None:
    """Refuse an address that is none of a Spark master, or where nobody listens.

    Raises:
        AisleError: see above.
    """
    if not any(re.fullmatch(form, master) for form in _FORMS):
        raise AisleError(
            f"--master '{master}' is no address of a Spark master; "
            "write spark://HOST:PORT, yarn, k8s://HOST:PORT or local[CORES]"
        )
    if master == "yarn" and not (os.environ.get("HADOOP_CONF_DIR") or os.environ.get("YARN_CONF_DIR")):
        raise AisleError("--master yarn: set HADOOP_CONF_DIR to the folder of the cluster's configuration")
    if master.startswith("spark://"):
        _knock(master)


def is_this_machine(master: str) -> bool:
    """The master is none: Spark runs on this machine alone."""
    return master.startswith("local")


def check_java() -> None:
    """Refuse a machine without Java.

    Raises:
        AisleError: see above.
    """
    home = os.environ.get("JAVA_HOME", "")
    if home and not (Path(home) / "bin/java").is_file():
        raise AisleError(f"JAVA_HOME is '{home}', and there is no bin/java; set it to a Java 17 or newer")
    if not home and shutil.which("java") is None:
        raise AisleError("Spark needs Java 17 or newer, and there is none; install it, or set JAVA_HOME")


def _knock(master: str) -> None:
    """Any of the masters must answer; Spark itself would try for a minute before it says so."""
    reasons = []
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWERS_WITHIN_S).close()
        except (OSError, OverflowError) as error:
            reasons.append(f"{place}: {error}")
        else:
            return
    raise AisleError(
        f"--master {master}: nobody answers ({'; '.join(reasons)}); is it running, and is this its port?"
    )
