"""Pictures, a shop's server, and requests to it, for every test of the download."""

import json
import selectors
import socketserver
import sys
import threading
import time
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import download_here
from aisle.core.hashes import sha256_of
from aisle.core.image_records import temporary_statuses
from aisle.core.manifest import PRODUCTS_FOLDER, Manifest
from aisle.core.schemas import CATALOGUE_SCHEMA
from aisle.demo.server import Site, serve, serve_apart
from aisle.images.download.address import ANY_PORT, USUAL_PORTS, parse
from aisle.images.download.fetch import Fetcher
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.politeness import Patience
from aisle.images.download.resolve import TableResolver
from aisle.images.download.run import RunSettings, open_images
from aisle.images.download.settings import DownloadSettings, FetchSettings

DOWNLOAD_FIELDS = {"n_tries", "n_concurrent", "shard_rows", "seed", "picture"}


def make_picture(width=300, height=200, *, seed=0, kind="JPEG", **how):
    """A picture with smooth colours and some detail, as bytes."""
    y, x = np.mgrid[0:height, 0:width]
    chance = np.random.default_rng(seed)
    phase = chance.uniform(0, 6, 3)
    waves = [np.sin(x / (9 + 7 * n) + phase[n]) * np.cos(y / (11 + 5 * n)) for n in range(3)]
    pixels = np.stack([127 + 90 * wave for wave in waves], axis=-1) + chance.normal(0, 4, (height, width, 3))
    file = BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, kind, **how)
    return file.getvalue()


@pytest.fixture(scope="session")
def picture():
    return make_picture()


@pytest.fixture(scope="session")
def draw():
    return make_picture


@pytest.fixture
def shop(picture):
    """A server on loopback that shows one picture at /a.jpg, and the faults."""
    with serve(Site({"/a.jpg": picture})) as server:
        yield server


@pytest.fixture
def far_shop(picture):
    """The same shop in a process of its own."""
    with serve_apart({"/a.jpg": picture}) as server:
        yield server


@pytest.fixture
def fetch_settings(shop):
    """Settings that let requests to the shop through, and give up soon."""

    def make(**changes):
        usual = {"allowed_networks": ("127.0.0.0/8",), "ports": USUAL_PORTS | {shop.port}, "total_s": 3.0}
        return FetchSettings(**{**usual, "connect_s": 2.0, **changes})

    return make


@pytest.fixture
def ask(fetch_settings):
    """Send requests out, all at once unless told otherwise, and give the replies in their order."""

    def ask_all(*addresses, settings=None, pins=("127.0.0.1",), n_at_once=1000, **request):
        settings = settings or fetch_settings()
        to_ask = [parse(text, settings.ports) for text in addresses]
        with selectors.DefaultSelector() as selector:
            fetcher = Fetcher(settings, clock=time.monotonic, others=selector)
            replies, waiting = {}, list(reversed(range(len(to_ask))))
            while waiting or len(fetcher):
                while waiting and len(fetcher) < n_at_once:
                    number = waiting.pop()
                    fetcher.start(number, to_ask[number], pins, **request)
                for reply in fetcher.wait(1.0):
                    replies[reply.data] = reply
            fetcher.close()
        ordered = [replies[number] for number in range(len(to_ask))]
        return ordered[0] if len(ordered) == 1 else ordered

    return ask_all


@pytest.fixture
def answering():
    """A server that gives every request the same bytes, and closes; gives an address there."""

    @contextmanager
    def serve_bytes(data):
        text = data.encode() if isinstance(data, str) else data

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                self.server.asked.append(self.request.recv(65_536).decode())
                self.request.sendall(text)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            server.asked = serve_bytes.asked = []
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"http://odd.test:{server.server_address[1]}/a.jpg"
            server.shutdown()

    return serve_bytes


@pytest.fixture
def run_settings(shop):
    """Settings of a quick run that takes every name for loopback."""

    def make(*, n_workers=0, rate=500.0, n_connections=8, fetch=None, limits=(), slow_s=3.0, **changes):
        usual = {
            "allowed_networks": ("127.0.0.0/8",),
            "ports": ANY_PORT,
            "resolver": TableResolver({"*": ("127.0.0.1",)}),
            "total_s": 5.0,
        }
        download = {name: changes.pop(name) for name in list(changes) if name in DOWNLOAD_FIELDS}
        return RunSettings(
            n_workers=n_workers,
            download=DownloadSettings(
                **{
                    "fetch": FetchSettings(**{**usual, **(fetch or {})}),
                    "limits": Limits(HostLimits(requests_per_s=rate, n_connections=n_connections), limits),
                    "patience": Patience(base_s=0.01, longest_s=0.05, aside_s=0.1, slow_s=slow_s),
                    **download,
                }
            ),
            **changes,
        )

    return make


