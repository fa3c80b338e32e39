"""A folder for what is under way, gone afterwards; what a killed process left is cleared away by the next."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aisle.core.locks import take

_LOCK = ".in-use"


@contextmanager
def scratch_folder(
    prefix: str, within: Path | None = None, *, kept_after: tuple[type[Exception], ...] = ()
) -> Iterator[Path]:
    """Give an empty folder of a name that begins with `prefix`, and remove it when the block ends.

    While the block runs, a lock is held on a file in the folder. Folders of the same prefix on which nobody
    holds one were left by processes that were killed, and are removed first.

    Args:
        within: where the folder is made; None for the system's folder for temporary files.
        kept_after: errors that leave the folder there, to be looked into, until the next one is made.
    """
    parent = Path(tempfile.gettempdir()) if within is None else within
    _clear_leftovers(parent, prefix)
    unlocked = Path(tempfile.mkdtemp(prefix=f".new-{prefix}", dir=parent))
    folder = parent / unlocked.name.removeprefix(".new-")
    with (unlocked / _LOCK).open("w") as lock:
        take(lock)
        unlocked.rename(folder)
        is_kept = False
        try:
            yield folder
        except kept_after:
            is_kept = True
            raise
        finally:
            if not is_kept:
                shutil.rmtree(folder, ignore_errors=True)


def _clear_leftovers(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*"):
        try:
            with (folder / _LOCK).open("r+") as lock:
                if take(lock):
                    shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # no folder of ours, or another user's
            continue
