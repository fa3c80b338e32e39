"""The shop's servers on loopback: one for each merchant, and one for each fault that is its host's."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aisle.demo.products import Photo
from aisle.demo.server import FAULTS, Server, Site, serve
from aisle.demo.server.certificates import make_authority
from aisle.demo.trouble import OUTSIDE
from aisle.demo.writers import FEEDS

HOSTS_OF_THEIR_OWN = ("429", "429-seconds", "500-then-200", "reset", "slow-body")
"""Faults after which a download leaves the whole host alone for a while."""

BAD_CERTIFICATE = "bad certificate"
"""The fault of a server whose certificate nobody trusts."""

FTP = "ftp"
"""The fault of a link that is no address of an image on the web."""


class Web:
    """Servers that show one site.

    Args:
        servers: by the name of a merchant, or of a fault that has a host of its own.
    """

    def __init__(self, site: Site, servers: Mapping[str, Server]) -> None:
        self._site = site
        self._servers = servers

    def address(self, photo: Photo) -> str:
        """The link by which a feed tells of a photo."""
        path, fault = f"/{photo.path}", photo.fault
        merchant = self._servers[photo.path.partition("/")[0]]
        if fault == "outside":
            return OUTSIDE
        if fault == FTP:
            return f"ftp://{merchant.listens_on}{path}"
        if fault == BAD_CERTIFICATE:
            return self._servers[fault].address(path)
        if fault in FAULTS:
            return self._servers.get(fault, merchant).address(f"/fault/{fault}{path}")
        return merchant.address(path)

    def show(self, photos: Path) -> None:
        """Show every file of a folder, and what was shown before no more."""
        self._site.pictures = {
            f"/{file.relative_to(photos).as_posix()}": file.read_bytes()
            for file in photos.rglob("*")
            if file.is_file()
        }


@contextmanager
def open_web() -> Iterator[Web]:
    """Run the servers while the block runs, on ports that the system picks.

    Ports are given out in the order of their digits, so that addresses sort alike whatever the ports are: the
    same shop makes the same download, and the same model, each time.
    """
    site = Site({})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="aisle-certificate-")))
        context = make_authority(folder).context(folder, ["127.0.0.1"], expired=True)
        names = [*FEEDS, *HOSTS_OF_THEIR_OWN]
        plain = [stack.enter_context(serve(site, noting=False)) for _ in names]
        servers = dict(zip(names, sorted(plain, key=lambda server: str(server.port)), strict=True))
        servers[BAD_CERTIFICATE] = stack.enter_context(serve(site, context=context, noting=False))
        yield Web(site, servers)
