"""From a decoded image, of any mode, to sRGB pixels with 8 bits a channel, transparency on white."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, ImageFile

_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def to_srgb(image: ImageFile.ImageFile, data: bytes, kind: str) -> Image.Image:
    """Bring the pixels of a loaded image to mode RGB; not yet upright.

    Args:
        data: the file that it was read from.
        kind: the file's format.
    """
    return _srgb(_plain(image, data, kind), image.info.get("icc_profile"))


def _plain(image: ImageFile.ImageFile, data: bytes, kind: str) -> Image.Image:
    """Turn a decoded image into mode L, RGB, CMYK or one with alpha: no palette, 16 bits or colour key."""
    key = image.info.get("transparency")
    if kind == "PNG" and image.mode != "P":
        key = _colour_key(key, image.mode, bit_depth=data[24])
    if image.mode == "I;16":
        values = np.asarray(image)
        plain = Image.fromarray((values >> 8).astype(np.uint8))
        if key is not None:
            plain.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
        return plain
    if key is not None:
        image.info["transparency"] = key
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK", *_WITH_ALPHA):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _colour_key(key: object, mode: str, *, bit_depth: int) -> object:
    """Bring the transparent colour of a PNG without palette to the scale of the decoded pixels."""
    if mode == "RGB" and bit_depth == 16 and isinstance(key, tuple):
        return tuple(value >> 8 for value in key)
    if mode == "L" and bit_depth < 8 and isinstance(key, int):
        return key * 255 // (2**bit_depth - 1)
    return key


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring colours to sRGB, by the image's own profile where it fits, and transparency onto white."""
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA", "PA") else None
    if image.mode in ("RGBa", "La"):
        return _srgb(image.convert("RGBA" if image.mode == "RGBa" else "LA"), profile)
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    transform = _to_srgb(profile, image.mode) if profile else None
    image = image.convert("RGB") if transform is None else transform.apply(image)
    if alpha is None or alpha.getextrema() == (255, 255):
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=alpha)
    return white


@lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the way from a profile to sRGB; None for one that is broken or of other colours."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