@pytest.fixture
def list_of(tmp_path):
    """A text file of addresses."""

    def write(*addresses):
        path = tmp_path / "addresses.txt"
        path.write_text("\n".join(addresses))
        return path

    return write


@pytest.fixture
def images(tmp_path):
    return str(tmp_path / "images")


@pytest.fixture
def records():
    """The newest record of every address in a folder of images; fails where a shard has doubles."""

    def read(root):
        newest = {}
        store = open_images(root)
        for name in store.committed():
            with store.open(store.entry(name).files["records"]) as file:
                rows = pq.read_table(file).to_pylist()
            assert len({row["address"] for row in rows}) == len(rows)
            newest |= {row["address"]: row for row in rows}
        return newest

    return read


@pytest.fixture
def most_within():
    """The most requests in any window of so many seconds."""

    def most(times, window_s):
        return max(sum(start <= at < start + window_s for at in times) for start in times)

    return most


@pytest.fixture
def download_apart():
    """Start a download in a process of its own; see tests/download_here.py."""

    def start(source, images, **settings):
        command = [sys.executable, download_here.__file__, str(source), str(images), json.dumps(settings)]
        return psutil.Popen(command, start_new_session=True)

    return start


FAULTS = ["404", "redirect", "html", "truncated", "500-then-200", "noai"]


@pytest.fixture
def work(tmp_path, far_shop, download_apart):
    """A list of addresses, and a way to download it in a process."""
    addresses = [far_shop.address(f"/a.jpg?{n}", host=f"shop-{n % 7}.test") for n in range(100)]
    addresses += [
        far_shop.address(f"/fault/{FAULTS[n % len(FAULTS)]}/{n}/a.jpg", host=f"shop-{n % 7}.test")
        for n in range(30)
    ]
    addresses += [
        far_shop.address(
            f"/fault/redirect/{n}?to={far_shop.address('/a.jpg', host=f'cdn-{n}.test')}", host="r.test"
        )
        for n in range(10)
    ]
    source = tmp_path / "addresses.txt"
    source.write_text("\n".join(addresses))

    def start(images, *, n_workers=2, **how):
        return download_apart(
            source, images, n_workers=n_workers, rate=200, connections=4, shard_rows=25, **how
        )

    def finish(images, **how):
        process = start(images, **how)
        assert process.wait(120) == 0
        return content(images)

    start.finish = finish
    start.addresses = addresses
    return start


def content(images):
    """The newest row of every address, sorted; only what may pass is there from an earlier run too."""
    newest = {}
    store = open_images(str(images))
    for name in store.committed():
        with store.open(store.entry(name).files["records"]) as file:
            rows = pq.read_table(file).to_pylist()
        assert len({row["address"] for row in rows}) == len(rows)
        for row in rows:
            earlier = newest.get(row["address"])
            assert earlier is None or earlier["status"] in temporary_statuses()
            newest[row["address"]] = row
    return sorted(newest.values(), key=lambda row: row["address"])


@pytest.fixture
def write_catalogue():
    """Write rows of a catalogue, and a manifest that names their file and says little else."""

    def write(folder, rows):
        (folder / PRODUCTS_FOLDER).mkdir(parents=True)
        file = folder / PRODUCTS_FOLDER / "part-0.parquet"
        pq.write_table(pa.Table.from_pylist(rows, CATALOGUE_SCHEMA), file)
        nothing = {name: {} for name in ("reasons", "fields", "images", "links_across_splits")}
        zero = dict.fromkeys(
            ("unreadable", "doubles", "groups", "leaves", "leaves_trained", "nodes", "n_labels"), 0
        )
        none = dict.fromkeys(("max_depth", "min_products", "split_ratio", "max_per_leaf"))
        empty = {name: [] for name in ("label_columns", "category_columns", "image_roots", "ingests")}
        rules = {"taxonomy": "from-labels", "inner_labels": "set", "merchant": "", "split": "group"}
        Manifest(
            read=len(rows),
            products=len(rows),
            labels={"none": len(rows)},
            splits={"unlabelled": len(rows)},
            files=[{"name": file.name, "rows": len(rows), "sha256": sha256_of(file)}],
            **{**nothing, **zero, **none, **empty, **rules},
        ).write(folder)
        return folder

    return write
