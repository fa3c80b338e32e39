"""Rows put aside, as a file that names them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from aisle.core.schemas import Rejected

REJECTED_FILE = "rejected.jsonl"


def write_rejected(file: TextIO, rows: Iterable[Rejected]) -> None:
    """Write rows put aside, one JSON object a line."""
    for row in rows:
        file.write(json.dumps(row.as_dict(), ensure_ascii=False) + "\n")


def is_rejected_list(path: Path) -> bool:
    """Whether a file holds what `write_rejected` wrote, told from its first line; an empty one does."""
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
        return not first or {"file", "line", "kind", "reason", "text"} == set(json.loads(first))
    except (OSError, ValueError, TypeError):
        return False
