"""A shop on loopback, in a process of its own: serves a folder of JPEGs until its input is closed.

Run as `python bench/photo_shop.py FOLDER [--certificates FOLDER]`. With certificates it speaks HTTPS and ends
each connection with its answer; without, it keeps connections.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aisle.demo.server import Site, serve
from aisle.demo.server.certificates import make_authority
from aisle.demo.server.messages import Ending, Request, Step, answer


@dataclass(frozen=True, slots=True)
class PhotoShop:
    """A shop that serves in another process.

    Args:
        root: where its addresses begin.
        authority: the certificate to trust it by, or None.
    """

    root: str
    authority: Path | None


class OneAnswerSite(Site):
    """A site that ends every connection with its first answer."""

    def steps(self, request: Request) -> Iterable[Step]:
        """The picture, and the end."""
        yield answer(self.pictures[request.path], headers=[("Connection", "close")])
        yield Ending.CLOSE


@contextmanager
def photo_shop(photos: Path, certificates: Path | None = None) -> Iterator[PhotoShop]:
    """Serve a folder while the block runs."""
    command = [sys.executable, __file__, str(photos)]
    if certificates is not None:
        certificates.mkdir(exist_ok=True)
        command += ["--certificates", str(certificates)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            authority = certificates / "authority.pem" if certificates is not None else None
            yield PhotoShop(process.stdout.readline().strip(), authority)
        finally:
            process.stdin.close()


def main() -> None:
    """Serve, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--certificates", type=Path)
    arguments = parser.parse_args()
    pictures = {f"/{path.name}": path.read_bytes() for path in sorted(arguments.folder.iterdir())}
    folder = arguments.certificates
    context = None if folder is None else make_authority(folder).context(folder, ["127.0.0.1"])
    site = Site(pictures) if folder is None else OneAnswerSite(pictures)
    with serve(site, context=context, noting=False) as server:
        print(server.address(""), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
