"""The hash by which an image is known."""

from hashlib import sha256


def hash_of(data: bytes) -> str:
    """The sha256 of the source's bytes, in hex."""
    return sha256(data).hexdigest()
