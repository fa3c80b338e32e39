"""Which way up an image is, by its EXIF."""

from PIL import ExifTags, Image

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""From EXIF's orientation to what sets the image upright."""

SIDEWAYS = [_UPRIGHT[orientation] for orientation in (5, 6, 7, 8)]
"""Those that make the width the height."""


def upright(image: Image.Image, source: Image.Image) -> Image.Image:
    """Turn the pixels as the EXIF of their source says."""
    turn = turn_of(source)
    return image if turn is None else image.transpose(turn)


def turn_of(source: Image.Image) -> Image.Transpose | None:
    """What sets an image upright; EXIF that cannot be read says nothing."""
    try:
        orientation = source.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  Pillow's reader may raise anything at broken EXIF
        return None
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
