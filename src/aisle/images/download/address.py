"""The address of an image, taken apart and written anew: nobody reads it otherwise than was checked."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin

import idna

MAX_LENGTH: Final = 4096
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
USUAL_PORTS: Final = frozenset({80, 443, 8080, 8443})
ANY_PORT: Final = frozenset(range(1, 65_536))

_LETTER = r"[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}"
_NO_DOT = r"[A-Za-z0-9_~!$&'()*+,;=:@-]|%[013-9A-Fa-f][0-9A-Fa-f]|%2[0-9A-DFa-df]"

NORMAL_PATTERN: Final = (
    r"^https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}[a-z]{2,20}(?::8080|:8443)?"
    rf"(?:/(?:(?:{_NO_DOT})(?:{_LETTER})*)?)+(?:\?(?:{_LETTER}|/)*)?$"
)
"""What `parse(text).text` leaves as it is, unless it is too long, for whole columns at once."""

_PLAIN = re.compile(r"(https?)://([A-Za-z0-9.:-]+)(/[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)")
"""Most addresses: scheme, host and port, and a target that is written as it stands."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOTTED = re.compile(r"/(?:\.|%2e)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEPT = "%/?:@!$&'()*+,;=~-._"


class RefusedError(Exception):
    """This address is not asked.

    Args:
        status: one of `image_statuses()`.
        reason: why, in words.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what all addresses of a shop begin with.

    Args:
        host: a name in lower-case ASCII (Punycode), or an IP address, IPv6 without brackets.

    Attributes:
        queue: that its requests wait in: the host with its port.
        text: as an address writes it; the scheme's own port is not named.
        is_number: the host is an IP address and needs no resolver.
    """

    scheme: str
    host: str
    port: int
    queue: str = field(init=False, repr=False, compare=False)
    text: str = field(init=False, repr=False, compare=False)
    is_number: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        object.__setattr__(self, "queue", f"{host}:{self.port}")
        object.__setattr__(self, "text", f"{self.scheme}://{host}{port}")
        object.__setattr__(self, "is_number", ":" in host or host.rpartition(".")[2].isdigit())


@dataclass(slots=True, unsafe_hash=True)  # frozen, it would take as long to make as to parse
class Address:
    """An http or https address in its one spelling; it is never changed.

    Args:
        target: path and query, in ASCII; begins with a slash.
    """

    origin: Origin
    target: str

    @property
    def host(self) -> str:
        """The origin's host."""
        return self.origin.host

    @property
    def queue(self) -> str:
        """The queue that requests to the origin wait in."""
        return self.origin.queue

    @property
    def text(self) -> str:
        """The address as one line."""
        return self.origin.text + self.target


