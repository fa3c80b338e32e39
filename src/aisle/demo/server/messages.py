"""Requests as they come in, answers as they go out: HTTP/1.1, as little of it as a shop's images need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from urllib.parse import parse_qs

_REASONS = {int(status): status.phrase for status in HTTPStatus}


class Ending(Enum):
    """A step that ends the connection: closed politely, or reset."""

    CLOSE = "close"
    RESET = "reset"


Step = bytes | float | Ending
"""What a server does next: send bytes, wait so many seconds, or end the connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its path without the query, the query's first values, and the headers in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """The host that the client asked for, with its port."""
        return self.headers.get("host", "")


def parse_request(head: bytes) -> Request:
    """Read the lines before the body; `head` ends before the empty line."""
    first, *lines = head.decode("latin-1").split("\r\n")
    target = first.split(" ")[1] if first.count(" ") >= 2 else "/"
    path, _, query = target.partition("?")
    values = (
        {name: texts[0] for name, texts in parse_qs(query, keep_blank_values=True).items()} if query else {}
    )
    headers = {}
    for line in lines:
        name, _, text = line.partition(":")
        headers[name.lower()] = text.strip()
    return Request(path, values, headers)


def head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """The status line and the headers, with the empty line that ends them."""
    lines = [
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Odd')}",
        *(f"{name}: {text}" for name, text in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(
    body: bytes, *, status: int = 200, kind: str = "image/jpeg", headers: Iterable[tuple[str, str]] = ()
) -> bytes:
    """A whole answer with an honest length."""
    return head(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]) + body
