"""Hands bodies to a process that decodes them, and replaces it when one of them kills or stalls it."""

import json
import mmap
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, Pipe
from tempfile import TemporaryFile
from typing import Generic, TypeVar

from aisle.core.errors import AisleError
from aisle.images.download.decoder_process import JOB, unpack
from aisle.images.download.exchange import Body
from aisle.images.download.picture import Picture
from aisle.images.download.settings import PictureSettings
from aisle.images.download.turns import Turns
from aisle.images.hashes import hash_of

Token = TypeVar("Token")

_MOST_JOBS = 24
_MOST_WAITING_BYTES = 8_000_000
_AHEAD_S = 0.05
"""So much work lies ready for the process; more, and a body whose turn comes would wait for it."""

_SMALL_BYTES = 1 << 20
_N_SMALL = 6
_TOO_SLOW = "too_slow_to_decode"
_MOST_STARTS = 5
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
"""No decoder ends itself so: somebody else did, such as the system for a lack of memory."""

_PATIENCE = 5.0
"""A decoder that gets little processor time may stall for so many deadlines before it is ended."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A part of the shared memory that holds one body."""

    start: int
    n_bytes: int


@dataclass(slots=True)
class _Job(Generic[Token]):
    token: Token
    host: str
    body: bytes | Body
    slot: _Slot | None = None
    likely_s: float = 0.0
    was_interrupted: bool = False


