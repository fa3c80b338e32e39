"""Feeds of one JSON object a line."""

import json
from collections.abc import Iterator
from typing import Any

from aisle.feeds.batch import Block
from aisle.feeds.checks import NOT_UTF8
from aisle.feeds.lines import Line, read_lines
from aisle.feeds.objects import BREAKS_OFF, BlockMaker, Record
from aisle.feeds.source import Source

_KINDS: dict[type, str] = {list: "list", str: "string", bool: "boolean", int: "number", float: "number"}


class _BadLineError(Exception):
    """A line is no product; the message says why.

    Args:
        kind: one of core.schemas.REJECTED_KINDS.
    """

    def __init__(self, reason: str, kind: str = "no JSON object") -> None:
        super().__init__(reason)
        self.kind = kind


def read_json_lines(source: Source, block_rows: int) -> Iterator[Block]:
    """Read lines of JSON; empty lines are no records."""
    maker = BlockMaker(source.address, block_rows)
    decoder = json.JSONDecoder(parse_float=_number, parse_constant=lambda _: None)
    for line in read_lines(source):
        try:
            maker.add(line.number, _record(line, decoder), len(line.text))
        except _BadLineError as error:
            maker.reject(line.number, error.kind, str(error), line.text)
        if maker.is_full:
            yield maker.take()
    yield maker.take()


def _record(line: Line, decoder: json.JSONDecoder) -> Record:
    """The object that a line holds.

    Raises:
        _BadLineError: it holds none.
    """
    if line.fault:
        raise _BadLineError(line.fault, line.kind)
    try:
        value = decoder.decode(line.text.decode())
    except UnicodeDecodeError as error:
        kind, reason = NOT_UTF8
        raise _BadLineError(reason, kind) from error
    except json.JSONDecodeError as error:
        why = f"is not JSON: {error.msg} at character {error.pos + 1}"
        if line.is_open and line.number > 1 and line.text.startswith(b"{"):
            raise _BadLineError(f"{why}, and the line has no end", BREAKS_OFF) from error
        raise _BadLineError(why) from error
    except RecursionError as error:
        raise _BadLineError("is nested too deeply") from error
    except ValueError as error:
        raise _BadLineError("holds a number of too many digits") from error
    if not isinstance(value, dict):
        raise _BadLineError(f"is a JSON {_KINDS.get(type(value), 'null')}, not an object")
    return value


def _number(text: str) -> Any:
    """A number with a point as its feed writes it, but without a point that says nothing."""
    return text.removesuffix(".0")
