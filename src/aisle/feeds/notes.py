"""What a user should be told of feeds that were read, beside the counts: what is lost, and what helps."""

from aisle.core.schemas import Rejected
from aisle.feeds.batch import FeedBatch
from aisle.feeds.checks import NOT_UTF8
from aisle.feeds.objects import BREAKS_OFF

_LOST_BEHIND = (BREAKS_OFF, "damaged Parquet")
_MOST_FILES = 5


class FeedNotes:
    """Looks at the batches of feeds as they go by."""

    def __init__(self) -> None:
        self._broken: list[Rejected] = []
        self._n_not_utf8 = self._n_joined = 0

    def add(self, batch: FeedBatch) -> None:
        """Look at some more rows."""
        self._n_joined += batch.n_joined
        for one in batch.rejected:
            if one.kind in _LOST_BEHIND:
                self._broken.append(one)
            self._n_not_utf8 += one.kind == NOT_UTF8[0]

    def lines(self) -> list[str]:
        """A sentence for each thing worth knowing."""
        told = [
            f"{one.file} breaks off at line {one.line:,}: what follows is lost; fetch it again"
            for one in self._broken[:_MOST_FILES]
        ]
        if (n_more := len(self._broken) - _MOST_FILES) > 0:
            told.append(f"{n_more:,} more of the feeds break off; they are named beside the rows put aside")
        if self._n_not_utf8:
            are, were = ("row is", "was") if self._n_not_utf8 == 1 else ("rows are", "were")
            told.append(
                f"{self._n_not_utf8:,} {are} not UTF-8 and {were} put aside: save the feed as UTF-8, or name "
                "its encoding, such as --encoding cp1252"
            )
        if self._n_joined:
            told.append(
                f"image_link holds several addresses in {self._n_joined:,} of the rows, and a comma is part "
                "of an address there: put all but the first into additional_image_link"
            )
        return told
