"""The one error that a user can mend, and the words that many of its messages share."""

import difflib
import errno
import os
from collections.abc import Iterable


class AisleError(Exception):
    """Something the user can put right; the command line prints it as one line and exits with 2.

    The message names the file, the line or row, the value found, and the remedy. Anything that is
    not an AisleError is a bug and keeps its traceback.
    """


def known_names(value: str, known: Iterable[str]) -> str:
    """Say which names there are, the nearest first: `did you mean 'flat'? known: cascade, flat`.

    Args:
        value: the name that was not found.
        known: every name that would have been found.
    """
    names = sorted(known)
    listed = f"known: {', '.join(names)}" if names else "there are none"
    near = difflib.get_close_matches(value, names, n=1)
    return f"did you mean '{near[0]}'? {listed}" if near else listed


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says of a disk that has no more room."""

_MAKE_ROOM = "make room, and run it again"
_REMEDIES = {
    **dict.fromkeys(FULL, _MAKE_ROOM),
    errno.EACCES: "change its permissions, or name another",
    errno.EPERM: "change its permissions, or name another",
    errno.EROFS: "name a place that can be written to",
    errno.ENAMETOOLONG: "name a shorter one",
    errno.EBUSY: "it is in use; name another, such as one within it",
    errno.EIO: "look after the disk",
}


def system_refusal(error: OSError) -> str | None:
    """Tell in a line what the system refused where the user can mend it, such as no room; else None."""
    if error.errno not in _REMEDIES:
        return None
    place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{place}{os.strerror(error.errno)}; {_REMEDIES[error.errno]}"
