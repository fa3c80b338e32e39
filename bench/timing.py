"""Times whole commands in turn, watches their memory, and prints what was measured on what."""

import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from data_sets import DATA, WEIGHTS

REPOSITORY = Path(__file__).resolve().parent.parent
AISLE = str(Path(sys.executable).with_name("aisle"))
PEERS = Path(__file__).resolve().parent / "peers"

_SAMPLE_S = 0.02
_COMMON = ("aisle", "numpy", "numba", "pyarrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A whole command, run as a process of its own.

    Args:
        name: as the table calls it.
        command: program and arguments.
        out: what it writes, removed before each run.
        n_products: what it works on, for the products a second; 0 prints none.
        environment: variables beside those that there are.
    """

    name: str
    command: Sequence[str]
    out: Path | None = None
    n_products: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """One run.

    Args:
        seconds: from start to exit.
        peak_bytes: the largest resident set of the process tree.
        cpu_seconds: of the process tree, in user and system mode.
    """

    seconds: float
    peak_bytes: int
    cpu_seconds: float


@contextmanager
def workshop(name: str) -> Iterator[Path]:
    """A folder to work in, the current one while it lasts; $AISLE_BENCH keeps it for the next run."""
    kept = os.environ.get("AISLE_BENCH")
    folder = Path(kept).resolve() / name if kept else Path(tempfile.mkdtemp(prefix=f"aisle-{name}-"))
    folder.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        if not kept:
            shutil.rmtree(folder)


def prepare(command: Sequence[str], made: str) -> None:
    """Run a command whose time does not count, unless what it makes is there."""
    if not Path(made).exists():
        print(f"Making {made} ...", file=sys.stderr)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def race(contenders: Sequence[Contender], runs: int) -> dict[str, list[Taken]]:
    """Run the commands in turn, `runs` times each after a warm-up that does not count."""
    taken: dict[str, list[Taken]] = {one.name: [] for one in contenders}
    for turn in range(-1, runs):
        for one in contenders:
            figures = _run(one)
            print(
                f"{'warm-up' if turn < 0 else turn + 1}: {one.name} {figures.seconds:.2f} s", file=sys.stderr
            )
            if turn >= 0:
                taken[one.name].append(figures)
    return taken


def _run(contender: Contender) -> Taken:
    if contender.out is not None and contender.out.is_dir():
        shutil.rmtree(contender.out)
    elif contender.out is not None:
        contender.out.unlink(missing_ok=True)
    before = _cpu_of_ended_children()
    started = time.perf_counter()
    process = subprocess.Popen(
        contender.command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**_environment(), **contender.environment},
    )
    watch = _Watch(process.pid)
    watch.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - started
    watch.join()
    if process.returncode:
        raise SystemExit(f"{contender.name} failed:\n{errors.decode()}")
    # The first misses processes that nobody waited for, the second the last moments of each.
    cpu_seconds = max(_cpu_of_ended_children() - before, watch.cpu_seconds)
    return Taken(seconds, watch.peak_bytes, cpu_seconds)


def _environment() -> dict[str, str]:
    """Ours, but that modules' compiled code is kept: the warm-up run writes what an installer would."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _cpu_of_ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Watch(threading.Thread):
    """Looks at a process and all below it, until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.peak_bytes = 0
        self._pid = pid
        self._cpu: dict[psutil.Process, float] = {}

    @property
    def cpu_seconds(self) -> float:
        """Of all processes that were seen, as they were last seen."""
        return sum(self._cpu.values())

    def run(self) -> None:
        """Look again and again."""
        try:
            root = psutil.Process(self._pid)
            while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
                self.peak_bytes = max(self.peak_bytes, sum(map(self._look, _tree(root))))
                time.sleep(_SAMPLE_S)
        except psutil.NoSuchProcess:
            return

    def _look(self, process: psutil.Process) -> int:
        try:
            with process.oneshot():
                times = process.cpu_times()
                self._cpu[process] = times.user + times.system
                return int(process.memory_info().rss)
        except psutil.NoSuchProcess:
            return 0


def _tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def describe(data: str, contenders: Sequence[Contender], runs: int, packages: Sequence[str] = ()) -> None:
    """Print data, machine, versions and commands.

    Args:
        packages: whose versions count beside those that every run has.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in (*_COMMON, *packages))
    print(f"\nData: {data}")
    print(f"Machine: {_machine()}")
    print(f"Versions: Python {platform.python_version()}, {versions}")
    print(f"Median of {runs} runs of the whole command, in turn, after a warm-up run.\n")
    for one in contenders:
        print(f"- {one.name}: `{' '.join(_plain(word) for word in one.command)}`")


def table(contenders: Sequence[Contender], taken: Mapping[str, Sequence[Taken]]) -> None:
    """Print a row for each contender; ratios are to the first."""
    print("\n| run | median, s | least to most, s | products/s | peak memory, MB | times the first's |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    first = statistics.median(t.seconds for t in taken[contenders[0].name])
    for one in contenders:
        seconds = [t.seconds for t in taken[one.name]]
        middle = statistics.median(seconds)
        rate = f"{one.n_products / middle:,.0f}" if one.n_products else ""
        peak = max(t.peak_bytes for t in taken[one.name]) / 1e6
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        print(f"| {one.name} | {middle:.2f} | {spread} | {rate} | {peak:,.0f} | {middle / first:.2f} |")


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{n:.1f}" for n in psutil.getloadavg())
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}; load {load}"


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _plain(word: str) -> str:
    """A word of a command without this machine's folders."""
    for folder, name in ((AISLE, "aisle"), (sys.executable, "python"), (PEERS, "bench/peers")):
        word = word.replace(str(folder), name)
    word = word.replace(str(WEIGHTS.parent), "../shared/weights").replace(str(DATA), "../shared/data")
    return word.replace(f"{REPOSITORY}/", "")
