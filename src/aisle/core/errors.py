"""The one error that a user can mend, and the suggestion of a near name that most of its messages want."""

import difflib
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
