"""Silhouettes: from a shape's text in silhouettes.toml to parts of points, smoothed once and drawn often."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 100.0
"""The side of the square that shapes are written on."""

_ROUND = np.linspace(0.0, 2 * np.pi, 32, endpoint=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a shape.

    Args:
        fill: a colour's name, or body, deep, pale, trim.
        points: (points, 2) x to the right, y down, from 0 to SIZE.
        width: of a stroke; 0 for a filled outline.
    """

    fill: str
    points: NDArray[np.float64]
    width: float = 0.0


def read_shape(text: str) -> list[Part]:
    """Read the parts of one shape, in the order in which they are drawn.

    Raises:
        ValueError: a line is not of a kind that silhouettes.toml explains; the message holds the line.
    """
    return [_read_part(line) for line in text.splitlines() if line.strip()]


def _read_part(line: str) -> Part:
    kind, fill, *words = line.split()
    if kind in ("line", "bow"):
        points = _points(words[1:])
        return Part(fill, cut_corners(points, 3, closed=False) if kind == "bow" else points, float(words[0]))
    points = _points(words)
    if kind == "poly":
        return Part(fill, points)
    if kind == "soft":
        return Part(fill, _round_corners(points))
    if kind == "curve":
        return Part(fill, cut_corners(points, 3, closed=True))
    if kind == "oval":
        centre, radii = points
        return Part(fill, centre + radii * np.column_stack([np.cos(_ROUND), np.sin(_ROUND)]))
    raise ValueError(f"'{line}': a part is one of poly, soft, curve, oval, line, bow")


def _points(words: list[str]) -> NDArray[np.float64]:
    return np.array([word.split(",") for word in words], dtype=np.float64)


def cut_corners(points: NDArray[np.float64], times: int, *, closed: bool) -> NDArray[np.float64]:
    """Smooth an outline or a stroke by Chaikin's rule: each edge keeps its middle half.

    Args:
        points: (points, 2).
        times: each time doubles the number of points.
        closed: the last point is joined to the first; else both ends stay where they are.
    """
    for _ in range(times):
        following = np.roll(points, -1, axis=0)
        near, far = 0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following
        cut = np.stack([near, far], axis=1).reshape(-1, 2)
        points = cut if closed else np.concatenate([points[:1], cut[1:-3], points[-1:]])
    return points


def _round_corners(points: NDArray[np.float64], radius: float = 3.0) -> NDArray[np.float64]:
    """Replace each corner of a polygon by a small bend; short edges bend less."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)

    def towards(other: NDArray[np.float64]) -> NDArray[np.float64]:
        edge = other - points
        length = np.linalg.norm(edge, axis=1, keepdims=True)
        step: NDArray[np.float64] = edge * np.minimum(radius / np.maximum(length, 1e-9), 0.4)
        return step

    first, last = points + towards(before), points + towards(after)
    middle = 0.25 * first + 0.5 * points + 0.25 * last
    return np.stack([first, middle, last], axis=1).reshape(-1, 2)
