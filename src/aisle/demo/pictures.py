"""Product photos: a silhouette in the product's colours, before a background, in some light, with grain."""

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from aisle.demo.silhouettes import SIZE, Part, read_shape
from aisle.demo.tables import Rgb, Tables

_FINE = 2  # shapes are drawn at this many times the photo's size, then averaged

F32 = NDArray[np.float32]

PATTERNS = ("stripes", "dots", "checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a product looks like on all its photos.

    Args:
        shape: one of the leaf's shapes.
        colour, trim: names of colours.
        pattern: one of PATTERNS, or empty.
    """

    leaf: str
    shape: str
    colour: str
    trim: str
    pattern: str = ""


class Studio:
    """Takes photos. Holds the shapes, read once, and a sheet of grain."""

    def __init__(self, tables: Tables) -> None:
        self._colours = tables.colours
        self._shapes = {
            (leaf, name): read_shape(text)
            for leaf, shapes in tables.silhouettes.items()
            for name, text in shapes.items()
        }

    @cached_property
    def _grain(self) -> F32:
        return np.random.default_rng(0).standard_normal((400, 400, 3), dtype=np.float32)

    def photograph(self, look: Look, *, number: int, pixels: int) -> Image.Image:
        """Take one photo.

        Args:
            number: another number is another photo of the same product: angle, background, light, grain.
            pixels: the side of the square photo.

        Returns:
            An RGB image; the same for the same arguments.
        """
        rng = np.random.default_rng([number, 2026])
        product = self._draw(look, pixels, rng)
        scene = _background(pixels, rng) * (1 - rng.uniform(0.15, 0.45) * _shadow(product, rng))
        composed = Image.fromarray(scene.astype(np.uint8))
        composed.paste(product, mask=product)
        photo = np.asarray(composed) * _light(pixels, rng)
        y, x = rng.integers(0, len(self._grain) - pixels, 2)
        photo += rng.uniform(2, 9) * self._grain[y : y + pixels, x : x + pixels]
        return Image.fromarray(np.clip(photo, 0, 255, out=photo).astype(np.uint8))

    def _draw(self, look: Look, pixels: int, rng: np.random.Generator) -> Image.Image:
        """The product alone, on nothing: RGBA, `pixels` square."""
        side = pixels * _FINE
        parts = self._shapes[look.leaf, look.shape]
        outlines = _placed(parts, side, rng)
        fills = self._fills(look)
        pattern = _pattern(look.pattern, fills, side, rng) if look.pattern else None
        image = Image.new("RGBA", (side, side))
        draw = ImageDraw.Draw(image)
        for part, outline in zip(parts, outlines, strict=True):
            corners = [tuple(corner) for corner in outline.tolist()]
            fill = fills.get(part.fill) or self._colours[part.fill]
            if part.width:
                width = max(1, round(part.width * side / SIZE * 0.9))
                draw.line(corners, fill=fill, width=width, joint="curve")
            elif pattern is not None and part.fill == "body":
                mask = Image.new("L", image.size)
                ImageDraw.Draw(mask).polygon(corners, fill=255)
                image.paste(pattern, mask=mask)
            else:
                draw.polygon(corners, fill=fill)
        return image.reduce(_FINE)

    def _fills(self, look: Look) -> dict[str, Rgb]:
        body = self._colours[look.colour]
        return {
            "body": body,
            "deep": _mixed(body, (20, 20, 24), 0.28),
            "pale": _mixed(body, (255, 252, 246), 0.38),
            "trim": self._colours[look.trim],
        }


def encode(photo: Image.Image, kind: str, *, quality: int = 80) -> bytes:
    """The photo as the bytes of a file.

    Args:
        kind: `jpg`, `png` or `webp`.
        quality: of JPEG and WebP, from 1 to 95.
    """
    out = io.BytesIO()
    if kind == "png":
        photo.save(out, "PNG", compress_level=1)
    elif kind == "webp":
        photo.save(out, "WEBP", quality=quality, method=1)
    else:
        photo.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`share` of the second colour in the first."""
    red, green, blue = (round((1 - share) * a + share * b) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _placed(parts: list[Part], side: int, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Turn, stretch, mirror, lean and move all parts together, scaled to a canvas of `side` pixels."""
    turn = np.deg2rad(rng.normal(0, 4))
    scale = rng.uniform(0.66, 0.94) * side / SIZE
    wide = rng.uniform(0.88, 1.12) * rng.choice([-1, 1])
    lean, taper = rng.normal(0, 0.05), rng.normal(0, 0.05)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = np.array([[wide, 0.0], [lean, 1.0]]) @ turned * scale
    centre = side * (0.5 + rng.uniform(-0.06, 0.06, 2))
    placed = []
    for part in parts:
        points = part.points - SIZE / 2
        points = points * np.column_stack([1 + taper * points[:, 1] / SIZE * 2, np.ones(len(points))])
        placed.append(points @ matrix + centre)
    return placed


def _pattern(kind: str, fills: dict[str, Rgb], side: int, rng: np.random.Generator) -> Image.Image:
    """A sheet of cloth: stripes, dots or checks of the trim colour or a paler one on the body's."""
    ink = fills["trim"] if rng.random() < 0.5 else fills["pale"]
    sheet = Image.new("RGB", (side, side), fills["body"])
    draw = ImageDraw.Draw(sheet)
    step = round(side * rng.uniform(0.06, 0.12))
    thick = max(2, step // int(rng.integers(2, 5)))
    if kind == "dots":
        for row, y in enumerate(range(0, side, step)):
            for x in range(row % 2 * step // 2, side, step):
                draw.ellipse((x, y, x + thick, y + thick), fill=ink)
        return sheet
    for at in range(0, side, step):
        draw.line((0, at, side, at), fill=ink, width=thick)
        if kind == "checks":
            draw.line((at, 0, at, side), fill=ink, width=thick)
    return sheet


def _background(pixels: int, rng: np.random.Generator) -> F32:
    """What stands behind the product: a studio's white, a coloured wall, or a tabletop.

    Returns:
        (pixels, pixels or 1, 3), from 0 to 255.
    """
    kind = rng.choice(3, p=[0.55, 0.22, 0.23])
    down = _ramp(pixels)[:, None, None]
    if kind == 0:
        return _f32(rng.uniform(240, 255)) - down * _f32(rng.uniform(4, 26, 3))
    upper = _f32(rng.uniform(165, 235) + rng.uniform(-20, 20, 3))
    if kind == 1:
        across = _ramp(pixels)[None, :, None]
        return upper * (1 - _f32(rng.uniform(0.05, 0.25)) * (0.7 * down + 0.3 * across))
    wood = _f32(np.array([184, 146, 104]) * rng.uniform(0.6, 1.2))
    veins = 1 + 0.06 * np.sin(down * _f32(rng.uniform(60, 140)))
    scene: F32 = np.where(down < rng.uniform(0.55, 0.75), upper, wood * veins)
    return scene


def _shadow(product: Image.Image, rng: np.random.Generator) -> F32:
    """How dark each pixel of the scene is below the product: (pixels, pixels, 1), from 0 to 1."""
    pixels = product.width
    soft = product.getchannel("A").filter(ImageFilter.BoxBlur(pixels * rng.uniform(0.02, 0.06)))
    shift = (round(pixels * rng.normal(0, 0.03)), round(pixels * rng.uniform(0.01, 0.05)))
    dark = _f32(np.asarray(soft) / 255)
    return np.roll(dark, shift[::-1], axis=(0, 1))[:, :, None]


def _light(pixels: int, rng: np.random.Generator) -> F32:
    """Light of some warmth from one side: (pixels, pixels, 3), around 1."""
    across, down = rng.uniform(-0.1, 0.1, 2)
    ramp = _ramp(pixels) - 0.5
    falloff = 1 + _f32(down) * ramp[:, None] + _f32(across) * ramp[None, :]
    return falloff[:, :, None] * _f32(rng.uniform(0.94, 1.06, 3))


def _ramp(pixels: int) -> F32:
    return np.linspace(0, 1, pixels, dtype=np.float32)


def _f32(values: NDArray[np.float64] | float) -> F32:
    return np.asarray(values, dtype=np.float32)
