"""What tasks tell while they run, over a connection of its own from each task to the driver.

Spark has no way for this: an accumulator arrives when its task has ended, and a task of ours may take hours.
A message is a line of JSON, and the first line of a connection is a secret that Spark has carried to the
task; so a stranger can neither tell anything nor have anything unpickled. Nothing depends on what is told:
where a firewall keeps workers from reaching the driver, the work goes on in silence.
"""

import contextlib
import hmac
import json
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

Message = Mapping[str, Any]

_CONNECT_S = 5.0
_HEARD_S = 10.0
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Ear:
    """Where the driver listens.

    Args:
        secret: the first line of every connection.
    """

    host: str
    port: int
    secret: str


class Mouth:
    """A task's end. After the first trouble it is silent.

    Args:
        ear: where to speak.
    """

    def __init__(self, ear: Ear) -> None:
        self._socket: socket.socket | None = None
        with contextlib.suppress(OSError):
            self._socket = socket.create_connection((ear.host, ear.port), timeout=_CONNECT_S)
            self._send(ear.secret)

    def say(self, message: Message) -> None:
        """Send a message, if anybody listens."""
        self._send(json.dumps(message))

    def close(self) -> None:
        """End, after all that was said has been heard."""
        if self._socket is None:
            return
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_HEARD_S)
            self._socket.recv(1)
        self._hang_up()

    def _send(self, line: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendall(line.encode() + b"\n")
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, host: str, secret: str, hear: Callable[[Message], None]) -> None:
        self.address_family, *_, place = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        self.secret = secret.encode()
        self.hear = hear
        super().__init__(cast("tuple[str, int]", place), _Speaker)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off is a worker that died; Spark will see to it."""


class _Speaker(socketserver.StreamRequestHandler):
    timeout = None

    def handle(self) -> None:
        """Hear one task, to its last word."""
        server = cast("_Listening", self.server)
        if not hmac.compare_digest(self.rfile.readline(_MOST_BYTES).rstrip(b"\n"), server.secret):
            return
        while line := self.rfile.readline(_MOST_BYTES):
            if line.endswith(b"\n"):
                server.hear(json.loads(line))
        self.wfile.write(b".")


@contextmanager
def listening(
    bound_to: str, hear: Callable[[Message], None], *, reached_at: str | None = None
) -> Iterator[Ear]:
    """Listen while the block runs.

    Args:
        bound_to: a host of this machine, on a port that the system picks.
        hear: called with every message, in threads of its own.
        reached_at: what workers call this machine, if they call it something else.
    """
    secret = secrets.token_hex(32)
    with _Listening(bound_to, secret, hear) as server:
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name="tasks' progress", daemon=True
        )
        thread.start()
        try:
            yield Ear(reached_at or bound_to, server.server_address[1], secret)
        finally:
            server.shutdown()
            thread.join()
