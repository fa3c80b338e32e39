"""What becomes of an image's bytes: a small JPEG and what is known of the source, or the reason why not."""

from dataclasses import dataclass

import simplejpeg

from aisle.images.decode import Undecodable, decode_to_fit
from aisle.images.download.settings import PictureSettings
from aisle.images.hashes import hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as an image record keeps it.

    Args:
        status: `ok`, or why there is no picture.
        sha256: of the source's bytes, in hex.
        source_width, source_height, width, height: in pixels; 0 where nothing was decoded.
    """

    status: str
    reason: str = ""
    sha256: str = ""
    format: str = ""
    source_width: int = 0
    source_height: int = 0
    width: int = 0
    height: int = 0
    jpeg: bytes = b""


def make_picture(data: bytes, settings: PictureSettings) -> Picture:
    """Decode, resize and write as JPEG; nothing is raised for the bytes' sake."""
    sha256 = hash_of(data)
    try:
        fitted = decode_to_fit(
            data,
            settings.longest_side,
            max_pixels=settings.max_pixels,
            max_scaled_pixels=settings.max_scaled_pixels,
        )
    except Undecodable as error:
        return Picture(status=error.status, reason=str(error)[:200], sha256=sha256)
    except MemoryError:
        reason = f"the decoder needs more than {settings.max_memory_bytes} bytes"
        return Picture(status="undecodable", reason=reason, sha256=sha256)
    return Picture(
        status="ok",
        sha256=sha256,
        format=fitted.format,
        source_width=fitted.source_width,
        source_height=fitted.source_height,
        width=fitted.pixels.shape[1],
        height=fitted.pixels.shape[0],
        jpeg=simplejpeg.encode_jpeg(fitted.pixels, settings.quality, colorsubsampling="420"),
    )
