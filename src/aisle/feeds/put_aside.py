"""Why nothing of a feed can be read: the commonest kind of fault, an example of it, and what helps."""

from collections import Counter
from collections.abc import Sequence

from aisle.core.schemas import REJECTED_KINDS, Rejected


class PutAside:
    """Counts records put aside by their kind, and keeps the first of each; true when there are any."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._firsts: dict[str, Rejected] = {}

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def add(self, records: Sequence[Rejected]) -> None:
        """Count some more."""
        for record in records:
            self._counts[record.kind] += 1
            self._firsts.setdefault(record.kind, record)

    def why_nothing_is_left(self) -> str:
        """Say in a line where the first record of the commonest kind is, what is wrong, and what helps."""
        [(kind, n_alike)] = self._counts.most_common(1)
        first, n = self._firsts[kind], self._counts.total()
        remedy = "" if REJECTED_KINDS[kind] in first.reason else f"; {REJECTED_KINDS[kind]}"
        alike = "all" if n_alike == n else f"{n_alike:,} of them"
        how_many = f"none of its {n:,} records can be read, {alike} for such a reason"
        told = how_many if n > 1 else "its only record cannot be read"
        return f"{first.file}:{first.line}: {first.reason}{remedy} ({told})"
