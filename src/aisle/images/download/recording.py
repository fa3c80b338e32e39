"""Records what became of each address, counts it, and tells the counts now and then."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from aisle.execution.engines import Tell
from aisle.images.download.exchange import validator
from aisle.images.download.fetch import Reply
from aisle.images.download.open_shards import OpenShards, picture_fields, record_of
from aisle.images.download.picture import Picture
from aisle.images.download.verdict import Job

TELL_EVERY_S = 0.5


class Recorder:
    """The only way by which a job ends.

    Args:
        tell: takes the counts by status.
        clock: seconds, monotonic.
    """

    def __init__(self, shards: OpenShards, tell: Tell, clock: Callable[[], float]) -> None:
        self._shards = shards
        self._tell = tell
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._told_at = 0.0

    def keep(
        self,
        job: Job,
        status: str,
        reason: str,
        reply: Reply[Any] | None = None,
        jpeg: bytes = b"",
        **known: str | int,
    ) -> None:
        """Record what became of a job."""
        if reply is not None:
            known |= {"http_status": reply.answer.http_status, "n_bytes": reply.n_body_bytes}
        self.count(status)
        self._shards.finish(
            job.shard,
            job.row,
            record_of(job, status, reason, **known),
            jpeg,
            seconds=reply.seconds if reply else 0.0,
            n_tries=job.n_tries,
            network_address=reply.network_address if reply else "",
        )

    def keep_picture(self, job: Job, reply: Reply[Any], picture: Picture) -> None:
        """Record what the body of a reply turned out to be."""
        known = picture_fields(picture)
        if picture.status == "ok":
            answer = reply.answer
            names = {"etag": "etag", "last_modified": "last-modified"}
            known |= {name: validator(answer.headers.first(header)) for name, header in names.items()}
        self.keep(job, picture.status, picture.reason, reply, picture.jpeg, **known)

    def count(self, name: str) -> None:
        """Count something that happened."""
        self._counts[name] += 1

    def tell_now_and_then(self, name: str, level: int, *, at_once: bool = False) -> bool:
        """Tell the counts since the last time, if that was long enough ago; then True.

        Args:
            name, level: something that is not counted but stands at a number now.
        """
        now = self._clock()
        if not at_once and now - self._told_at < TELL_EVERY_S:
            return False
        self._told_at = now
        self._tell({**self._counts, name: level})
        self._counts.clear()
        return True
