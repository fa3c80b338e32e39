"""`-` among the feeds of a command: standard input."""

import os
import shutil
import stat
import sys
import tempfile

import click

from aisle.core.errors import AisleError

_STANDARD_INPUT = "/dev/stdin"


def with_standard_input(
    _: click.Context, __: click.Parameter, feeds: str | tuple[str, ...]
) -> str | tuple[str, ...]:
    """Have `-` among feeds mean standard input."""
    if "-" not in ((feeds,) if isinstance(feeds, str) else feeds):
        return feeds
    _keep_standard_input()
    if isinstance(feeds, str):
        return _STANDARD_INPUT
    return tuple(_STANDARD_INPUT if feed == "-" else feed for feed in feeds)


def _keep_standard_input() -> None:
    """Put what comes in by a pipe into a file in the pipe's place, which can be read several times."""
    if sys.stdin is None:  # as a shell's `<&-` leaves it
        raise AisleError("-: standard input is closed; give the feed there, or name a file")
    descriptor = sys.stdin.fileno()
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        os.dup2(copy.fileno(), descriptor)
