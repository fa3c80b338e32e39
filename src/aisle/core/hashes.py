"""A file's hash, and a file held against the hash that was written down for it."""

import hashlib
from pathlib import Path

from aisle.core.errors import AisleError, system_refusal


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: Path, wanted: str, *, whole: str, list_name: str, remedy: str) -> None:
    """Hold a file against its hash.

    Args:
        whole: what the file is part of: `model`, `catalogue`.
        list_name: the file that the hash is written down in.
        remedy: what helps where the file is not as it was.

    Raises:
        AisleError: it is missing or changed, or cannot be read.
    """
    try:
        found = sha256_of(path)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise AisleError(f"{path}: is missing from the {whole}; {remedy}") from error
    except OSError as error:
        told = system_refusal(error) or f"{path}: cannot be read ({error.strerror}); {remedy}"
        raise AisleError(told) from error
    if found != wanted:
        raise AisleError(
            f"{path}: was changed since the {whole} was written (sha256 {found[:12]}..., {list_name} says "
            f"{wanted[:12]}...); {remedy}"
        )
