"""Writes docs/cli.md, the list of commands, from what `--help` says: `python docs/make_cli_page.py`."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import click

from aisle.cli.main import COMMANDS, group

PAGE = Path(__file__).with_name("cli.md")
_WIDTH = 100
_HEAD = """# Commands

What `aisle COMMAND --help` says. How to use them: [your own feeds](own-feed.md), [recipes](recipes.md),
[figures](figures.md).
"""


def commands() -> Iterator[list[str]]:
    """The words of every command and of the commands within it, `aisle` itself first."""
    yield []
    for name in sorted(COMMANDS):
        yield [name]
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from ([name, inner] for inner in sorted(found.commands))


def help_of(words: list[str]) -> str:
    """What a command says of itself."""
    said = io.StringIO()
    with redirect_stdout(said):
        group.main(
            [*words, "--help"],
            prog_name="aisle",
            standalone_mode=False,
            terminal_width=_WIDTH,
            max_content_width=_WIDTH,
        )
    return "\n".join(line.rstrip() for line in said.getvalue().splitlines())


def page() -> str:
    """The whole page."""
    parts = [f"## {' '.join(['aisle', *words])}\n\n```text\n{help_of(words)}\n```\n" for words in commands()]
    return "\n".join([_HEAD, *parts])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
