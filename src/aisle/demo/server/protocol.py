"""One connection: reads requests, writes answers, keeps the connection, and notes what was asked when."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from aisle.demo.server.messages import Ending, Request, Step, parse_request

_MAX_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that arrived.

    Args:
        at: seconds on the server's monotonic clock.
        connection: numbers the connections, from 1.
    """

    at: float
    host: str
    path: str
    agent: str
    connection: int


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other.

    Args:
        steps: what to do for a request.
        note: called with each request as it arrives.
        number: of this connection.
    """

    def __init__(
        self,
        steps: Callable[[Request], bytes | Iterable[Step]],
        note: Callable[[Request, float, int], None],
        number: int,
    ) -> None:
        self._steps = steps
        self._note = note
        self._number = number
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and send small answers at once."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Stop whatever was still being sent."""
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        """Answer what is complete, unless an answer is still under way."""
        self._buffer += data
        self._answer_waiting()

    def _answer_waiting(self) -> None:
        while self._task is None and not self._transport.is_closing():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _MAX_HEAD:
                    self._transport.abort()
                return
            request = parse_request(self._buffer[:end])
            self._buffer = self._buffer[end + 4 :]
            self._note(request, time.monotonic(), self._number)
            steps = self._steps(request)
            if isinstance(steps, bytes):
                self._transport.write(steps)
            else:
                self._task = asyncio.get_running_loop().create_task(self._walk(steps))

    async def _walk(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, bytes):
                self._transport.write(step)
                await self._may_write.wait()
                await asyncio.sleep(0)  # others have their turn, and a lost connection ends us here
            elif isinstance(step, Ending):
                self._end(step)
                return
            else:
                await asyncio.sleep(step)
        self._task = None
        self._answer_waiting()

    def _end(self, ending: Ending) -> None:
        if ending is Ending.CLOSE:
            self._transport.close()
            return
        connection: socket.socket | None = self._transport.get_extra_info("socket")
        if connection is not None:  # lingering for no time turns the close into a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
