"""Which of the six formats that Aisle decodes some bytes are in, told by how they begin."""

LONGEST_MARK = 12
"""So many bytes tell."""


def format_of(data: bytes | bytearray) -> str | None:
    """Tell the format by its first bytes: JPEG, PNG, WebP, GIF, BMP, AVIF, or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"BM"):
        return "BMP"
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis", b"mif1", b"msf1"):
        return "AVIF"
    return None
