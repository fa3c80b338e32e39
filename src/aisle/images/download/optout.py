"""What a server's headers ask of those who would use its images: X-Robots-Tag and tdm-reservation."""

import re
from collections.abc import Iterable

AGENT = "aisle"
"""The name by which headers and robots.txt speak to us."""

_REFUSING = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_AGENT = re.compile(r"\*|[a-z][a-z0-9_./-]*")
"""An agent's name; what else stands before a colon may be a time's hour."""

_BETWEEN_RULES = re.compile(r"[;\s]+")
"""What some servers write for a comma."""


def opted_out(robots_tags: Iterable[str], tdm_reservation: str) -> str:
    """Why the image is not to be used, in words; empty where nothing speaks against it.

    Args:
        robots_tags: the value of each `X-Robots-Tag` header.
        tdm_reservation: the value of the `tdm-reservation` header, or empty.
    """
    for tag in robots_tags:
        if refusing := _refusing(tag):
            return f"X-Robots-Tag: {refusing}"
    return "tdm-reservation: 1" if tdm_reservation.strip() == "1" else ""


def _refusing(tag: str) -> str:
    """The first rule that speaks to us; `name: rule, rule` speaks to the agent of that name alone."""
    speaks_to_us = True
    for part in tag.lower().split(","):
        name, colon, rest = part.partition(":")
        rule = part.strip()
        if colon and _AGENT.fullmatch(name.strip()) and name.strip() not in _WITH_VALUE:
            speaks_to_us = name.strip() in (AGENT, "*")
            rule = rest.strip()
        if not speaks_to_us or ":" in rule:
            continue
        for word in _BETWEEN_RULES.split(rule):
            if word in _REFUSING:
                return word
    return ""
