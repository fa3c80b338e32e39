"""The group `aisle`: finds each command when it is asked for, and turns a user's error into one line."""

import os
import sys
from importlib import import_module

import click

from aisle import __version__
from aisle.core.errors import AisleError, known_names, system_refusal

COMMANDS = {
    "demo": ("aisle.cli.demo", "A small shop of its own making, through the whole journey."),
    "download": ("aisle.cli.download", "Download the images that a catalogue's products name."),
    "evaluate": ("aisle.cli.evaluate", "Score a model on labelled products."),
    "ingest": ("aisle.cli.ingest", "Turn merchants' feeds into a catalogue of labelled, split products."),
    "predict": ("aisle.cli.predict", "Give every product of a feed its category."),
    "taxonomy": ("aisle.cli.taxonomy", "Look at a category tree."),
    "train": ("aisle.cli.train", "Train a model on a catalogue."),
}
"""From a command's name to its module, which holds `command`, and its line of help."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they run, so that `aisle --help` loads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every name, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command, or None for a name there is none of."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of a name that there is none of, name the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command is called '{args[0]}'; {known_names(args[0], COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table above, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aisle")
def group() -> None:
    """Put every product of every merchant into one category tree.

    Feeds in, a trained model, an honest evaluation, categories out. Start with `aisle demo`.
    """


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    It is 0, 2 for a user's error, 130 when interrupted, 141 where nobody reads the output any more.
    """
    try:
        group.main(arguments, prog_name="aisle", standalone_mode=False)
        sys.stdout.flush()
    except AisleError as error:
        return _told(str(error), 2)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        if _is_help(error):
            click.echo(error.format_message(), err=True)
            return error.exit_code
        return _told(_usage(error), 2)
    except click.Abort as stop:
        return _told(f"interrupted; {str(stop) or 'no output was written'}", 130)
    except BrokenPipeError:  # whoever read what we print has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        refusal = system_refusal(error)
        if refusal is None:
            raise
        return _told(refusal, 2)
    return 0


def _told(message: str, code: int) -> int:
    print(f"aisle: {message}", file=sys.stderr)  # noqa: T201
    return code


def _is_help(error: click.ClickException) -> bool:
    """Whether a group was named without a command; before 8.2, click prints the page of help itself."""
    return isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ()))


def _usage(error: click.ClickException) -> str:
    """What is wrong with the words of a command, and where its help is."""
    context = getattr(error, "ctx", None)
    place = context.command_path if context else "aisle"
    return f"{' '.join(error.format_message().split())} See `{place} --help`."
