"""`aisle train`: a recipe and a catalogue to a model directory."""

from pathlib import Path

import click

from aisle.cli.options import CACHE, IMAGES, OVERWRITE, images_told
from aisle.core.words import counted, duration, note, percent


@click.command(name="train")
@click.argument("catalogue", type=click.Path(path_type=Path))
@click.option("--recipe", default="multimodal", show_default=True, help="A recipe's name, or a TOML file.")
@click.option("--set", "changes", multiple=True, metavar="A.B=C", help="Change one setting of the recipe.")
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from the last checkpoint after a kill, or begin where there is none. Checkpoints lie beside "
    "--out, in .NAME.checkpoints, until the model is done; without --resume, older ones are removed.",
)
@IMAGES
@OVERWRITE
@CACHE
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model directory to write.")
def command(
    catalogue: Path,
    recipe: str,
    changes: tuple[str, ...],
    resume: bool,
    images: str | None,
    overwrite: bool,
    cache: Path,
    out: Path,
) -> None:
    """Train a model on the products of CATALOGUE whose category is known.

    Example: aisle train catalogue --recipe text_small --set training.epochs=8 --out model
    """
    from aisle.training import TrainOptions, read_recipe, train

    options = TrainOptions(resume=resume, overwrite=overwrite, cache=cache, images=images)
    summary = train(
        catalogue, out, read_recipe(recipe, changes), options, tell=lambda line: click.echo(note(line))
    )
    epochs = " and ".join(str(n) for n in summary.epochs)
    click.echo(
        f"Trained {' and '.join(summary.encoders)} on {counted(summary.n_products, 'product')} "
        f"in {duration(summary.seconds)}."
    )
    click.echo(
        f"{counted(summary.n_held_out, 'held-out product')} chose {epochs} of {summary.most_epochs} epochs "
        f"and the temperatures; {percent(summary.accuracy)} of them are told right at the leaf."
    )
    if told := images_told(summary.images):
        click.echo(told)
    click.echo(f"Model: {out}")
