"""`aisle predict`: a feed and a model to categories."""

from pathlib import Path

import click

from aisle.cli.options import (
    CACHE,
    ENCODING,
    FIELDS,
    IMAGES,
    OVERWRITE,
    images_told,
    tell_notes,
)
from aisle.cli.standard_input import with_standard_input
from aisle.core.words import counted, duration


@click.command(name="predict")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...", callback=with_standard_input)
@IMAGES
@click.option("--top", default=1, show_default=True, help="How many of the most probable leaves to name.")
@click.option(
    "--merchant",
    default="",
    metavar="NAME|column:C",
    help="Whose products they are.  [default: column merchant, else the file's name]",
)
@FIELDS
@ENCODING
@CACHE
@OVERWRITE
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A .parquet, .tsv or .jsonl file."
)
def command(
    model: Path,
    feeds: tuple[str, ...],
    images: str | None,
    top: int,
    merchant: str,
    fields: tuple[str, ...],
    encoding: str,
    cache: Path,
    overwrite: bool,
    out: Path,
) -> None:
    """Give every product of the feeds its category, one row for each readable record, in order.

    Records that cannot be read are named, with the reason, in OUT.rejected.jsonl.

    Example: aisle predict model new.tsv.gz --top 5 --out categories.parquet
    """
    from aisle.feeds import parse_fields
    from aisle.prediction import PredictSettings, predict

    settings = PredictSettings(
        images=images,
        top=top,
        merchant=merchant,
        fields=parse_fields(fields),
        encoding=encoding,
        cache=cache,
        overwrite=overwrite,
    )
    summary = predict(model, feeds, out, settings)
    rate = summary.n_rows / max(summary.seconds, 1e-9)
    click.echo(f"{counted(summary.n_rows, 'product')} in {duration(summary.seconds)} ({rate:,.0f}/s): {out}")
    if told := images_told(summary.images):
        click.echo(told)
    if summary.rejected:
        click.echo(f"{counted(summary.n_rejected, 'record')} could not be read: {summary.rejected}")
    tell_notes(summary.notes)
