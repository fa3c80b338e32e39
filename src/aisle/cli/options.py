"""Options that several commands have."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

_STANDARD_INPUT = "/dev/stdin"

OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace what is at --out.")
IMAGES = click.option(
    "--images",
    metavar="DIR",
    help="Folder of images: what `aisle download` wrote, or files that relative links start from.",
)
FIELDS = click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Read a field from the feed's column of another name, e.g. title=product_name.",
)
ENCODING = click.option(
    "--encoding",
    default="",
    metavar="NAME",
    help="Of feeds of text, by any name that Python knows, e.g. cp1252; a byte-order mark says more.  "
    "[default: UTF-8, UTF-16, or what XML declares]",
)
CACHE = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=lambda: Path(os.environ.get("AISLE_CACHE") or Path.home() / ".cache" / "aisle"),
    help="Folder of image vectors that were made before.  [default: $AISLE_CACHE, else ~/.cache/aisle]",
)


def with_standard_input(
    _: click.Context, __: click.Parameter, feeds: str | tuple[str, ...]
) -> str | tuple[str, ...]:
    """Have `-` among feeds mean standard input."""
    if "-" not in ((feeds,) if isinstance(feeds, str) else feeds):
        return feeds
    _keep_standard_input()
    if isinstance(feeds, str):
        return _STANDARD_INPUT
    return tuple(_STANDARD_INPUT if feed == "-" else feed for feed in feeds)


def _keep_standard_input() -> None:
    """Put what comes in by a pipe into a file in the pipe's place, which can be read several times."""
    descriptor = sys.stdin.fileno()
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        os.dup2(copy.fileno(), descriptor)


def images_told(counts: Mapping[str, int]) -> str:
    """Tell how many images spoke and why the others did not; nothing where there are none.

    Args:
        counts: images by status, one of core.schemas.IMAGE_STATUSES.
    """
    silent = [f"{n:,} {status}" for status, n in counts.items() if status != "ok" and n]
    rest = f"; no evidence: {', '.join(silent)}" if silent else ""
    return f"Images: {counts.get('ok', 0):,}{rest}." if counts else ""


def counted(n: int, noun: str) -> str:
    """A number of things, such as `1 record` and `1,200 records`."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def tell_notes(notes: Iterable[str]) -> None:
    """Print what deserves a look, a line each."""
    for note in notes:
        click.echo(f"Note: {note}")
