"""Runs a site in a process of its own, where its time and memory are not the downloader's."""

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from aisle.demo.server.serve import serve
from aisle.demo.server.site import Site


@dataclass(frozen=True, slots=True)
class FarServer:
    """A server in another process: where it listens.

    Args:
        pid: of its process.
    """

    listens_on: str
    port: int
    pid: int

    def address(self, path: str, *, host: str = "") -> str:
        """The address of a path; `host` is the name to ask for, where it isn't the loopback address."""
        return f"http://{host or self.listens_on}:{self.port}{path}"


@contextmanager
def serve_apart(pictures: Mapping[str, bytes], *, listens_on: str = "127.0.0.1") -> Iterator[FarServer]:
    """Serve pictures, and the faults, while the block runs.

    Args:
        pictures: from a path to the bytes that it gives.
    """
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(theirs, dict(pictures), listens_on), daemon=True)
    process.start()
    theirs.close()
    try:
        yield FarServer(listens_on, ours.recv(), process.pid or 0)
    finally:
        ours.close()
        process.join()
        process.close()


def _serve(parent: Connection, pictures: dict[str, bytes], listens_on: str) -> None:
    """Serve until the parent closes its end of the pipe, or dies."""
    with serve(Site(pictures), listens_on=listens_on, noting=False) as server:
        parent.send(server.port)
        try:
            parent.recv()
        except EOFError:
            return
