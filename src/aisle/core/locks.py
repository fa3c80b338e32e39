"""Locks that the system lets go of when a process ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aisle.core.errors import AisleError

LOCK_FILE = ".lock"
"""Stands in a folder that one run at a time works in."""


def take(file: IO[str]) -> bool:
    """Take an open file's lock; False where another process holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only run in a folder while the block runs, which may remove it; it is made if it is not there.

    Raises:
        AisleError: another run is at work there.
    """
    with _locked(folder):
        yield


def _locked(folder: Path) -> IO[str]:
    """The lock file of a folder, locked; another run may just have removed the one that was opened."""
    while True:
        folder.mkdir(exist_ok=True)
        try:
            file = (folder / LOCK_FILE).open("a")
        except FileNotFoundError:
            continue
        if not take(file):
            file.close()
            raise AisleError(f"{folder}: another run is at work in this folder; wait for it")
        if _is_there(folder / LOCK_FILE, file):
            return file
        file.close()


def _is_there(path: Path, file: IO[str]) -> bool:
    """Whether an open file still has this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
