"""Runs a site on a loopback port, in a thread of its own, for as long as a block lasts."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aisle.demo.server.messages import Request
from aisle.demo.server.protocol import Connection, Hit
from aisle.demo.server.site import Site

_BACKLOG = 1024


class Server:
    """A site that is being served.

    Args:
        listens_on: the loopback address.
        port: 0 for one that the system picks.
        noting: keep a record of each request; not for long benchmarks.
    """

    def __init__(
        self, site: Site, *, listens_on: str, port: int, context: ssl.SSLContext | None, noting: bool
    ) -> None:
        self.site = site
        self.listens_on = listens_on
        self.port = port
        self.hits: list[Hit] = []
        self.n_connections = 0
        self._context = context
        self._noting = noting
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shop server", daemon=True)

    def address(self, path: str, *, host: str = "") -> str:
        """The address of a path; `host` is the name to ask for, where it isn't the loopback address."""
        scheme = "https" if self._context else "http"
        return f"{scheme}://{host or self.listens_on}:{self.port}{path}"

    def start(self) -> None:
        """Listen, on a port that the system picks."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Close every connection and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(
            lambda *_: None
        )  # clients that break off are this server's daily bread
        listening = self._loop.run_until_complete(
            self._loop.create_server(
                self._connection,
                self.listens_on,
                self.port,
                ssl=self._context,
                backlog=_BACKLOG,
                reuse_address=True,
            )
        )
        self.port = listening.sockets[0].getsockname()[1]
        self._started.set()
        try:
            self._loop.run_forever()
        finally:
            listening.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def _connection(self) -> Connection:
        self.n_connections += 1
        return Connection(self.site.steps, self._note, self.n_connections)

    def _note(self, request: Request, at: float, connection: int) -> None:
        if self._noting:
            agent = request.headers.get("user-agent", "")
            self.hits.append(Hit(at, request.host, request.path, agent, connection))


@contextmanager
def serve(
    site: Site,
    *,
    listens_on: str = "127.0.0.1",
    port: int = 0,
    context: ssl.SSLContext | None = None,
    noting: bool = True,
) -> Iterator[Server]:
    """Serve a site while the block runs.

    Args:
        listens_on: a loopback address; 127.0.0.2 and so on are other machines to a downloader.
        port: 0 for one that the system picks.
        context: serves HTTPS where given; see `certificates`.
        noting: keep every request in `hits`.
    """
    server = Server(site, listens_on=listens_on, port=port, context=context, noting=noting)
    server.start()
    try:
        yield server
    finally:
        server.stop()