def parse(text: str, ports: frozenset[int] = USUAL_PORTS) -> Address:
    """Read a link as a feed writes it.

    White space around it and the fragment are dropped; letters outside ASCII and spaces in the path are
    percent-encoded; `.` and `..` in the path are followed; `//host/path` is read as https.

    Raises:
        RefusedError: `invalid_link` or `blocked_address`.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise RefusedError("invalid_link", f"the address has {len(text)} characters; at most {MAX_LENGTH}")
    if plain := _PLAIN.fullmatch(text):
        scheme, authority, target = plain.groups()
    else:
        scheme, authority, target = _taken_apart(text)
    if ("/." in target or "/%" in target) and _DOTTED.search(target):
        target = _without_dots(target)
    origin = _origin(scheme, authority)
    if origin.port not in ports:
        raise RefusedError("invalid_link", f"port {origin.port} is not among those that may be asked")
    return Address(origin, target)


def follow(base: Address, location: str, ports: frozenset[int] = USUAL_PORTS) -> Address:
    """The address that a redirect from `base` points to.

    Raises:
        RefusedError: see `parse`.
    """
    location = location.strip()
    if not location:
        raise RefusedError("bad_redirect", "the redirect names no address")
    if location.startswith("//"):
        location = f"{base.origin.scheme}:{location}"
    try:
        return parse(urljoin(base.text, location), ports)
    except ValueError as error:
        raise RefusedError("bad_redirect", "the redirect's address does not parse") from error


def _taken_apart(text: str) -> tuple[str, str, str]:
    """Scheme, authority and target of any address."""
    if _CONTROL.search(text):
        raise RefusedError("invalid_link", "the address holds a control character")
    scheme, rest = _scheme(text)
    authority, target = _split(rest)
    if "@" in authority:
        raise RefusedError("invalid_link", "the address names a user")
    return scheme, authority, target


def _scheme(text: str) -> tuple[str, str]:
    if text.startswith("//"):
        return "https", text
    found = _SCHEME.match(text)
    scheme = found.group(1).lower() if found else ""
    if scheme not in DEFAULT_PORTS:
        said = f"the scheme is '{scheme[:20]}'" if scheme else "there is no scheme"
        raise RefusedError("invalid_link", f"{said}; only http and https are asked")
    return scheme, text[len(scheme) + 1 :]


def _split(rest: str) -> tuple[str, str]:
    """Part `//authority/path?query#fragment` into the authority and what is asked of it."""
    if not rest.startswith("//"):
        raise RefusedError("invalid_link", "two slashes are missing after the scheme")
    rest = rest[2:].partition("#")[0]
    end = min((at for at in map(rest.find, "/?") if at >= 0), default=len(rest))
    authority, target = rest[:end], rest[end:]
    if not target.startswith("/"):
        target = "/" + target
    return authority, quote(_BARE_PERCENT.sub("%25", target), safe=_KEPT)


def _without_dots(target: str) -> str:
    """Follow `.` and `..`, percent-encoded or not, as RFC 3986 does in 5.2.4: or a server does it later."""
    path, mark, query = target.partition("?")
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
    if plain in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept) + mark + query


@lru_cache(maxsize=4096)
def _origin(scheme: str, authority: str) -> Origin:
    """Remembered, since a shop's addresses share it."""
    default = DEFAULT_PORTS[scheme]
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        return Origin(scheme, _ipv6(host if bracket else ""), _port(rest, default))
    name, colon, port = authority.partition(":")
    return Origin(scheme, _host(name), _port(colon + port, default))


def _port(text: str, default: int) -> int:
    """`text` is empty or begins with a colon."""
    if text in ("", ":"):
        return default
    if not (text.startswith(":") and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6):
        raise RefusedError("invalid_link", "the port is no number")
    return int(text[1:])


def _ipv6(text: str) -> str:
    if "%" in text:
        raise RefusedError("blocked_address", "the host names a zone of this machine")
    try:
        return IPv6Address(text).compressed
    except ValueError as error:
        raise RefusedError("invalid_link", "the host in brackets is no IPv6 address") from error


def _host(name: str) -> str:
    ascii_name = _to_ascii(name).removesuffix(".")
    labels = ascii_name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(ascii_name if name.isascii() else "")
    if len(ascii_name) > 253 or not all(map(_NAME.fullmatch, labels)):
        raise RefusedError("invalid_link", "the host is no name" if name else "there is no host")
    return ascii_name


def _to_ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        return _odd_number(name, error)


def _odd_number(name: str, error: Exception) -> str:
    """Numbers in full-width or circled digits are no names; say so where that is the trouble."""
    if any(letter.isnumeric() and not letter.isascii() for letter in name):
        raise RefusedError("blocked_address", "the host is a number in an odd spelling") from error
    raise RefusedError("invalid_link", "the host is no name that DNS can hold") from error


def _ipv4(text: str) -> str:
    """A host that ends in a number is an IPv4 address, spelled the one usual way or not asked at all."""
    try:
        return str(IPv4Address(text))
    except ValueError as error:
        raise RefusedError("blocked_address", "the host is a number in an odd spelling") from error
