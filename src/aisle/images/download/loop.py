"""The loop of a lane: asks hosts as they may be asked, and moves on whatever is ready."""

import random
import selectors
import time
from dataclasses import dataclass, replace
from pathlib import Path

from aisle.execution.commit import ShardStore
from aisle.execution.engines import Tell
from aisle.images.download.address_list import AddressList
from aisle.images.download.decoder import Decoder
from aisle.images.download.exchange import Body
from aisle.images.download.fetch import Fetcher, Reply
from aisle.images.download.limits import HostLimits
from aisle.images.download.locating import Locator
from aisle.images.download.open_shards import ListedRow, OpenShards
from aisle.images.download.opening import Opening
from aisle.images.download.owners import Owners
from aisle.images.download.politeness import Schedule
from aisle.images.download.recording import TELL_EVERY_S, Recorder
from aisle.images.download.resolve import Found
from aisle.images.download.rests import Rests
from aisle.images.download.robots import Robots, RulesJob
from aisle.images.download.robots_first import RobotsFirst
from aisle.images.download.settings import DownloadSettings
from aisle.images.download.verdict import Job, Next, Verdict, fault_of_ours, judge

_MOST_OPEN = 256
_LOW_WATER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePart:
    """The work of one lane, as an engine hands it to a worker.

    Args:
        root: the folder of the download.
        addresses: the lane's list below the root.
        prefix: of its shards' names.
        lane: its number.
        spools: a local folder for rows that are not committed yet; empty for one that nobody finds again.
    """

    root: str
    addresses: str
    prefix: str
    lane: int
    owners: Owners
    settings: DownloadSettings
    spools: str = ""


_Asked = tuple[str, Job | RulesJob]
"""What a request is for: a host's queue and its job."""


@dataclass(frozen=True, slots=True)
class _Undecoded:
    job: Job
    reply: Reply[_Asked]


