"""How long to leave a host alone: exponential back-off with full jitter, and what `Retry-After` asks for."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_S = 7 * 86_400.0


def jittered_s(n_failures: int, *, base_s: float, longest_s: float, chance: random.Random) -> float:
    """A wait drawn evenly from 0 to `base_s` doubled with each failure in a row, `longest_s` at most.

    Full jitter spreads the clients that failed together over the whole time.

    Args:
        n_failures: in a row, 1 for the first.
    """
    doublings = min(n_failures - 1, 32)
    return chance.uniform(0.0, min(longest_s, base_s * 2.0**doublings))


def retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header, in seconds or as a date; None where it says neither.

    Args:
        now: with a time zone; the date that the server compares with.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_S)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError, TypeError):  # what its parts come to is not checked there
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max(0.0, (date - now).total_seconds()), _LONGEST_S)
