"""`aisle evaluate`: how good a model is, on products whose category is known."""

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

_WIDTH = 110
"""The width of a file or a pipe in characters, so that no heading there is cut."""


@click.command(name="evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("labelled", metavar="CATALOGUE|FEED", callback=with_standard_input)
@click.option("--split", help="Of a catalogue, the split to score.  [default: test]")
@click.option(
    "--label-column",
    metavar="C[,C2,C3]",
    help="Of a feed, where its labels stand.  [default: as in training]",
)
@click.option(
    "--merchant",
    default="",
    metavar="NAME|column:C",
    help="Of a feed, whose products they are.  [default: column merchant, else the file's name]",
)
@FIELDS
@ENCODING
@IMAGES
@CACHE
@OVERWRITE
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The folder to write metrics.json in."
)
def command(
    model: Path,
    labelled: str,
    split: str | None,
    label_column: str | None,
    merchant: str,
    fields: tuple[str, ...],
    encoding: str,
    images: str | None,
    cache: Path,
    overwrite: bool,
    out: Path,
) -> None:
    """Score MODEL on a split of a catalogue, or on a labelled feed as a whole.

    Example: aisle evaluate model catalogue --split test --out scores
    """
    from rich.console import Console

    from aisle.catalogue.settings import parse_label_columns
    from aisle.evaluation import console_report
    from aisle.feeds import parse_fields
    from aisle.prediction import EvaluateOptions, evaluate_model
    from aisle.prediction.evaluate import METRICS_FILE

    options = EvaluateOptions(
        split=split,
        label_columns=parse_label_columns(label_column) if label_column is not None else (),
        merchant=merchant,
        fields=parse_fields(fields),
        encoding=encoding,
        images=images,
        cache=cache,
        overwrite=overwrite,
    )
    report = evaluate_model(model, labelled, out, options)
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(console_report(report))
    if told := images_told(report.counts.images):
        click.echo(told)
    tell_notes(report.feed_notes)
    click.echo(f"Figures: {out / METRICS_FILE}")
