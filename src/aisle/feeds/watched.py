"""A file that remembers the file system's error, for libraries that take it for the end of what they read."""

from typing import BinaryIO


class WatchedFile:
    """Hands on what `raw` says; `error` is what ended the reading, and None while nothing did."""

    def __init__(self, raw: BinaryIO) -> None:
        self.error: Exception | None = None
        self._raw = raw

    @property
    def closed(self) -> bool:
        """Whether the file is closed; its owner closes it."""
        return self._raw.closed

    def read(self, size: int = -1) -> bytes:
        """See `io.RawIOBase`, as of the others below."""
        try:
            return self._raw.read(size)
        except Exception as error:
            self.error = error
            raise

    def seek(self, place: int, whence: int = 0) -> int:
        """Move about."""
        try:
            return self._raw.seek(place, whence)
        except Exception as error:
            self.error = error
            raise

    def tell(self) -> int:
        """Where the file stands."""
        return self._raw.tell()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is not."""
        return False

    def close(self) -> None:
        """Leave it open, for its owner to close."""
