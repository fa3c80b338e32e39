"""Keeps little memory that is not in use: allocators hold on to what was freed, for the next time."""

import contextlib
import ctypes

import pyarrow as pa

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 1 << 20
_KEPT_BYTES = 4 << 20
"""So much may lie unused; returning and taking it back for every body would cost a third of the fetching."""


def keep_little_memory() -> None:
    """From now on this process returns large blocks to the system, and Arrow has no store of its own.

    Left alone the C library raises its idea of large with every large block that is freed, up to 32 MB, and
    keeps twice as much: the memory of a few large bodies would never be seen again. `WORKER_ENVIRONMENT`
    tells Arrow the same, but not in the workers of a Spark that the user has started.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(OSError, AttributeError):  # a C library that has no such setting, such as musl's
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def give_back_memory() -> None:
    """Let Arrow's and the C library's allocators return what they hold and nobody uses."""
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):  # see above
        ctypes.CDLL(None).malloc_trim(0)
