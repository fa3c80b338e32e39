"""robots.txt of each host, where it is to be obeyed: how it is asked for, and what it says, once a run."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from aisle.core.image_records import temporary_statuses
from aisle.images.download.address import Address, RefusedError, follow
from aisle.images.download.backoff import retry_after_s
from aisle.images.download.exchange import Answer
from aisle.images.download.optout import AGENT
from aisle.images.download.outcome import is_host_in_trouble, is_redirect, status_of_http
from aisle.images.download.robots_rules import Rules
from aisle.images.download.settings import DownloadSettings

_ALL_ALLOWED = Rules(b"", AGENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesJob:
    """A robots.txt on its way.

    Args:
        queue: of the host whose rules it holds.
        address: that is asked now: the host's own, or where a redirect points.
        n_tries: requests for `address` so far.
        seen: the addresses that redirected.
    """

    queue: str
    address: Address
    n_tries: int = 0
    seen: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesVerdict:
    """What follows from an answer: the host's rules are known, or never will be, or there is more to ask.

    Args:
        rules: None where they are not known.
        reason: why they cannot be read, where more is to be said than that the host is in trouble.
        again: what to ask next; where there are no rules either, they cannot be read.
        failed, wait_s: see `verdict.Verdict`.
    """

    rules: Rules | None = None
    reason: str = ""
    again: RulesJob | None = None
    failed: bool = False
    wait_s: float | None = None


class Robots:
    """What is known of the rules of the hosts that are being asked."""

    def __init__(self) -> None:
        self._rules: dict[str, Rules | str] = {}

    def knows(self, queue: str) -> bool:
        """This host's rules were read, or cannot be."""
        return queue in self._rules

    def learn(self, queue: str, rules: Rules | str) -> None:
        """Take in a host's rules, or why they cannot be read, and then nothing is asked of it."""
        self._rules[queue] = rules

    def forget(self, queue: str) -> None:
        """Read this host's rules anew when it is wanted again."""
        self._rules.pop(queue, None)

    def objection(self, address: Address) -> tuple[str, str]:
        """The status of an address that may not be asked for, and the reason; both empty where it may."""
        rules = self._rules[address.queue]
        if isinstance(rules, str):
            return "robots_unread", rules
        return ("" if rules.allows(address.target) else "robots_txt"), ""


def first_job(address: Address) -> RulesJob:
    """Ask for the rules of an address's host."""
    return RulesJob(queue=address.queue, address=Address(address.origin, "/robots.txt"))


def judge_rules(answer: Answer, job: RulesJob, settings: DownloadSettings) -> RulesVerdict:
    """Say what follows from an answer to `job`, this request counted, as RFC 9309 has it.

    A file that is not there, and a redirect that leads nowhere, allow all. A host in trouble allows nothing,
    until it is well again.
    """
    if not answer.status and answer.http_status == 200:
        return RulesVerdict(rules=Rules(bytes(answer.body), AGENT))
    if not answer.status and is_redirect(answer.http_status):
        return _redirect(answer, job, settings)
    status = answer.status or status_of_http(answer.http_status)[0]
    if not answer.status and status in ("http_4xx", "http_other"):
        return RulesVerdict(rules=_ALL_ALLOWED)
    failed = is_host_in_trouble(status)
    may_pass = status in temporary_statuses() and job.n_tries < settings.n_tries
    return RulesVerdict(
        again=job if may_pass else None,
        failed=failed,
        wait_s=retry_after_s(answer.headers.first("retry-after"), datetime.now(UTC)) if failed else None,
    )


def judge_place(status: str, job: RulesJob, settings: DownloadSettings) -> RulesVerdict:
    """Say what follows where a host's network addresses are not to be had, this try counted.

    Only a redirect leads to a host that may not be asked: for others, addresses are refused before.
    """
    if status != "dns_failed":
        return RulesVerdict(rules=_ALL_ALLOWED)
    return RulesVerdict(again=job if job.n_tries < settings.n_tries else None, failed=True)


def _redirect(answer: Answer, job: RulesJob, settings: DownloadSettings) -> RulesVerdict:
    seen = (*job.seen, job.address.text)
    try:
        target = follow(job.address, answer.headers.first("location"), settings.fetch.ports)
    except RefusedError:
        return RulesVerdict(rules=_ALL_ALLOWED)
    if target.text in seen or len(seen) > settings.fetch.max_redirects:
        return RulesVerdict(rules=_ALL_ALLOWED)
    return RulesVerdict(again=RulesJob(queue=job.queue, address=target, seen=seen))
