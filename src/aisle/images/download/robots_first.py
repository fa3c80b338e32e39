"""robots.txt before images: where it is to be obeyed, a host's images wait until its rules were read."""

from collections.abc import Callable
from typing import Any

from aisle.images.download.fetch import Reply
from aisle.images.download.open_shards import ListedRow
from aisle.images.download.politeness import Schedule
from aisle.images.download.robots import Robots, RulesJob, RulesVerdict, first_job, judge_place, judge_rules
from aisle.images.download.settings import DownloadSettings
from aisle.images.download.verdict import Job, fault_of_ours


class RobotsFirst:
    """Bars hosts in the schedule until their rules are known.

    Args:
        robots: what is known so far.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        robots: Robots,
        schedule: Schedule[Job | RulesJob | ListedRow],
        settings: DownloadSettings,
        clock: Callable[[], float],
    ) -> None:
        self._robots = robots
        self._schedule = schedule
        self._settings = settings
        self._clock = clock

    def consult(self, queue: str, job: Job) -> tuple[str, str] | None:
        """The status of an address that may not be asked, and the reason; both empty where it may.

        None where the rules are to be read first: the job, which was taken, waits again.
        """
        if not self._settings.fetch.honours_robots_txt:
            return "", ""
        if self._robots.knows(queue):
            return self._robots.objection(job.address)
        self._schedule.undo(queue, job, self._clock())
        self._schedule.bar(queue, self._clock())
        self._schedule.add(queue, first_job(job.address), self._clock(), urgent=True)
        return None

    def refuse(self, status: str, queue: str, job: RulesJob) -> None:
        """The host of a robots.txt may not be asked, or is not to be found."""
        self._carry_out(judge_place(status, job, self._settings), queue, job, None)

    def take(self, reply: Reply[Any], queue: str, job: RulesJob) -> None:
        """A request for a robots.txt has ended."""
        self._carry_out(self._judge(reply, job), queue, job, reply.seconds)

    def give_up(self, job: RulesJob) -> None:
        """The rules cannot be read."""
        self._robots.learn(job.queue, "")
        self._schedule.unbar(job.queue, self._clock())

    def _judge(self, reply: Reply[Any], job: RulesJob) -> RulesVerdict:
        """What follows from an answer; after a fault of ours in judging it, the rules cannot be read."""
        try:
            return judge_rules(reply.answer, job, self._settings)
        except Exception as error:  # noqa: BLE001  it is recorded for each of the host's addresses
            return RulesVerdict(reason=fault_of_ours(error))

    def _carry_out(self, verdict: RulesVerdict, queue: str, job: RulesJob, seconds: float | None) -> None:
        """Ask for a robots.txt again or elsewhere, or let its host's images go on."""
        now = self._clock()
        if verdict.again is not None:
            self._schedule.add(verdict.again.address.queue, verdict.again, now, urgent=True)
        self._schedule.done(queue, now, failed=verdict.failed, wait_s=verdict.wait_s, seconds=seconds)
        if verdict.again is None:
            self._robots.learn(job.queue, verdict.rules or verdict.reason)
            self._schedule.unbar(job.queue, now)