class Decoder(Generic[Token]):
    """A decoding process and the bodies that wait for it; the hosts that they come from take turns.

    The process shares memory with us, so that a body is copied once and nothing large goes through a pipe. It
    answers in order: the oldest body under way is the one that it is busy with, and is to blame when it dies.

    Args:
        settings: what becomes of a body.
        max_body_bytes: the largest body there is.
        clock: seconds, monotonic.
        selector: where the process's connection is waited for; its key's data is this decoder.
    """

    def __init__(
        self,
        settings: PictureSettings,
        *,
        max_body_bytes: int,
        clock: Callable[[], float],
        selector: selectors.BaseSelector,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._selector = selector
        self._turns: Turns[_Job[Token]] = Turns()
        self._under_way: deque[_Job[Token]] = deque()
        self._ahead_s = 0.0
        self._busy_since = 0.0
        self.n_replaced = 0
        self._n_starts = 0
        small = [_Slot(n * _SMALL_BYTES, _SMALL_BYTES) for n in range(_N_SMALL)]
        self._large = _Slot(_N_SMALL * _SMALL_BYTES, max(max_body_bytes, _SMALL_BYTES))
        self._free = [self._large, *small]
        with (
            TemporaryFile()
            if not hasattr(os, "memfd_create")
            else os.fdopen(os.memfd_create("bodies"), "r+b") as file
        ):
            file.truncate(self._large.start + _page(self._large.n_bytes))
            self._memory_fd = os.dup(file.fileno())
        self._memory = mmap.mmap(self._memory_fd, 0)
        self._start()

    def __len__(self) -> int:
        """How many bodies wait or are under way."""
        return len(self._turns) + len(self._under_way)

    def is_full(self) -> bool:
        """No host has room for one more body."""
        return self._turns.is_full(_MOST_JOBS, _MOST_WAITING_BYTES)

    def has_room(self, host: str, part: float = 1.0) -> bool:
        """This host has no more bodies here than it leaves to others; or than a part of that."""
        return self._turns.has_room(host, int(_MOST_JOBS * part), int(_MOST_WAITING_BYTES * part))

    def submit(self, token: Token, body: bytes | Body, host: str = "") -> None:
        """Have a body decoded; `results` will give its picture with this token.

        Args:
            host: that it came from.

        Raises:
            ValueError: the body is larger than was said.
        """
        if len(body) > self._large.n_bytes:
            raise ValueError(f"a body of {len(body)} bytes; at most {self._large.n_bytes}")
        self._turns.add(host, _Job(token, host, body), len(body))
        self._hand_over()

    def results(self) -> list[tuple[Token, Picture]]:
        """The pictures that are ready; to be called when the connection is readable, and now and then.

        Raises:
            AisleError: the process ends before it has begun, again and again.
        """
        ready: list[tuple[Token, Picture]] = []
        try:
            while self._connection.poll():
                message = self._connection.recv_bytes()
                if message:
                    picture, seconds = unpack(message)
                    ready.append((self._finish(seconds).token, picture))
                else:
                    self._is_ready = True
                    self._n_starts = 0
                    self._busy_since = self._clock()
        except (EOFError, ConnectionResetError):
            ready += self._replace()
        if self._has_stalled():
            self._process.kill()
            ready += self._replace((_TOO_SLOW, "the decoder stalled"))
        self._hand_over()
        return ready

    def next_check_s(self) -> float:
        """In how many seconds `results` must be called even if nothing comes."""
        if not (self._under_way and self._is_ready):
            return float("inf")
        return max(0.0, self._busy_since + self._settings.deadline_s * _PATIENCE - self._clock())

    def close(self) -> None:
        """End the process."""
        self._stop()
        self._memory.close()
        os.close(self._memory_fd)

    def _start(self) -> None:
        self._n_starts += 1
        if self._n_starts > _MOST_STARTS:
            raise AisleError(
                f"the process that decodes images did not start, {_MOST_STARTS} times (exit code "
                f"{self._process.returncode}); look for a lack of memory (the system's log), then run the "
                "command again: it goes on where it stopped"
            )
        ours, theirs = Pipe()
        arguments = [self._memory_fd, theirs.fileno(), json.dumps(asdict(self._settings))]
        # -P: the working folder may hold a json.py of somebody's own
        command = [sys.executable, "-P", "-m", "aisle.images.download.decoder_process", *map(str, arguments)]
        search = os.pathsep.join(path for path in sys.path if path)
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603
            command,
            pass_fds=(self._memory_fd, theirs.fileno()),
            env={**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._is_ready = False
        self._connection: Connection[bytes, bytes] = ours
        self._selector.register(ours, selectors.EVENT_READ, self)

    def _stop(self) -> None:
        if self._connection.closed:
            return
        self._selector.unregister(self._connection)
        self._connection.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _replace(self, why: tuple[str, str] | None = None) -> list[tuple[Token, Picture]]:
        """Start another process. What the old one was busy with ends with it; the others go again.

        A process that was ended from outside says nothing of what it was busy with, which goes again, once.

        Args:
            why: the status and the reason of what ends; None where the process died by itself.
        """
        self._stop()
        status, reason = why or self._cause_of_death()
        blamed = []
        if self._under_way and self._is_ready:
            if self._was_ended_from_outside(why) and not self._under_way[0].was_interrupted:
                self._under_way[0].was_interrupted = True
            else:
                blamed.append(self._finish(self._settings.deadline_s))
        again = list(self._under_way)
        for job in again:
            self._release(job)
        self._under_way.clear()
        self._ahead_s = 0.0
        for job in reversed(again):
            self._turns.put_back(job.host, job, len(job.body))
        self.n_replaced += 1
        self._start()
        return [
            (job.token, Picture(status=status, reason=reason, sha256=hash_of(bytes(job.body))))
            for job in blamed
        ]

    def _was_ended_from_outside(self, why: tuple[str, str] | None) -> bool:
        return why is None and -self._process.returncode in _FROM_OUTSIDE

    def _cause_of_death(self) -> tuple[str, str]:
        """The status and the reason of the image that the process died of."""
        code = self._process.returncode
        if code == -signal.SIGPROF:
            return _TOO_SLOW, f"the decoder took more than {self._settings.deadline_s:g} s"
        died_of = f" of {signal.Signals(-code).name}" if code < 0 else ""
        if -code in _FROM_OUTSIDE:
            return "decoder_killed", f"the decoder died{died_of}, twice"
        return "undecodable", f"the decoder died{died_of}"

    def _has_stalled(self) -> bool:
        return self.next_check_s() <= 0.0

    def _hand_over(self) -> None:
        """Give the process what waits, while there is room in the shared memory and little work ahead."""
        while (turn := self._turns.next()) is not None:
            host, job, likely_s = turn
            if self._under_way and self._ahead_s + likely_s > _AHEAD_S:
                return
            job.slot = self._take_slot(len(job.body))
            if job.slot is None:
                return
            self._turns.take(host)
            start = job.slot.start
            for piece in job.body.pieces if isinstance(job.body, Body) else [job.body]:
                self._memory[start : start + len(piece)] = piece
                start += len(piece)
            if not self._under_way:
                self._busy_since = self._clock()
            self._under_way.append(job)
            job.likely_s = likely_s
            self._ahead_s += likely_s
            try:
                self._connection.send_bytes(JOB.pack(job.slot.start, len(job.body)))
            except (BrokenPipeError, ConnectionResetError):
                return  # it has died; `results` will find out

    def _take_slot(self, n_bytes: int) -> _Slot | None:
        fitting = [slot for slot in self._free if slot.n_bytes >= n_bytes]
        if not fitting:
            return None
        slot = min(fitting, key=lambda slot: slot.n_bytes)
        self._free.remove(slot)
        return slot

    def _finish(self, seconds: float) -> _Job[Token]:
        job = self._under_way.popleft()
        self._ahead_s -= job.likely_s
        self._turns.charge(job.host, seconds)
        self._release(job)
        self._busy_since = self._clock()
        return job

    def _release(self, job: _Job[Token]) -> None:
        if job.slot is None:
            return
        self._free.append(job.slot)
        if job.slot is self._large and hasattr(mmap, "MADV_REMOVE"):
            self._memory.madvise(mmap.MADV_REMOVE, self._large.start, _page(self._large.n_bytes))
        job.slot = None


def _page(n_bytes: int) -> int:
    """Round up to whole pages."""
    return -(-n_bytes // mmap.PAGESIZE) * mmap.PAGESIZE
