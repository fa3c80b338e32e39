"""Downloading images: `aisle download` beside img2dataset 1.47, from a shop on loopback of its own process.

Once over HTTP with kept connections, once over HTTPS with a new connection for each image. Aisle's politeness
is lifted by its own options: any rate, 64 connections, both workers on the one host.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import certifi
import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from aisle.images.decode import decode_rgb, decode_to_fit
from aisle.images.download.store import open_images
from photo_shop import PhotoShop, photo_shop
from photos import make_photos
from timing import AISLE, REPOSITORY, Contender, Taken, describe, race, workshop

_PEER = str(REPOSITORY / ".venv-img2dataset" / "bin" / "img2dataset")
"""Of the version that requirements/img2dataset.lock names; `make bench` installs it."""

_HERE = Path(__file__).resolve().parent
_N_CONNECTIONS = 64
_PEER_OPTIONS = (
    "--image_size 256 --resize_mode keep_ratio_largest --resize_only_if_bigger True --encode_quality 90 "
    "--output_format parquet --number_sample_per_shard 1000 --extract_exif False --thread_count 32"
)
_LEAST_FETCHING = 0.6


def main() -> None:
    """Make the pictures, time the commands and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--only", choices=["http", "https", "fetching", "fidelity"])
    arguments = parser.parse_args()
    parts = [arguments.only] if arguments.only else ["http", "https", "fetching", "fidelity"]
    with workshop("download"):
        photos = Path(f"photos-{arguments.images}")
        if not photos.exists():
            print(f"Making {photos} ...", file=sys.stderr)
            make_photos(photos, arguments.images)
        describe(_data(photos), _contenders({}), arguments.runs, ["pillow", "pycurl"])
        with photo_shop(photos) as shop:
            _list(shop, photos)
            if "http" in parts:
                _print("HTTP, kept connections", _race(_contenders({}), arguments), arguments.images, mark=2)
            if "fetching" in parts:
                _print_fetching(_fetching(4 * arguments.runs), arguments.images)
        if "https" in parts:
            with photo_shop(photos, Path("certificates")) as shop:
                _list(shop, photos)
                taken = _race(_contenders({"SSL_CERT_FILE": _trusted(shop)}), arguments)
            _print("HTTPS, new connections", taken, arguments.images, mark=5)
        if "fidelity" in parts:
            values = _fidelity(sorted(photos.iterdir()))
            print(f"\nFidelity at 256 px: median {np.median(values):.1f} dB, worst {min(values):.1f} dB.")


def _list(shop: PhotoShop, photos: Path) -> None:
    addresses = (f"{shop.root}/{path.name}\n" for path in sorted(photos.iterdir()))
    Path("addresses.txt").write_text("".join(addresses))


def _trusted(shop: PhotoShop) -> str:
    """The usual authorities and the shop's: their number is a part of the cost."""
    path = Path("authorities.pem").resolve()
    path.write_text(Path(certifi.where()).read_text() + shop.authority.read_text())
    return str(path)


def _contenders(environment: Mapping[str, str]) -> list[Contender]:
    n_workers = os.cpu_count() or 1
    limit = f"--allow-private-addresses --limit 127.0.0.1=1000000,{_N_CONNECTIONS},{n_workers}"
    aisle = [AISLE, "download", "addresses.txt", "--out", "aisle-images", *limit.split()]
    peer = [_PEER, "--url_list", "addresses.txt", "--output_folder", "peer-images"]
    peer += ["--processes_count", str(n_workers), *_PEER_OPTIONS.split()]
    return [
        Contender(name="Aisle", command=aisle, out=Path("aisle-images"), environment=environment),
        Contender(name="img2dataset", command=peer, out=Path("peer-images"), environment=environment),
    ]


def _race(contenders: Sequence[Contender], arguments: argparse.Namespace) -> dict[str, list[Taken]]:
    """Time both; neither may have lost an image."""
    taken = race(contenders, arguments.runs)
    store = open_images("aisle-images")
    found = {
        "Aisle": sum(entry.facts["by_status"].get("ok", 0) for entry in store.entries()),
        "img2dataset": _n_of_peer(Path("peer-images").glob("*.parquet")),
    }
    for name, n in found.items():
        if n != arguments.images:
            raise SystemExit(f"{name} downloaded {n} images of {arguments.images}")
    return taken