class Loop:
    """One worker's loop: whatever is ready moves on, and nothing is waited for but the next event."""

    def __init__(self, part: LanePart, spools: Path, tell: Tell) -> None:
        settings = part.settings
        self._part, self._settings = part, settings
        self._clock = time.monotonic
        # What may be damaged comes before what has processes and connections that want to be closed.
        store = ShardStore(part.root)
        self._addresses = AddressList(store, part.addresses)
        self._shards = OpenShards(store, self._addresses, part.prefix, spools, settings)
        outlines = [
            outline
            for outline in self._addresses.outlines()
            if not store.is_committed(self._shards.name(outline.number))
        ]
        self._opening = Opening(outlines, lambda host, n: self._limits_of(host).least_s(n))
        self._rests = Rests(store)
        self._selector = selectors.DefaultSelector()
        self._fetcher: Fetcher[_Asked] = Fetcher(settings.fetch, clock=self._clock, others=self._selector)
        self._locator = Locator(settings.fetch, clock=self._clock, selector=self._selector)
        self._decoder: Decoder[_Undecoded] = Decoder(
            settings.picture,
            max_body_bytes=settings.fetch.max_body_bytes,
            clock=self._clock,
            selector=self._selector,
        )
        robots = Robots()
        self._schedule: Schedule[Job | RulesJob | ListedRow] = Schedule(
            self._limits_of,
            patience=settings.patience,
            chance=random.Random(f"{settings.seed}-{part.lane}"),
            most_doubtful=max(1, settings.n_concurrent * 3 // 4),
            rest_s=self._rests.wait_s,
            on_forget=robots.forget,
        )
        self._robots_first = RobotsFirst(robots, self._schedule, settings, self._clock)
        self._crowding: set[str] = set()
        self._recorder = Recorder(self._shards, tell, self._clock)

    def run(self) -> None:
        """Work until every shard is committed."""
        while self._open_more() or len(self._shards) or len(self._opening):
            wait_s = self._start_requests()
            for event in self._fetcher.wait(min(wait_s, self._decoder.next_check_s(), TELL_EVERY_S)):
                if isinstance(event, Reply):
                    self._take(event)
                elif event.data is self._locator:
                    for queue in self._locator.arrived():
                        self._schedule.release(queue, self._clock())
            for undecoded, picture in self._decoder.results():
                self._recorder.keep_picture(undecoded.job, undecoded.reply, picture)
            if self._crowding:
                self._let_go_on()
            for queue, given_up in self._schedule.given_up():
                self._give_up(queue, given_up)
            self._tell_now_and_then()
        self._tell_now_and_then(at_once=True)

    def close(self) -> None:
        """Let go of everything; what is not committed stays in its spool."""
        self._shards.close()
        self._addresses.close()
        self._fetcher.close()
        self._decoder.close()
        self._selector.close()
        self._locator.close()

    def _limits_of(self, queue: str) -> HostLimits:
        """What this worker may do to a host; no host has more than half of all requests under way.

        Of a host of another lane it only ever asks for a robots.txt, where one of ours redirects to it: all
        such lanes together keep its rate.
        """
        owners = self._part.owners
        is_ours = owners.n_sharing(queue) > 1 or owners.lane(queue, "") == self._part.lane
        n_asking = owners.n_asking(queue) if is_ours else owners.n_lanes
        limits = self._settings.limits.of(queue).share(n_asking)
        n_most = max(1, self._settings.n_concurrent // 2)
        return limits if limits.n_connections <= n_most else replace(limits, n_connections=n_most)

    def _open_more(self) -> bool:
        """Open the shards whose hosts are in want of work; False where none was opened."""
        opened = False
        while len(self._shards) < _MOST_OPEN and (outline := self._opening.next()) is not None:
            opened = True
            now = self._clock()
            for queue, row in self._shards.open(outline.number):
                self._schedule.add(queue, row, now)
            if self._schedule.n_of(outline.host) < _LOW_WATER:
                self._opening.runs_low(outline.host)
        return opened

    def _start_requests(self) -> float:
        """Start what may be started; gives the seconds until there may be more to start."""
        while len(self._fetcher) < self._settings.n_concurrent and not self._decoder.is_full():
            offer = self._schedule.next(self._clock())
            if not isinstance(offer, tuple):
                return TELL_EVERY_S if offer is None else offer
            queue, waiting = offer
            if not (isinstance(waiting, RulesJob) or self._decoder.has_room(queue)):
                self._schedule.undo(queue, waiting, self._clock())
                self._schedule.hold(queue)
                self._crowding.add(queue)
                continue
            if self._schedule.n_of(queue) < _LOW_WATER:
                self._opening.runs_low(queue)
            job = self._shards.job(waiting) if isinstance(waiting, int) else waiting
            if job is None:
                self._schedule.skip(queue, self._clock())
            else:
                self._start(queue, job)
        return TELL_EVERY_S

    def _let_go_on(self) -> None:
        """Hosts that sent more than could be decoded are asked again, once half of it is done."""
        for queue in [queue for queue in self._crowding if self._decoder.has_room(queue, 0.75)]:
            self._crowding.remove(queue)
            self._schedule.release(queue, self._clock())

    def _start(self, queue: str, job: Job | RulesJob) -> None:
        """Ask for an address, if its host's addresses are known and open."""
        found = self._locator.find(job.address)
        if found is None:
            self._schedule.undo(queue, job, self._clock(), urgent=isinstance(job, RulesJob))
            self._schedule.hold(queue)
            self._locator.wait(job.address, queue)
            return
        if found.status == "dns_failed":
            self._locator.forget(job.address)
        if isinstance(job, RulesJob):
            self._start_rules(queue, replace(job, n_tries=job.n_tries + 1), found)
        else:
            self._start_image(queue, job, found)

    def _start_image(self, queue: str, job: Job, found: Found) -> None:
        """Ask for an image, if its host's robots.txt allows it."""
        if found.status == "dns_failed":
            job.n_tries += 1
            again = job.n_tries < self._settings.n_tries
            verdict = Verdict(
                next=Next.AGAIN if again else Next.KEEP, status=found.status, reason=found.reason, failed=True
            )
            self._carry_out(verdict, queue, job, None)
        elif found.status:
            self._refuse(queue, job, found.status, found.reason)
        elif (objection := self._robots_first.consult(queue, job)) is None:
            return
        elif objection[0]:
            self._refuse(queue, job, *objection)
        else:
            job.n_tries += 1
            self._fetcher.start((queue, job), job.address, found.addresses, job.etag, job.last_modified)

    def _refuse(self, queue: str, job: Job, status: str, reason: str) -> None:
        """Record an address that was taken and may not be asked."""
        self._schedule.skip(queue, self._clock())
        self._recorder.keep(job, status, reason)

    def _start_rules(self, queue: str, job: RulesJob, found: Found) -> None:
        """Ask for a robots.txt."""
        if found.status:
            self._robots_first.refuse(found.status, queue, job)
        else:
            self._fetcher.start((queue, job), job.address, found.addresses, wants_image=False)

    def _take(self, reply: Reply[_Asked]) -> None:
        """A request has ended."""
        queue, job = reply.data
        if isinstance(job, RulesJob):
            self._robots_first.take(reply, queue, job)
        else:
            self._carry_out(self._judge(reply, job), queue, job, reply)

    def _judge(self, reply: Reply[_Asked], job: Job) -> Verdict:
        """What follows from an answer; a fault of ours in judging it costs this address and no other."""
        try:
            return judge(reply.answer, job, self._settings)
        except Exception as error:  # noqa: BLE001  it is recorded, and the record says to report it
            return Verdict(next=Next.KEEP, status="not_understood", reason=fault_of_ours(error))

    def _carry_out(self, verdict: Verdict, queue: str, job: Job, reply: Reply[_Asked] | None) -> None:
        now = self._clock()
        if verdict.next is Next.AGAIN:
            self._recorder.count("tried again")
            self._schedule.add(queue, job, now, first=True)
        seconds = None if reply is None else reply.seconds
        if verdict.wait_s is not None and verdict.wait_s > self._settings.patience.longest_wait_s:
            self._rests.note(queue, verdict.wait_s)
        self._schedule.done(queue, now, failed=verdict.failed, wait_s=verdict.wait_s, seconds=seconds)
        if verdict.next is Next.KEEP:
            self._recorder.keep(job, verdict.status, verdict.reason, reply)
        elif verdict.next is Next.DECODE and reply is not None:
            self._decoder.submit(_Undecoded(job, reply), reply.answer.body, queue)
            reply.answer.body = Body()
        elif verdict.next is Next.ELSEWHERE and verdict.target is not None:
            self._redirect(job, verdict, reply)

    def _redirect(self, job: Job, verdict: Verdict, reply: Reply[_Asked] | None) -> None:
        """A redirect is a new request in the queue of the host it points to, in whichever lane that is."""
        target = verdict.target
        if target is None:
            raise RuntimeError("a redirect without a target")
        job.seen = (*job.seen, job.address.text)
        job.address, job.n_redirects, job.n_tries = target, job.n_redirects + 1, 0
        job.etag = job.last_modified = ""
        if self._part.owners.lane(target.queue, target.text) == self._part.lane:
            self._schedule.add(target.queue, job, self._clock())
        else:
            self._recorder.keep(job, "handed_over", "", reply)

    def _give_up(self, queue: str, waiting: Job | RulesJob | ListedRow) -> None:
        """The host of this job failed again after it was set aside."""
        job = self._shards.job(waiting) if isinstance(waiting, int) else waiting
        if isinstance(job, RulesJob):
            self._robots_first.give_up(job)
        elif job is not None:
            until = self._rests.until(queue)
            reason = f"{queue} asks to be left alone until {until}" if until else f"{queue} kept failing"
            self._recorder.keep(job, "set_aside", reason)
        self._opening.runs_low(queue)

    def _tell_now_and_then(self, *, at_once: bool = False) -> None:
        name = f"hosts waiting in lane {self._part.lane}"
        if self._recorder.tell_now_and_then(name, self._schedule.n_hosts_waiting, at_once=at_once):
            self._locator.look_after()
            self._rests.save(at_once=at_once)
