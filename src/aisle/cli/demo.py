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
    """Make a small shop, ingest, download, train, evaluate, predict: about a minute, all on this machine.

    Example: aisle demo --out /tmp/aisle-demo
    """
    from rich.console import Console

    from aisle.demo.account import console_account
    from aisle.demo.journey import take_journey

    try:
        journey = take_journey(out, tell=click.echo)
    except KeyboardInterrupt as stop:
        raise click.Abort(f"what was made so far lies in {out}; run it again to begin anew") from stop
    Console(highlight=False).print(console_account(journey))
