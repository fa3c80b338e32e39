"""Helpers for tests that run commands as a user does."""

import os
import shlex
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


@pytest.fixture
def aisle(tmp_path, monkeypatch):
    """Run a command in another process, in tmp_path unless told; give its exit code and its two outputs."""
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "vectors"))

    def run(words, *, folder=tmp_path, n_bytes=0):
        command = [sys.executable, "-c", DRIVER, str(n_bytes), *shlex.split(words)]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    return run


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
