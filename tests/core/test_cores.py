import os
import subprocess
import sys
from pathlib import Path

import aisle
from aisle.core.cores import n_cores

SOURCES = Path(aisle.__file__).parent


def test_a_process_that_is_kept_on_one_core_counts_one():
    core = min(os.sched_getaffinity(0))
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os; os.sched_setaffinity(0, {{{core}}})\n"
            "from aisle.core.cores import n_cores; print(n_cores())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["1"]


def test_there_is_at_least_one_core():
    assert n_cores() >= 1


def test_cores_are_counted_in_one_place():
    counting = [
        str(file.relative_to(SOURCES))
        for file in SOURCES.rglob("*.py")
        if "cpu_count" in file.read_text(encoding="utf-8")
    ]
    assert counting == [str(Path("core") / "cores.py")]
