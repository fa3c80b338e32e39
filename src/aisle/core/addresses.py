"""Addresses of inputs, paths, patterns, pipes, whatever fsspec knows: finding files, opening them."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from aisle.core.errors import AisleError

_NOT_FOUND = 404
"""What a server of HTTP says of what it does not have."""

_WHY_NO_FILE = {
    "": "no such file; check the spelling and the folder",
    "directory": "is a folder, not a file; name the files in it, for example with a pattern such as '*.tsv'",
    "pipe": "is a pipe, which can be read only once; write what comes out of it to a file, and name that",
    "device": "is a device, not a file; name a file",
}


def expand_addresses(addresses: list[str], *, pipes: bool = False) -> list[str]:
    """Turn paths, globs and fsspec addresses into the addresses of files, in order.

    Args:
        pipes: whether a pipe, such as a shell's `<(...)`, may stand for a file, since it is read only once.

    Raises:
        AisleError: an address or a glob names no file, or its file system is unknown, not installed or cannot
            be reached.
    """
    wanted = ("file", "pipe") if pipes else ("file",)
    found: list[str] = []
    for address in addresses:
        filesystem, path = _file_system(address)
        with reaching(address):
            kind = _kind(filesystem, path)
            is_pattern = not kind and any(c in path for c in "*?[")
            names = sorted(filesystem.glob(path)) if is_pattern else [path]
            kinds = [_kind(filesystem, name) for name in names] if is_pattern else [kind]
        refused = [one for one in kinds or [""] if one not in wanted]
        if refused:
            raise AisleError(f"{address}: {_WHY_NO_FILE[refused[0]]}")
        remote = "://" in address
        for name in names:
            found.append(filesystem.unstrip_protocol(name) if remote else _as_written(address, name))
    return found


@contextmanager
def open_address(address: str) -> Iterator[IO[bytes]]:
    """Open the file at an address, to read and to move about in.

    What a pipe gives goes through a temporary file.

    Raises:
        AisleError: there is no such file, or no way to it.
    """
    filesystem, path = _file_system(address)
    with reaching(address):
        is_pipe = _is_local(filesystem) and _kind(filesystem, path) == "pipe"
        raw: IO[bytes] = _all_of_pipe(path) if is_pipe else filesystem.open(path, "rb")
    with raw:
        yield raw


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """Make whatever a file system raises while the block runs an error that the user can mend.

    Every kind of store has errors of its own, which nobody can list; those of local disks are OSError.

    Raises:
        AisleError: it names the address and the reason.
    """
    try:
        yield
    except AisleError:
        raise
    except FileNotFoundError as error:
        raise AisleError(f"{address}: {_WHY_NO_FILE['']}") from error
    except Exception as error:
        if isinstance(error, OSError) or "://" in address:
            raise unreadable(address, error) from error
        raise


def unreadable(address: str, error: Exception) -> AisleError:
    """Say that what lies at an address cannot be read, and why."""
    why = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    remedy = "check that the file is there and may be read"
    if "://" in address and not address.startswith("file:"):
        remedy = "check the address, the way to it, and the credentials that it may want"
    return AisleError(f"{address}: cannot be read ({' '.join(why.split())}); {remedy}")


def local_path(address: str) -> Path | None:
    """The path on this machine that a path or an address leads to; None where it leads elsewhere."""
    filesystem, path = _file_system(address)
    return Path(path) if _is_local(filesystem) else None


def _file_system(address: str) -> tuple[Any, str]:
    """The fsspec file system of an address, and the path in it."""
    try:
        filesystem, path = fsspec.core.url_to_fs(address)
    except (ValueError, ImportError) as error:
        raise AisleError(f"{address}: cannot be opened: {error}") from error
    return filesystem, path


def _is_local(filesystem: Any) -> bool:
    return isinstance(filesystem, LocalFileSystem)


def _kind(filesystem: Any, path: str) -> str:
    """What lies there: `file`, `directory`, `pipe` or `device`; "" for nothing."""
    try:
        if _is_local(filesystem):
            return _kind_of_mode(Path(path).stat().st_mode)
        return str(filesystem.info(path)["type"])
    except (FileNotFoundError, NotADirectoryError) as error:
        cause = error.__cause__
        is_missing = isinstance(cause, FileNotFoundError) or getattr(cause, "status", None) == _NOT_FOUND
        if cause is not None and not is_missing:
            raise OSError(str(cause) or type(cause).__name__) from error  # nobody was there to be asked
        return ""


def _kind_of_mode(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "pipe" if stat.S_ISFIFO(mode) else "device"


def _all_of_pipe(path: str) -> IO[bytes]:
    with Path(path).open("rb") as pipe:
        copy = tempfile.TemporaryFile()  # noqa: SIM115  whoever asked for it closes it
        shutil.copyfileobj(pipe, copy)
    copy.seek(0)
    return copy


def _as_written(address: str, name: str) -> str:
    """Keep a relative path relative, as the user wrote it."""
    return name if Path(address).is_absolute() else os.path.relpath(name)
