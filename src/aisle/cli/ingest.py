"""`aisle ingest`: merchants' feeds to a catalogue."""

from pathlib import Path

import click

from aisle.cli.options import ENCODING, FIELDS, IMAGES, OVERWRITE
from aisle.cli.standard_input import with_standard_input


@click.command(name="ingest")
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...", callback=with_standard_input)
@click.option(
    "--taxonomy",
    metavar="TREE|from-labels",
    help="File with the category tree, or from-labels for the tree of the labels' own paths.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The catalogue to write, a folder."
)
@click.option(
    "--max-depth", type=click.IntRange(min=1), help="Cut the tree below this level; the top is level 1."
)
@click.option(
    "--min-products",
    type=click.IntRange(min=1),
    help="Prune the tree upwards until each category has this many products.",
)
@click.option(
    "--label-column",
    metavar="C[,C2,C3]",
    help="Column of the label; several are joined to a path.  "
    "[default: google_product_category where there is one, else product_type]",
)
@click.option(
    "--merchant",
    default="",
    metavar="NAME|column:C",
    help="Whose products they are.  [default: column merchant, else the file's name]",
)
@FIELDS
@ENCODING
@IMAGES
@click.option(
    "--split", metavar="group|merchant|file|column:C", help="What decides the split.  [default: group]"
)
@click.option(
    "--split-ratio", metavar="TRAIN/VAL/TEST", help="Shares in percent; any may be 0.  [default: 70/15/15]"
)
@click.option("--max-per-leaf", type=click.IntRange(min=1), help="Cap on train products of a category.")
@click.option(
    "--inner-labels",
    type=click.Choice(["set", "other"]),
    help="A label at an inner category means some leaf below (set), or a leaf '(other)' of its own (other).  "
    "[default: set]",
)
@click.option(
    "--extend",
    type=click.Path(path_type=Path),
    metavar="OLD",
    help="Catalogue to add these feeds to; no product of it changes its split.",
)
@OVERWRITE
def command(
    feeds: tuple[str, ...],
    taxonomy: str | None,
    out: Path,
    max_depth: int | None,
    min_products: int | None,
    label_column: str | None,
    merchant: str,
    fields: tuple[str, ...],
    encoding: str,
    images: str | None,
    split: str | None,
    split_ratio: str | None,
    max_per_leaf: int | None,
    inner_labels: str | None,
    extend: Path | None,
    overwrite: bool,
) -> None:
    """Turn merchants' FEEDs into a catalogue of labelled, grouped, split products.

    A feed is a file of TSV, CSV, JSON lines, Parquet, Google Merchant XML or BSON, packed or not, anywhere.

    Example: aisle ingest 'feeds/*.tsv.gz' --taxonomy taxonomy.en-US.txt --max-depth 4 --out catalogue
    """
    from aisle.catalogue.ingest import ingest
    from aisle.catalogue.settings import IngestSettings, parse_label_columns
    from aisle.catalogue.splits import SplitRatio, SplitRule
    from aisle.feeds import parse_fields

    settings = IngestSettings(
        taxonomy=taxonomy,
        max_depth=max_depth,
        min_products=min_products,
        label_columns=parse_label_columns(label_column) if label_column is not None else (),
        merchant=merchant,
        fields=parse_fields(fields),
        encoding=encoding,
        images=Path(images) if images is not None else None,
        split=SplitRule.parse(split) if split is not None else None,
        split_ratio=SplitRatio.parse(split_ratio) if split_ratio is not None else None,
        max_per_leaf=max_per_leaf,
        inner_labels=inner_labels,
        extend=extend,
        overwrite=overwrite,
    )
    manifest = ingest(feeds, settings, out)

    from aisle.catalogue.summary import print_summary

    print_summary(manifest, out)
