"""The process that decodes: takes bodies out of shared memory, gives pictures back, and may die of one.

Run as `python -m aisle.images.download.decoder_process MEMORY CONNECTION SETTINGS`, with two file
descriptors and the settings as JSON. `decoder.py` starts it and watches it. Its first message, which is
empty, says that it is ready.
"""

import contextlib
import json
import mmap
import os
import resource
import signal
import struct
import sys
from dataclasses import fields
from multiprocessing.connection import Connection

from PIL import AvifImagePlugin

from aisle.images.download.picture import Picture, make_picture
from aisle.images.download.settings import PictureSettings

JOB = struct.Struct("<QQ")
"""Where a body begins in the shared memory, and how many bytes it has."""

_SECONDS = struct.Struct("<d")

_KNOWN = tuple(field.name for field in fields(Picture) if field.name != "jpeg")


def pack(picture: Picture, seconds: float) -> bytes:
    """A picture as one message: the time it took, what is known of it as JSON, a NUL, the JPEG."""
    known = {name: getattr(picture, name) for name in _KNOWN}
    return _SECONDS.pack(seconds) + json.dumps(known).encode() + b"\0" + picture.jpeg


def unpack(message: bytes) -> tuple[Picture, float]:
    """The picture in a message, and the seconds of processor time that it took."""
    (seconds,) = _SECONDS.unpack_from(message)
    known, _, jpeg = message[_SECONDS.size :].partition(b"\0")
    return Picture(**json.loads(known), jpeg=jpeg), seconds


def main(memory_fd: int, connection_fd: int, settings: PictureSettings) -> None:
    """Decode until the other end of the connection is closed."""
    connection: Connection[bytes, bytes] = Connection(connection_fd)
    bodies = memoryview(mmap.mmap(memory_fd, 0))
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(settings.max_memory_bytes)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        connection.send_bytes(b"")
        while True:
            start, length = JOB.unpack(connection.recv_bytes())
            data = bytes(bodies[start : start + length])
            # When the processor time runs out, the system ends this process; no decoder can hold that up.
            signal.setitimer(signal.ITIMER_PROF, settings.deadline_s)
            picture = make_picture(data, settings)
            left_s, _ = signal.setitimer(signal.ITIMER_PROF, 0)
            connection.send_bytes(pack(picture, settings.deadline_s - left_s))


def _limit(max_memory_bytes: int) -> None:
    """Allow so much more memory than there is now, and no core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # a system without /proc, or one that sets less
        with open("/proc/self/statm") as file:  # noqa: PTH123
            now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (now + max_memory_bytes, now + max_memory_bytes))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), PictureSettings(**json.loads(sys.argv[3])))
