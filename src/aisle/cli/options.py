"""Options that several commands have."""

import os
from pathlib import Path

import click

OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace what is at --out.")
IMAGES = click.option(
    "--images",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder that relative image links start from.",
)
CACHE = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=lambda: Path(os.environ.get("AISLE_CACHE") or Path.home() / ".cache" / "aisle"),
    help="Folder of image vectors that were made before.  [default: $AISLE_CACHE, else ~/.cache/aisle]",
)
