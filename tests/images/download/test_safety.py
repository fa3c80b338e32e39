"""Nobody can make the download talk to the inside of a network: canaries on loopback hear nothing."""

import itertools
import threading
from urllib.parse import quote

import pytest

from aisle.demo.server import Site, serve
from aisle.images.download.address import ANY_PORT
from aisle.images.download.fetch import Fetcher
from aisle.images.download.resolve import TableResolver
from aisle.images.download.run import download

SPELLINGS = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.000.000.001", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1",
    "0x7f000001", "2130706433", "017700000001", "0", "0.0.0.0", "00.0.0.0", "127.127.127.127", "127.0.0.1%00",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "１２７.0.0.1",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "ⓛocalhost", "%31%32%37.0.0.1", "%6cocalhost", "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2002:7f00:1::1]", "[2001:0:7f00:1::80ff:fffe]", "[fe80::1%25lo]", "[::1%25lo]",
    "[::ffff:0.0.0.0]", "[fec0::1]", "user@127.0.0.1", "good.test@127.0.0.1", "good.test\\@127.0.0.1",
    "[::7f00:1]", "127.0.0.1\\.good.test", "inside.test", "INSIDE.test", "inside.test.", "six.test",
    "mapped.test", "mixed.test", "zero.test", "nat64.test", "wild.inside.test",
]  # fmt: skip

NAMES = TableResolver(
    {
        "localhost": ("127.0.0.1", "::1"),
        "a.localhost": ("127.0.0.1",),
        "localhost.localdomain": ("127.0.0.1",),
        "inside.test": ("127.0.0.1",),
        "wild.inside.test": ("127.0.0.1",),
        "six.test": ("::1",),
        "mapped.test": ("::ffff:127.0.0.1",),
        "mixed.test": ("127.0.0.2", "127.0.0.1"),
        "zero.test": ("0.0.0.0",),
        "nat64.test": ("64:ff9b::7f00:1",),
        "good.test": ("127.0.0.2",),
    }
)
REFUSED = {"blocked_address", "invalid_link", "bad_redirect", "no_such_host"}


@pytest.fixture
def canary():
    """Whatever connects to 127.0.0.1 here has been led astray."""
    with serve(Site({"/a.jpg": b"secret"})) as server:
        yield server


@pytest.fixture
def started(monkeypatch):
    """Every request that is sent out."""
    sent = []
    start = Fetcher.start
    monkeypatch.setattr(Fetcher, "start", lambda self, *asked: (sent.append(asked), start(self, *asked)))
    return sent


class TestHostileAddresses:
    def test_there_are_more_than_sixty_spellings(self):
        assert len(set(SPELLINGS)) >= 60

    def test_no_address_of_a_list_leads_inside(self, canary, run_settings, list_of, images, records, started):
        addresses = [f"http://{host}:{canary.port}/a.jpg" for host in SPELLINGS]
        addresses += [f"https://{host}/" for host in SPELLINGS]
        addresses += [f"{scheme}://127.0.0.1:{canary.port}/a" for scheme in ("gopher", "dict", "ftp", "file")]
        fetch = {"allowed_networks": ("127.0.0.2/32",), "resolver": NAMES, "ports": ANY_PORT}
        download(list_of(*addresses), images, run_settings(fetch=fetch))
        assert {row["status"] for row in records(images).values()} <= REFUSED
        assert started == []
        assert canary.n_connections == 0

    def test_no_redirect_leads_inside(self, canary, run_settings, list_of, images, records, started):
        """A shop that may be asked redirects to every hostile address."""
        with serve(Site({}), listens_on="127.0.0.2") as shop:
            targets = [f"http://{host}:{canary.port}/a.jpg" for host in SPELLINGS]
            targets += [f"//{host}:{canary.port}/a.jpg" for host in SPELLINGS[:10]]
            targets += [f"gopher://127.0.0.1:{canary.port}/_GET", "file:///etc/passwd", "ftp://127.0.0.1/"]
            addresses = [
                shop.address(f"/fault/redirect/{n}.jpg?to={quote(target)}", host="good.test")
                for n, target in enumerate(targets)
            ]
            fetch = {"allowed_networks": ("127.0.0.2/32",), "resolver": NAMES, "ports": ANY_PORT}
            download(list_of(*addresses), images, run_settings(fetch=fetch))
            assert len(shop.hits) == len(started) == len(targets)
        assert {row["status"] for row in records(images).values()} <= REFUSED
        assert canary.n_connections == 0


class Rebinding:
    """A resolver that names a good address the first time, and the inside of the network from then on."""

    def __init__(self):
        self.asked = itertools.count()
        self.lock = threading.Lock()

    def __call__(self, name):
        with self.lock:
            return ["127.0.0.2"] if next(self.asked) == 0 else ["127.0.0.1"]


class TestRebinding:
    def test_the_connection_goes_to_the_address_that_was_checked(
        self, run_settings, list_of, images, records, picture
    ):
        with (
            serve(Site({"/a.jpg": picture}), listens_on="127.0.0.2") as shop,
            serve(Site({}), listens_on="127.0.0.1", port=shop.port) as canary,
        ):
            fetch = {"allowed_networks": ("127.0.0.2/32",), "resolver": Rebinding(), "ports": ANY_PORT}
            settings = run_settings(fetch=fetch)
            first = [shop.address(f"/a.jpg?{n}", host="rebinding.test") for n in range(20)]
            download(list_of(*first), images, settings)
            assert {row["status"] for row in records(images).values()} == {"ok"}
            later = shop.address("/a.jpg?later", host="rebinding.test")
            download(list_of(*first, later), images, settings)
            assert records(images)[later]["status"] == "blocked_address"
            assert canary.n_connections == 0
