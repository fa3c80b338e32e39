"""Numbers in the words that people read: how many, how long, what share."""

from datetime import timedelta

_LONGEST_S = 1e11


def counted(n: int, one: str, many: str = "") -> str:
    """A number of things, such as `1 record` and `1,200 records`.

    Args:
        one: what a single one is called.
        many: what several are called; empty: the same with an s.
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """How long something took, in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def clock(seconds: float | None) -> str:
    """A time that runs, as hours, minutes and seconds; None: nobody knows."""
    return "-:--:--" if seconds is None else str(timedelta(seconds=round(min(seconds, _LONGEST_S))))


def percent(share: float | None, sign: str = " %") -> str:
    """A share of 1 in percent, with one decimal; a dash for None.

    Args:
        sign: what follows the number; empty where the place says that it is percent.
    """
    return "–" if share is None else f"{100 * share:.1f}{sign}"


def note(text: str) -> str:
    """The line that tells a user what deserves a look."""
    return f"Note: {text}"
