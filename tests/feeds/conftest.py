"""Reading a small feed whole, for the tests of this room."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aisle.core.schemas import Rejected
from aisle.feeds import FeedOptions, read_feed


@dataclass
class Whole:
    """Everything that a feed holds."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    def reasons(self) -> list[tuple[int, str]]:
        return [(one.line, one.reason) for one in self.rejected]


def read_whole(path: Path, options: FeedOptions | None = None) -> Whole:
    whole = Whole()
    for batch in read_feed(str(path), options or FeedOptions()):
        batch.rows.validate(full=True)
        whole.sizes.append(len(batch.rows))
        whole.rows.extend(batch.rows.to_pylist())
        whole.rejected.extend(batch.rejected)
    return whole


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Whole]:
    """Write `content` to a file called `name` and read it."""

    def read_content(content: bytes | str, name: str = "feed.csv", **options: Any) -> Whole:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_whole(path, FeedOptions(**options))

    return read_content
