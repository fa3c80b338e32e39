"""Helpers for tests that run commands as a user does."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = """
import resource, sys
from ctypes import CDLL, Structure, byref, c_int, c_uint32

class Header(Structure):
    _fields_ = [("version", c_uint32), ("pid", c_int)]

class Sets(Structure):
    _fields_ = [("effective", c_uint32), ("permitted", c_uint32), ("inheritable", c_uint32)]

def give_up_privileges():
    header, sets, libc = Header(0x20080522, 0), (Sets * 2)(), CDLL(None)
    libc.capget(byref(header), sets)
    for part in sets:
        part.effective = 0
    assert libc.capset(byref(header), sets) == 0

n_bytes = int(sys.argv.pop(1))
if n_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
give_up_privileges()
from aisle.__main__ import main
main()
"""
"""`aisle` run by someone to whom permissions apply, even where root runs the tests, on a disk that takes no
file larger than so many bytes (0: any)."""


KILLED = """
import os, signal, sys

place, moment, n_left = sys.argv.pop(1), sys.argv.pop(1), int(sys.argv.pop(1))

def count():
    global n_left
    n_left -= 1
    if n_left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and arguments[1][:1] in "wxa"
    if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"):
        if isinstance(arguments[0], (str, os.PathLike)) and os.path.abspath(arguments[0]).startswith(place):
            count()

if moment == "change":
    sys.addaudithook(watch)
if moment == "step":
    from aisle.training.loop import Learner
    learn = Learner.learn
    Learner.learn = lambda *batch: (count(), learn(*batch))[1]
from aisle.__main__ import main
main()
"""
"""`aisle`, killed from within by SIGKILL: at the n-th change to a folder (a file opened for writing, renamed
or removed, a folder made), or before the n-th step of training; n counts from 0."""


def run_killed(words, folder, moment, n):
    """Run a command in a folder, killed on the way; give its exit code: 0 where it was done before."""
    script = [sys.executable, "-c", KILLED, str(folder), moment, str(n)]
    done = subprocess.run(
        [*script, *shlex.split(words)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """See run_killed; in tmp_path."""
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "vectors"))
    return lambda words, *, moment, n: run_killed(words, tmp_path, moment, n)


@pytest.fixture(scope="session")
def killed_once(tmp_path_factory):
    """Run a training that is killed at a step; give the folder it ran in."""

    def train(words, step):
        folder = tmp_path_factory.mktemp("killed")
        assert run_killed(words, folder, "step", step) != 0
        return folder

    return train


@pytest.fixture
def aisle(tmp_path, monkeypatch):
    """Run a command in another process, in tmp_path unless told; give its exit code and its two outputs."""
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "vectors"))

    def run(words, *, folder=tmp_path, n_bytes=0):
        command = [sys.executable, "-c", DRIVER, str(n_bytes), *shlex.split(words)]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def heeds_interrupts():
    """Processes that are started meanwhile heed SIGINT, even where the tests run without it.

    A shell has its background jobs ignore it, and so would whatever they start.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def listing():
    """What lies in a folder: each path with its size and time of change, but for vectors that were kept."""

    def of(folder):
        found = {}
        for parent, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if name != "vectors"]
            for name in (*folders, *files):
                path = Path(parent, name)
                status = path.lstat()
                found[path] = (status.st_size, status.st_mtime_ns) if name in files else ()
        return found

    return of