def _n_of_peer(files: Iterable[Path]) -> int:
    statuses = [status for path in files for status in pq.read_table(path)["status"].to_pylist()]
    return statuses.count("success")


def _fetching(runs: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and processor seconds of Aisle's fetching alone, and of libcurl's, in turn."""
    figures: dict[str, list[tuple[float, float]]] = {"aisle": [], "libcurl": []}
    for turn in range(-1, runs):
        for who, taken in figures.items():
            command = [sys.executable, str(_HERE / "fetching.py"), who, "addresses.txt", str(_N_CONNECTIONS)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            seconds, cpu_seconds = map(float, said.split())
            if turn >= 0:
                taken.append((seconds, cpu_seconds))
    return figures


def _fidelity(photos: Sequence[Path], n: int = 500) -> list[float]:
    """PSNR in dB of the pixels as kept, before they are written, against full decode and bicubic resize."""
    values = []
    for path in photos:
        data = path.read_bytes()
        fitted = decode_to_fit(data, 256)
        if max(fitted.source_width, fitted.source_height) <= 256:
            continue
        full = decode_rgb(data).resize(fitted.pixels.shape[1::-1], Image.Resampling.BICUBIC)
        difference = np.asarray(full, np.float64) - fitted.pixels
        values.append(float(10 * np.log10(255**2 / np.mean(difference**2))))
        if len(values) == n:
            break
    return values


def _data(photos: Path) -> str:
    paths = list(photos.iterdir())
    sizes = [Image.open(path).size for path in paths]
    megapixels = np.mean([width * height for width, height in sizes]) / 1e6
    kilobytes = np.mean([path.stat().st_size for path in paths]) / 1e3
    return (
        f"{len(paths):,} JPEGs of 100 to 2000 px, mean {megapixels:.2f} megapixels and {kilobytes:.0f} kB, "
        "a fifth progressive"
    )


def _print(setting: str, taken: Mapping[str, Sequence[Taken]], n: int, *, mark: float) -> None:
    print(f"\n{setting}\n")
    print("| run | median, s | images/s | CPU s for 1,000 images | images a CPU s | peak memory, MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    rates = {}
    for name, runs in taken.items():
        seconds = statistics.median(one.seconds for one in runs)
        cpu_seconds = statistics.median(one.cpu_seconds for one in runs)
        peak = max(one.peak_bytes for one in runs) / 1e6
        rates[name] = n / cpu_seconds
        figures = f"{seconds:.1f} | {n / seconds:.0f} | {cpu_seconds / n * 1000:.2f} | {rates[name]:.0f}"
        print(f"| {name} | {figures} | {peak:,.0f} |")
    ratio = rates["Aisle"] / rates["img2dataset"]
    print(f"\nImages a CPU second: {ratio:.2f} times img2dataset's; the mark is {mark:g}.", flush=True)


def _print_fetching(figures: Mapping[str, Sequence[tuple[float, float]]], n: int) -> None:
    """The medians; of the ratios too, each of two runs that follow each other."""
    taken = {who: np.array(runs) for who, runs in figures.items()}
    for who, runs in taken.items():
        rate, rate_of_cpu = n / np.median(runs, axis=0)
        print(f"\nFetching by {who}: {rate:,.0f} images/s, {rate_of_cpu:,.0f} a CPU s.")
    ratios = taken["libcurl"] / taken["aisle"]
    (by_clock, by_cpu), (low, low_cpu), (high, high_cpu) = np.percentile(ratios, [50, 25, 75], axis=0)
    print(
        f"Of libcurl's images/s: {by_clock:.2f} (half of the {len(ratios)} pairs from {low:.2f} to "
        f"{high:.2f}), a CPU s: {by_cpu:.2f} ({low_cpu:.2f} to {high_cpu:.2f}); the mark is "
        f"{_LEAST_FETCHING}."
    )


if __name__ == "__main__":
    main()
