"""What a robots.txt allows an agent, as RFC 9309 reads it: small in memory, and quick to ask.

Of the file only our group's patterns are kept, in their one spelling: octets outside ASCII percent-encoded,
unreserved letters never. The longest pattern that fits an address decides; of two as long, the one that
allows.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

MAX_BYTES = 500 * 1024
"""What follows in a file is not read."""

_LANDMARK = 4
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"[\r\n]")
_TOKEN = re.compile(rb"[A-Za-z_-]*")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})|([^\x21-\x7e])")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Rules:
    """The rules of one host.

    Args:
        data: the file; empty for one that allows all.
        agent: our product token.
    """

    __slots__ = ("_allowed", "_disallowed")

    def __init__(self, data: bytes, agent: str) -> None:
        patterns = _patterns(data, agent.lower().encode())
        self._allowed = _Patterns(pattern for allows, pattern in patterns if allows)
        self._disallowed = _Patterns(pattern for allows, pattern in patterns if not allows)

    def allows(self, target: str) -> bool:
        """We may ask for this path and query."""
        if not self._disallowed:
            return True
        octets = _spelled(target.encode()).replace(b"*", b"%2A").replace(b"$", b"%24")
        disallowed = self._disallowed.longest(octets)
        return disallowed < 0 or self._allowed.longest(octets) >= disallowed


class _Patterns:
    """Patterns of one kind.

    Plain beginnings lie sorted in one string. The others are parted by a few octets that an address must hold
    for them to fit, and those of one part are tried one by one, the longest first.
    """

    __slots__ = ("_plain", "_starts", "_wild")

    def __init__(self, patterns: Iterable[bytes]) -> None:
        distinct = sorted(set(patterns))
        plain = [pattern for pattern in distinct if not _is_wild(pattern)]
        self._plain = b"".join(plain)
        self._starts = array("I", [0])
        for pattern in plain:
            self._starts.append(self._starts[-1] + len(pattern))
        parts: dict[bytes, list[bytes]] = {}
        for pattern in distinct:
            if _is_wild(pattern):
                parts.setdefault(_landmark(pattern), []).append(pattern)
        for part in parts.values():
            part.sort(key=len, reverse=True)
        self._wild = {landmark: b"\n".join(part) for landmark, part in parts.items()}

    def __bool__(self) -> bool:
        return bool(self._plain or self._wild)

    def longest(self, octets: bytes) -> int:
        """The length of the longest pattern that fits; -1 where none does."""
        longest = self._longest_plain(octets)
        for landmark, part in self._wild.items():
            if landmark in octets:
                longest = max(longest, _longest_wild(part, octets, longest))
        return longest

    def _longest_plain(self, octets: bytes) -> int:
        """Whatever sorts between a beginning of the octets and the octets begins with it as well."""
        at = len(self._starts) - 1
        while at := bisect_right(range(at), octets, key=self._nth):
            pattern = self._nth(at - 1)
            if octets.startswith(pattern):
                return len(pattern)
            octets = octets[: _n_common(pattern, octets)]
        return -1

    def _nth(self, number: int) -> bytes:
        return self._plain[self._starts[number] : self._starts[number + 1]]


def _patterns(data: bytes, agent: bytes) -> list[tuple[bool, bytes]]:
    """The patterns of our groups, or else of those for all: whether each allows, and its one spelling."""
    ours: list[tuple[bool, bytes]] = []
    of_all: list[tuple[bool, bytes]] = []
    is_named = False
    groups: list[list[tuple[bool, bytes]]] = []
    is_open = False
    for key, value in _lines(data):
        if key == b"user-agent":
            if not is_open:
                groups, is_open = [], True
            token = _TOKEN.match(value)
            if value[:1] == b"*":
                groups.append(of_all)
            elif token is not None and token.group().lower() == agent:
                groups.append(ours)
                is_named = True
        elif key in (b"allow", b"disallow"):
            is_open = False
            if value:
                for group in groups:
                    group.append((key == b"allow", _pattern(value)))
    return ours if is_named else of_all


def _lines(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The lines that have a key, in lower case, and a value; one that the limit cuts is left out."""
    if len(data) > MAX_BYTES:
        data = data[:MAX_BYTES]
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r"), 0)]
    for line in _LINE_END.split(data.removeprefix(_BOM)):
        key, colon, value = line.partition(b"#")[0].partition(b":")
        if colon:
            yield key.strip().lower(), value.strip()


def _pattern(value: bytes) -> bytes:
    """A pattern in its one spelling: `*` and a `$` at the end are the only signs that stand for something."""
    is_whole = value.endswith(b"$")
    spelled = _spelled(value.removesuffix(b"$")).replace(b"$", b"%24")
    return re.sub(rb"\*+", b"*", spelled) + (b"$" if is_whole else b"")


def _spelled(octets: bytes) -> bytes:
    return _ESCAPED.sub(_escape, octets)


def _escape(found: re.Match[bytes]) -> bytes:
    octet = int(found.group(1), 16) if found.group(1) else found.group(2)[0]
    return bytes([octet]) if octet in _UNRESERVED else b"%%%02X" % octet


def _is_wild(pattern: bytes) -> bool:
    return b"*" in pattern or pattern.endswith(b"$")


def _landmark(pattern: bytes) -> bytes:
    """Octets that stand in whatever a pattern fits."""
    return max(pattern.removesuffix(b"$").split(b"*"), key=len)[:_LANDMARK]


def _longest_wild(part: bytes, octets: bytes, beyond: int) -> int:
    """The length of the longest of the patterns that fits, if it is longer than `beyond`; else -1."""
    for pattern in part.split(b"\n"):
        if len(pattern) <= beyond:
            return -1
        if _fits(pattern, octets):
            return len(pattern)
    return -1


def _fits(pattern: bytes, octets: bytes) -> bool:
    """Each piece is taken where it first occurs; the last one of a pattern that ends, at the very end."""
    is_whole = pattern.endswith(b"$")
    first, *others = pattern.removesuffix(b"$").split(b"*")
    if not octets.startswith(first):
        return False
    if not others:
        return not is_whole or len(octets) == len(first)
    at, end = len(first), len(octets)
    if is_whole:
        last = others.pop()
        end -= len(last)
        if end < at or not octets.endswith(last):
            return False
    for piece in others:
        at = octets.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _n_common(one: bytes, other: bytes) -> int:
    """How many octets two strings begin with alike."""
    n = min(len(one), len(other))
    return next((i for i in range(n) if one[i] != other[i]), n)
