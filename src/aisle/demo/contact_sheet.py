"""One page with a photo of every shape in the shop, to look at."""

from PIL import Image, ImageDraw

from aisle.demo.pictures import Look, Studio
from aisle.demo.tables import Tables

_COLUMNS = 17
_PIXELS = 112
_CAPTION = 16


def contact_sheet(tables: Tables, studio: Studio) -> Image.Image:
    """Photograph every shape once, in a colour of its leaf's, with the leaf's key below."""
    shapes = [(leaf, shape) for leaf, shapes in tables.silhouettes.items() for shape in shapes]
    n_rows = -(-len(shapes) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _PIXELS, n_rows * (_PIXELS + _CAPTION)), "white")
    captions = ImageDraw.Draw(sheet)
    for number, (leaf, shape) in enumerate(shapes):
        palette = tables.palettes[tables.leaves[leaf].palette]
        colour, trim = palette[number % len(palette)], palette[(number + 1) % len(palette)]
        look = Look(leaf=leaf, shape=shape, colour=colour, trim=trim)
        x, y = number % _COLUMNS * _PIXELS, number // _COLUMNS * (_PIXELS + _CAPTION)
        sheet.paste(studio.photograph(look, number=number, pixels=_PIXELS), (x, y))
        captions.text((x + 4, y + _PIXELS + 2), leaf.replace("_", " "), fill="black")
    return sheet
