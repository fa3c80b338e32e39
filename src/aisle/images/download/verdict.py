"""What to do when a request has ended: keep what came, ask again, or follow a redirect."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from aisle.core.image_records import temporary_statuses
from aisle.images.download.address import Address, RefusedError, follow
from aisle.images.download.backoff import retry_after_s
from aisle.images.download.exchange import Answer
from aisle.images.download.outcome import is_host_in_trouble, is_redirect, status_of_http
from aisle.images.download.settings import DownloadSettings
from aisle.images.download.shard import UNCHANGED


class Next(Enum):
    """What follows."""

    DECODE = "decode"
    KEEP = "keep"
    AGAIN = "again"
    ELSEWHERE = "elsewhere"


@dataclass(slots=True)
class Job:
    """One address on its way.

    Args:
        shard, row: its place in the list.
        listed: the address in the list, which is the record's key.
        address: that is asked now: the listed one, or where a redirect points.
        n_tries: requests for `address` so far.
        etag, last_modified: of the copy that we have, else empty.
        seen: the addresses that redirected, in their order.
    """

    shard: int
    row: int
    listed: str
    address: Address
    n_redirects: int = 0
    n_tries: int = 0
    etag: str = ""
    last_modified: str = ""
    seen: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be done.

    Args:
        status, reason: of the record, where it is kept.
        target: where a redirect points.
        failed: it speaks against the host, which is to be left alone for a while.
        wait_s: for how long, by its own word; None where it said nothing.
    """

    next: Next
    status: str = ""
    reason: str = ""
    target: Address | None = None
    failed: bool = False
    wait_s: float | None = None


_DECODE = Verdict(next=Next.DECODE)


def fault_of_ours(error: Exception) -> str:
    """What a record says where judging an answer failed, so that somebody will tell us."""
    return f"a fault in Aisle, please report it: {error!r}"[:200]


def judge(answer: Answer, job: Job, settings: DownloadSettings) -> Verdict:
    """Say what follows from an answer.

    Args:
        job: with this request counted in `n_tries`.
    """
    if not answer.status and answer.http_status in (200, 203):
        if not answer.body.n_bytes and not answer.is_discarded:
            return Verdict(next=Next.KEEP, status="not_an_image", reason="the body is empty")
        return _DECODE
    if not answer.status and is_redirect(answer.http_status):
        return _redirect(answer, job, settings)
    if not answer.status and answer.http_status == 304 and (job.etag or job.last_modified):
        return Verdict(next=Next.KEEP, status=UNCHANGED)
    status, reason = (answer.status, answer.reason) if answer.status else status_of_http(answer.http_status)
    if status == "not_an_image" and job.n_redirects and not _calls_it_image(answer):
        status = "redirected_to_page"
    failed = is_host_in_trouble(status)
    wait_s = retry_after_s(answer.headers.first("retry-after"), datetime.now(UTC)) if failed else None
    may_pass = status in temporary_statuses() and job.n_tries < settings.n_tries
    return Verdict(
        next=Next.AGAIN if may_pass else Next.KEEP, status=status, reason=reason, failed=failed, wait_s=wait_s
    )


def _redirect(answer: Answer, job: Job, settings: DownloadSettings) -> Verdict:
    try:
        target = follow(job.address, answer.headers.first("location"), settings.fetch.ports)
    except RefusedError as refused:
        status = refused.status if refused.status == "blocked_address" else "bad_redirect"
        return Verdict(next=Next.KEEP, status=status, reason=f"redirect: {refused.reason}")
    if target.text in (*job.seen, job.address.text):
        return Verdict(
            next=Next.KEEP, status="too_many_redirects", reason="the redirects go round in a circle"
        )
    if job.n_redirects >= settings.fetch.max_redirects:
        reason = f"more than {settings.fetch.max_redirects} redirects"
        return Verdict(next=Next.KEEP, status="too_many_redirects", reason=reason)
    return Verdict(next=Next.ELSEWHERE, target=target)


def _calls_it_image(answer: Answer) -> bool:
    return answer.headers.first("content-type").lower().startswith("image/")
