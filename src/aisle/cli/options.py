"""Options that several commands have."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from aisle.core.words import note

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


def images_told(counts: Mapping[str, int]) -> str:
    """Tell how many images spoke and why the others did not; nothing where there are none.

    Args:
        counts: images by status, one of core.schemas.IMAGE_STATUSES.
    """
    silent = [f"{n:,} {status}" for status, n in counts.items() if status != "ok" and n]
    rest = f"; no evidence: {', '.join(silent)}" if silent else ""
    return f"Images: {counts.get('ok', 0):,}{rest}." if counts else ""


def tell_notes(notes: Iterable[str]) -> None:
    """Print what deserves a look, a line each."""
    for line in notes:
        click.echo(note(line))
