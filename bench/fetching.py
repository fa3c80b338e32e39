"""Fetching without decoding: Aisle's schedule, names and requests, beside libcurl alone in the same loop.

Run as `python bench/fetching.py aisle|libcurl ADDRESSES CONNECTIONS`; prints seconds and processor seconds
of the loop.
"""

import random
import selectors
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pycurl

from aisle.images.download.address import ANY_PORT, parse
from aisle.images.download.curl_options import set_options
from aisle.images.download.fetch import Fetcher
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.locating import Locator
from aisle.images.download.memory import keep_little_memory
from aisle.images.download.politeness import Patience, Schedule
from aisle.images.download.settings import DownloadSettings, FetchSettings
from aisle.images.download.verdict import Job, Next, judge


def fetch_by_aisle(addresses: list[str], n_connections: int) -> None:
    """All that a lane does but for decoding and recording."""
    limits = Limits(HostLimits(requests_per_s=1e6, n_connections=n_connections))
    fetch = FetchSettings(ports=ANY_PORT, allowed_networks=("127.0.0.0/8",))
    settings = DownloadSettings(fetch=fetch, limits=limits)
    clock = time.monotonic
    keep_little_memory()
    with selectors.DefaultSelector() as selector:
        fetcher: Fetcher[tuple[str, Job]] = Fetcher(fetch, clock=clock, others=selector)
        locator = Locator(fetch, clock=clock, selector=selector)
        schedule: Schedule[int] = Schedule(limits.of, patience=Patience(), chance=random.Random(1))
        queue = parse(addresses[0], ANY_PORT).queue
        for row in range(len(addresses)):
            schedule.add(queue, row, clock())
        n_done = 0
        while n_done < len(addresses):
            while isinstance(offer := schedule.next(clock()), tuple):
                queue, row = offer
                job = Job(0, row, addresses[row], parse(addresses[row], ANY_PORT))
                found = locator.find(job.address)
                if found is None:
                    raise SystemExit("bench/fetching.py wants addresses of numbers and not of names")
                fetcher.start((queue, job), job.address, found.addresses)
            for reply in fetcher.wait(0.1 if offer is None else min(offer, 0.1)):
                queue, job = reply.data
                verdict = judge(reply.answer, job, settings)
                if verdict.next is not Next.DECODE:
                    raise SystemExit(f"{job.listed}: {verdict.status} {verdict.reason}")
                schedule.done(queue, clock())
                n_done += 1
        fetcher.close()
        locator.close()


def fetch_by_libcurl(addresses: list[str], n_connections: int) -> None:
    """The same loop round the same handles, without anything of ours: bodies are thrown away."""
    waiting = iter(addresses)
    n_left = len(addresses)
    with selectors.DefaultSelector() as selector, _multi(selector) as (multi, timer):
        for _ in range(n_connections):
            curl = pycurl.Curl()
            set_options(curl, FetchSettings(), FetchSettings().authorities)
            curl.setopt(pycurl.WRITEFUNCTION, len)
            _begin(multi, curl, waiting)
        while n_left:
            wait_s = 0.1 if timer[0] is None else max(0.0, min(0.1, timer[0] - time.monotonic()))
            for key, events in selector.select(wait_s):
                reads = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
                writes = pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
                multi.socket_action(key.fd, reads | writes)
            if timer[0] is not None and timer[0] <= time.monotonic():
                timer[0] = None
                multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            _, good, bad = multi.info_read()
            if bad:
                raise SystemExit(f"libcurl: {bad[0][2]}")
            for curl in good:
                n_left -= 1
                multi.remove_handle(curl)
                _begin(multi, curl, waiting)


def _begin(multi: pycurl.CurlMulti, curl: pycurl.Curl, waiting: Iterator[str]) -> None:
    address = next(waiting, None)
    if address is None:
        curl.close()
    else:
        curl.setopt(pycurl.URL, address)
        multi.add_handle(curl)


@contextmanager
def _multi(selector: selectors.BaseSelector) -> Iterator[tuple[pycurl.CurlMulti, list[float | None]]]:
    """A multi handle whose sockets are in the selector, and when it wants to be called."""
    timer: list[float | None] = [None]

    def watch(what: int, descriptor: int, *_: object) -> None:
        if what == pycurl.POLL_REMOVE:
            selector.unregister(descriptor)
            return
        events = (selectors.EVENT_READ if what & pycurl.POLL_IN else 0) | (
            selectors.EVENT_WRITE if what & pycurl.POLL_OUT else 0
        )
        try:
            selector.modify(descriptor, events)
        except KeyError:
            selector.register(descriptor, events)

    def set_timer(timeout_ms: int) -> None:
        timer[0] = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_SOCKETFUNCTION, watch)
    multi.setopt(pycurl.M_TIMERFUNCTION, set_timer)
    yield multi, timer
    multi.close()


def main() -> None:
    """Fetch, and print how long it took."""
    who, addresses, n_connections = sys.argv[1:]
    fetch = {"aisle": fetch_by_aisle, "libcurl": fetch_by_libcurl}[who]
    listed = Path(addresses).read_text().split()
    before = time.perf_counter(), time.process_time()
    fetch(listed, int(n_connections))
    print(time.perf_counter() - before[0], time.process_time() - before[1])


if __name__ == "__main__":
    main()
