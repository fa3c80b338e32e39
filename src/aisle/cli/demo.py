"""`aisle demo`: a small shop of its own making, through the whole journey."""

from pathlib import Path

import click


@click.command(name="demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("aisle-demo"),
    show_default=True,
    help="The folder to write; one that an earlier demo made is replaced.",
)
def command(out: Path) -> None:
    """Make a small shop, ingest its feeds, train, evaluate, predict: about a minute, nothing downloaded.

    Example: aisle demo --out /tmp/aisle-demo
    """
    from rich.console import Console

    from aisle.demo.account import console_account
    from aisle.demo.journey import take_journey

    journey = take_journey(out, tell=click.echo)
    Console(highlight=False).print(console_account(journey))
