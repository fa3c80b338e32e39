"""Images in files: a feed's link leads below a folder and nowhere else; a caller may name any."""

import errno
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.errors import AisleError
from aisle.images.hashes import hash_of
from aisle.images.source import REMOTE_PATTERN, ImageRef, ImageRoot, image_structs

MAX_BYTES = 50_000_000

_MIN_FOR_THREADS = 64
_N_THREADS = 8

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DRIVE = re.compile(r"[a-z]:", re.IGNORECASE)
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class _RefusedError(Exception):
    """This link gives no bytes.

    Args:
        status: one of IMAGE_STATUSES.
        reason: why, in words.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


class ImageFolder(ImageRoot):
    """The images below one folder.

    A link is a relative path and is taken literally: `%2e` and `?` are letters like any other. Refused,
    whether the file exists or not: `..`, absolute paths, backslashes that mean either on other systems, NUL,
    `file:` addresses, and symbolic links that lead out of the folder.

    Args:
        root: the folder; None where none was named, and then no relative link gives bytes.
        max_bytes: larger files are unreadable.

    Raises:
        AisleError: `root` is not a folder.
    """

    def __init__(self, root: Path | None, *, max_bytes: int = MAX_BYTES) -> None:
        if root is not None and not root.is_dir():
            wrong = "is not a folder" if root.exists() else "no such folder"
            raise AisleError(
                f"{root}: {wrong}; name the folder that the image links start from (--images DIR)"
            )
        self._root = None if root is None else os.path.realpath(root)
        self._max_bytes = max_bytes

    def look(self, link: str) -> ImageRef:
        """Read and hash the image behind a link; whatever is wrong becomes its status and reason."""
        try:
            return ImageRef(link, hash_of(self._read(link)), "ok")
        except _RefusedError as refused:
            return ImageRef(link, "", refused.status, refused.reason)

    def look_all(self, links: pa.StringArray) -> pa.StructArray:
        """Look at every link but the addresses, which need no look (see ImageRoot)."""
        remote = pc.match_substring_regex(links, REMOTE_PATTERN)
        local = pc.invert(remote)
        found = self._look_in_threads(links.filter(local).to_pylist())
        nothing = pa.repeat(pa.scalar("", pa.string()), len(links))
        is_remote = pa.repeat(pa.scalar("remote", pa.string()), len(links))
        return image_structs(
            links,
            pc.replace_with_mask(nothing, local, pa.array([ref.sha256 for ref in found], pa.string())),
            pc.replace_with_mask(is_remote, local, pa.array([ref.status for ref in found], pa.string())),
        )

    def read(self, link: str, sha256: str = "") -> bytes | None:
        """Give the bytes behind a link, or None where there are none or they have another hash."""
        try:
            data = self._read(link)
        except _RefusedError:
            return None
        return data if not sha256 or hash_of(data) == sha256 else None

    def _look_in_threads(self, links: list[str]) -> list[ImageRef]:
        if len(links) < _MIN_FOR_THREADS:
            return [self.look(link) for link in links]
        slices = [links[at : at + _MIN_FOR_THREADS] for at in range(0, len(links), _MIN_FOR_THREADS)]
        with ThreadPoolExecutor(_N_THREADS) as threads:
            looked = threads.map(lambda part: [self.look(link) for link in part], slices)
            return [ref for part in looked for ref in part]

    def _path(self, link: str) -> str:
        """Where a link leads, which is refused if that may not be read."""
        _refuse_by_name(link)
        if self._root is None:
            raise _RefusedError("no_root", "the link is a relative path and no image folder was named")
        path = os.path.realpath(os.path.join(self._root, link))  # noqa: PTH118
        if os.path.commonpath([self._root, path]) != self._root:
            raise _RefusedError("outside", "a symbolic link leads out of the image folder")
        return path

    def _read(self, link: str) -> bytes:
        try:
            return self._read_file(self._path(link))
        except OSError as error:
            status = "missing" if error.errno in _ABSENT else "unreadable"
            raise _RefusedError(status, error.strerror or str(error)) from error
        except UnicodeEncodeError as error:
            raise _RefusedError("missing", "the name holds letters that no file name can hold") from error

    def _read_file(self, path: str) -> bytes:
        """Read a regular file of bearable size; a pipe or a device is not even opened."""
        _refuse_by_kind(os.stat(path))  # noqa: PTH116
        # Should the file have been swapped since: no link is followed, no pipe is waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _refuse_by_kind(os.fstat(descriptor))
            data = file.read(self._max_bytes + 1)
        if len(data) > self._max_bytes:
            raise _RefusedError("unreadable", f"larger than {self._max_bytes:,} bytes")
        if not data:
            raise _RefusedError("unreadable", "the file is empty")
        return data


class ImageFiles(ImageFolder):
    """Images that a caller names by paths from the current folder, or absolute ones.

    Not for the links of a feed, which must not choose what is read.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(None, max_bytes=max_bytes)

    def _path(self, link: str) -> str:
        _refuse_address(link)
        if not link or "\0" in link:
            raise _RefusedError("missing", "no file can have this name")
        return os.path.realpath(link)


def _refuse_by_name(link: str) -> None:
    """Refuse what can be told without a look at the disk."""
    if not link:
        raise _RefusedError("missing", "the link is empty")
    if "\0" in link:
        raise _RefusedError("outside", "the link holds a NUL character")
    if not link.lower().startswith("file:"):
        _refuse_address(link)
    if link.lower().startswith("file:") or link[0] in "/\\" or _DRIVE.match(link):
        raise _RefusedError("outside", "the link is an absolute path; write it relative to the image folder")
    if ".." in re.split(r"[/\\]", link):
        raise _RefusedError("outside", "the link goes up out of a folder ('..')")


def _refuse_address(link: str) -> None:
    if _ADDRESS.match(link):
        raise _RefusedError("remote", "the link is an address that was not downloaded")


def _refuse_by_kind(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _RefusedError("unreadable", "is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise _RefusedError("unreadable", "is no regular file")
