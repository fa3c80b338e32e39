"""Makes JPEGs like those of shops: a product before a plain wall or a room, in all sizes."""

import random
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

_CANVAS = 2048
_N_CANVASES = 8
_LEAST, _MOST = 100, 2000
_STEEPNESS = 2.4
"""Small pictures are more than large ones: this gives a mean of 0.6 megapixels."""


def make_photos(folder: Path, n: int) -> None:
    """Write `0000.jpg` and so on, the same for every run; a fifth of them are progressive."""
    folder.mkdir(parents=True)
    with ProcessPoolExecutor() as processes:
        for number, data in enumerate(processes.map(make_photo, range(n), chunksize=50)):
            (folder / f"{number:04d}.jpg").write_bytes(data)


def make_photo(number: int) -> bytes:
    """One picture of 100 to 2000 px, at a quality between 75 and 95."""
    chance = random.Random(number)
    longest = _LEAST + (_MOST - _LEAST) * chance.random() ** _STEEPNESS
    sides = [round(longest), max(_LEAST, round(longest * chance.uniform(0.6, 1.0)))]
    chance.shuffle(sides)
    scene = _scene(chance, sides[0], sides[1])
    file = BytesIO()
    quality = chance.choice([75, 80, 85, 85, 90, 95])
    scene.save(file, "JPEG", quality=quality, progressive=number % 5 == 0, optimize=number % 5 == 0)
    return file.getvalue()


def _scene(chance: random.Random, width: int, height: int) -> Image.Image:
    """A textured product with soft edges and a line of small letters, before a wall."""
    wall = (
        _texture(chance, width, height)
        if chance.random() < 0.5
        else Image.new("RGB", (width, height), (chance.randint(225, 255),) * 3)
    )
    shape = Image.new("L", (width, height))
    draw = ImageDraw.Draw(shape)
    for _ in range(chance.randint(2, 6)):
        x, y = chance.uniform(0.1, 0.6) * width, chance.uniform(0.1, 0.6) * height
        box = (x, y, x + chance.uniform(0.1, 0.5) * width, y + chance.uniform(0.1, 0.5) * height)
        chance.choice([draw.ellipse, draw.rectangle])(box, fill=255)
    product = _texture(chance, width, height)
    label = ImageDraw.Draw(product)
    for _ in range(4):
        place = (chance.uniform(0.1, 0.7) * width, chance.uniform(0.1, 0.8) * height)
        label.text(place, "Size M  100 % cotton", fill=(20, 20, 20), font_size=max(8, height / 25))
    wall.paste(product, mask=shape.filter(ImageFilter.GaussianBlur(max(width, height) / 1000)))
    return wall


def _texture(chance: random.Random, width: int, height: int) -> Image.Image:
    """A part of a canvas, at a random scale and in a colour of its own."""
    canvas = _canvas(chance.randrange(_N_CANVASES))
    side = round(_CANVAS * chance.uniform(0.3, 1.0))
    part_width, part_height = (max(1, round(side * s / max(width, height))) for s in (width, height))
    left, top = chance.randint(0, _CANVAS - part_width), chance.randint(0, _CANVAS - part_height)
    box = (left, top, left + part_width, top + part_height)
    tint = [chance.uniform(0.5, 1.2) for _ in range(3)]
    table = [min(255, round(value * by)) for by in tint for value in range(256)]
    return canvas.resize((width, height), Image.Resampling.BICUBIC, box).point(table)


@lru_cache(maxsize=_N_CANVASES)
def _canvas(number: int) -> Image.Image:
    """Noise whose amplitude falls with its frequency, as it does in photos; three channels, much alike."""
    chance = np.random.default_rng(number)
    waves = np.fft.fftfreq(_CANVAS)[:, None], np.fft.rfftfreq(_CANVAS)[None, :]
    fall = 1 / np.maximum(np.hypot(*waves), 1 / _CANVAS) ** chance.uniform(1.1, 1.4)
    channels = [
        np.fft.irfft2(fall * np.fft.rfft2(chance.standard_normal((_CANVAS, _CANVAS)))) for _ in range(3)
    ]
    grey, *colours = (channel / channel.std() for channel in channels)
    layers = [grey, *(0.9 * grey + 0.3 * colour for colour in colours)]
    return Image.fromarray((128 + 48 * np.stack(layers, axis=-1)).clip(0, 255).astype(np.uint8))


if __name__ == "__main__":
    make_photos(Path(sys.argv[1]), int(sys.argv[2]))
