"""Outputs: putting a file or a folder in place whole or not at all."""

import ctypes
import errno
import glob
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aisle.core.addresses import local_path
from aisle.core.errors import FULL, AisleError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_DRIVE = len("C:")
_AS_EFFECTIVE = os.access in os.supports_effective_ids


def check_output(target: Path, *, overwrite: bool, marker: str = "") -> None:
    """Refuse an output that exists, unless it may be overwritten.

    Args:
        overwrite: the user asked for what is there to be replaced.
        marker: a file that a folder of our own making holds; one without it is never replaced, unless empty.

    Raises:
        AisleError: the output exists, is not ours to replace, or its parent folder does not exist or
            cannot be written to.
    """
    _check_place(target)
    if not (target.exists() or target.is_symlink()):
        return
    if marker and _is_empty_folder(target):
        if _real(target) == _real(Path.cwd()):
            raise AisleError(f"{target}: is the folder that you are in; name one below it, or beside it")
        return
    if marker and target.is_file():
        raise AisleError(f"{target}: is a file, and a folder is written; name another output")
    if marker and not (target / marker).is_file():
        raise AisleError(f"{target}: holds no {marker}, so it is not ours to overwrite; name another output")
    if not marker and target.is_dir():
        raise AisleError(f"{target}: is a folder; name a file")
    if not overwrite:
        raise AisleError(f"{target}: exists already; name another output, or add --overwrite")


def _check_place(target: Path) -> None:
    """Refuse an output in a folder that is not there or may not be written to."""
    scheme = target.parts[0] if target.parts else ""
    if len(scheme) > _DRIVE and scheme.endswith(":") and not Path(scheme).exists():
        address = f"{scheme}//{'/'.join(target.parts[1:])}"
        raise AisleError(
            f"{address}: is an address, and this output is written to a disk here; "
            "name a path, and copy it there afterwards (`aisle download` alone writes to object stores)"
        )
    folder = target.absolute().parent
    if not folder.is_dir():
        raise AisleError(f"{target}: the folder {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=_AS_EFFECTIVE):
        raise AisleError(
            f"{target}: you may not write in its folder; change its permissions, or name another output"
        )


def _is_empty_folder(target: Path) -> bool:
    return target.is_dir() and not target.is_symlink() and not any(target.iterdir())


def check_inputs_stay(target: Path, inputs: Iterable[Path | str | None]) -> None:
    """Refuse an output that would take an input away when it replaces what is there.

    Args:
        inputs: paths and addresses of all that is read, folders too; what is not on this machine, and None,
            is safe.

    Raises:
        AisleError: the output is one of them, or one of them, or a link to it, lies in the output.
    """
    output = _real(target)
    for given in inputs:
        path = local_path(given) if isinstance(given, str) else given
        if path is None:
            continue
        places = (_real(path), _real(path.parent) / path.name)
        if output in places:
            raise AisleError(f"{target}: is an input and would be overwritten; name another output")
        if any(output in place.parents for place in places):
            raise AisleError(f"{target}: holds {given} and would be overwritten; name another output")


def check_outside(target: Path, folder: Path) -> None:
    """Refuse an output in a folder all of whose files belong together, such as a model.

    Raises:
        AisleError: the output lies in it.
    """
    if _real(folder) in _real(target).parents:
        raise AisleError(f"{target}: lies in {folder}, which is an input; name another output")


def _real(path: Path) -> Path:
    """Where a path leads once its links are followed; links in a ring lead to themselves."""
    return Path(os.path.realpath(path))


@contextmanager
def new_directory(
    target: Path, *, overwrite: bool = False, marker: str, durable: bool = True
) -> Iterator[Path]:
    """Give an empty folder beside `target` to write into; when the block ends well, it becomes `target`.

    A block that fails leaves what was there before. What a killed process left behind is cleared away by the
    next one. See `check_output` for the other arguments and what is raised.

    Args:
        durable: what was written must outlive a power cut too. It costs milliseconds a file, which thousands
            of small files that can be made again are not worth.
    """
    with _put_in_place(target, overwrite=overwrite, marker=marker) as partial:
        with _refusal_told(target):
            partial.mkdir()
        yield partial
        for path in sorted(partial.rglob("*")) if durable else ():
            write_through(path)
        write_through(partial)


@contextmanager
def new_file(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give the path of a file beside `target` to write to; when the block ends well, it becomes `target`.

    See `check_output` for what is raised.
    """
    with _put_in_place(target, overwrite=overwrite, marker="") as partial:
        with _refusal_told(target):
            partial.touch()
        yield partial
        write_through(partial)


@contextmanager
def _put_in_place(target: Path, *, overwrite: bool, marker: str) -> Iterator[Path]:
    check_output(target, overwrite=overwrite, marker=marker)
    target = target.absolute()
    _clear_leftovers(target)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with full_disk_told(target):
            yield partial
            check_output(target, overwrite=overwrite, marker=marker)
            if target.exists():
                exchange(partial, target)
            else:
                partial.rename(target)
            write_through(target.parent)
    finally:
        _remove(partial)


@contextmanager
def _refusal_told(target: Path) -> Iterator[None]:
    """Make it an error that the user can mend where nothing can be made beside `target`, whatever the reason.

    Raises:
        AisleError: the system refused it.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise
        raise AisleError(
            f"{target}: cannot be written there ({os.strerror(error.errno or 0)}); name another output"
        ) from error


@contextmanager
def full_disk_told(target: Path) -> Iterator[None]:
    """Make a full disk, while the block runs that is to write `target`, an error that the user can mend.

    Raises:
        AisleError: there was no room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise AisleError(
            f"{target}: {os.strerror(error.errno)}; nothing was changed there; make room, or name an "
            "output on another disk, and run it again"
        ) from error


def was_killed_before(target: Path) -> bool:
    """Whether a process that was to write `target` was killed before it was done."""
    names = (leftover.name for leftover in _leftovers(target.absolute()))
    return any(name.removeprefix(f".{target.name}.").count(".") == 1 for name in names)


def _clear_leftovers(target: Path) -> None:
    for leftover in _leftovers(target):
        _remove(leftover)


def _leftovers(target: Path) -> Iterator[Path]:
    """What processes that no longer live have left beside `target`, or beside a name that goes on from it."""
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*.partial"):
        pid = leftover.name.removesuffix(".partial").rpartition(".")[2]
        if pid.isdigit() and not _is_alive(int(pid)):
            yield leftover


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def exchange(first: Path, second: Path) -> None:
    """Swap two paths in one step where the system can, so that neither is ever absent.

    Where it cannot, `second` is absent for the instant between two renames.
    """
    if not _rename_exchange(first, second):
        aside = second.with_name(f".{second.name}.{os.getpid()}.old.partial")
        second.rename(aside)
        first.rename(second)
        aside.rename(first)


def _rename_exchange(first: Path, second: Path) -> bool:
    """Call Linux's renameat2 with RENAME_EXCHANGE; False where the system or the file system lacks it."""
    renameat2: Callable[..., int] | None = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    code = renameat2(
        _AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), ctypes.c_uint(_RENAME_EXCHANGE)
    )
    if code == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(error, os.strerror(error), str(second))


def write_through(path: Path) -> None:
    """Have the system bring a file or a folder to the disk itself, so that it outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not (path.is_dir() and error.errno == errno.EINVAL):  # some file systems cannot sync a folder
            raise
    finally:
        os.close(descriptor)
