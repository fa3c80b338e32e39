"""What is asked of a feed, and what comes out of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.core.schemas import Rejected
from aisle.feeds.encoding import codec_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """How feeds are read.

    Args:
        merchant: whose products they are: a name, `column:C` for what column C says, or "" for the column
            `merchant` where there is one, else the file's name without its endings. Where the column is
            blank, the file's name stands in.
        encoding: of feeds of text that have no byte-order mark, by any name that Python knows; "" for UTF-8
            and UTF-16, and for what XML declares.
        fields: columns that hold a field though they are called otherwise, by the field; see `parse_fields`.
        batch_rows: the most rows of a batch.
    """

    merchant: str = ""
    encoding: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    batch_rows: int = 8192

    def __post_init__(self) -> None:
        if self.batch_rows < 1:
            raise ValueError(f"batch_rows is {self.batch_rows}; it must be at least 1")
        if self.encoding and not codec_of(self.encoding):
            raise AisleError(
                f"--encoding {self.encoding}: no encoding is called that; name one that Python knows, such "
                "as cp1252, latin-1, cp1250, shift_jis or gb18030"
            )
        if self.merchant == "column:":
            raise AisleError("--merchant is 'column:'; name the column behind the colon, or give a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBatch:
    """Rows of one feed that follow each other, and the records put aside among them.

    Args:
        rows: the columns of RAW_SCHEMA, then the feed's own as `string` or `list<string>`.
        rejected: in the file's order.
        n_joined: values of `image_link` that look like several addresses.
    """

    rows: pa.RecordBatch
    rejected: list[Rejected]
    n_joined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows as a format gives them, before anybody knows what its columns mean.

    Args:
        names: the feed's own names of the columns, no two alike in a format with a header.
        columns: (names) each `string` or `list<string>` of (rows,), without nulls; perhaps not UTF-8. One of
            bytes that are not all text is `binary` or `list<binary>`, and none but the text in it counts
            where the column is not asked for.
        lines: (rows,) where each row begins, as `source_line` in RAW_SCHEMA.
        rejected: the records among and after the rows that the format could not read.
        excerpt: the beginning of what stands in a row, asked for when the row is put aside.
        image_bytes: (rows,) `list<large_binary>`, or None where the format holds no images.
        has_all_names: whether these are all the columns of the feed, as a header tells them; else more may
            come with later rows.
    """

    names: tuple[str, ...]
    columns: list[pa.Array]
    lines: NDArray[np.int64]
    rejected: list[Rejected]
    excerpt: Callable[[int], str]
    image_bytes: pa.Array | None = field(default=None)
    has_all_names: bool = False
