"""Memory does not grow: neither with the number of addresses, nor with what servers send."""

import contextlib
import re
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from aisle.images.download.run import open_images

TOTAL_S = 4.0
BAD = [
    "endless-body",
    "endless-headers",
    "declared-large",
    "slow-body",
    "gzip-bomb",
    "png-bomb",
    "large-headers",
]


@pytest.fixture
def peak_of(tmp_path, download_apart):
    """Download addresses in a process; gives the folder, and the peak memory of the tree in bytes."""

    def run(name, addresses, *, rate=1e6):
        source, images = tmp_path / f"{name}.txt", str(tmp_path / name)
        source.write_text("\n".join(addresses))
        process = download_apart(
            source, images, n_workers=2, rate=rate, connections=8, total_s=TOTAL_S, slow_s=2.0
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, own_memory(process))
            time.sleep(0.05)
        assert process.wait() == 0
        return images, peak

    return run


def own_memory(root):
    """In bytes, what is shared counted once; libraries' files, which others use too, do not count."""
    total = 0
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, OSError):  # one has just ended
            pages = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            total += sum(
                int(n) * 1024 for n in re.findall(r"^Pss_(?:Anon|Shmem): +(\d+) kB", pages, re.MULTILINE)
            )
    return total


def crowd(shop, n, n_hosts=50):
    return [shop.address(f"/a.jpg?{number}", host=f"shop-{number % n_hosts}.test") for number in range(n)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("n_hosts", "rate"),
    [(50, 1e6), (700, 10.0)],
    ids=["fifty hosts at any rate", "many hosts at a limited one"],
)
def test_ten_times_the_addresses_take_the_same_memory(far_shop, peak_of, n_hosts, rate):
    _, few = peak_of("few", crowd(far_shop, 5_000, n_hosts), rate=rate)
    images, many = peak_of("many", crowd(far_shop, 50_000, n_hosts), rate=rate)
    assert sum(entry.facts["by_status"]["ok"] for entry in open_images(images).entries()) == 50_000
    print(f"\npeak: {few / 1e6:.0f} MB with 5,000 addresses, {many / 1e6:.0f} MB with 50,000")
    assert 0.9 <= many / few <= 1.1


@pytest.mark.slow
def test_endless_slow_and_bomb_bodies_take_little_memory_and_end_in_time(far_shop, peak_of):
    well = crowd(far_shop, 2000)  # enough for both lanes to be at work at once
    bad = [
        far_shop.address(f"/fault/{fault}/{n}.jpg", host=f"{fault}-{n}.test")
        for fault in BAD
        for n in range(6)
    ]
    _, usual = peak_of("well", well)
    images, peak = peak_of("bad", well + bad)
    print(
        f"\npeak: {usual / 1e6:.0f} MB with good bodies alone, {peak / 1e6:.0f} MB with {len(bad)} bad ones"
    )
    statuses, seconds = columns_of(images)
    assert len(statuses) == len(well) + len(bad)
    assert statuses.count("ok") == len(well)
    assert max(seconds) < TOTAL_S + 1.0
    assert peak - usual < 50_000_000


def columns_of(images):
    """Status and seconds of every address."""
    statuses, seconds = [], []
    store = open_images(images)
    for entry in store.entries():
        with store.open(entry.files["records"]) as records, store.open(entry.files["measured"]) as measured:
            statuses += pq.read_table(records)["status"].to_pylist()
            seconds += pq.read_table(measured)["seconds"].to_pylist()
    return statuses, seconds
