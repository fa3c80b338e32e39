"""Formats that are written by one room and read by another: raw rows, products, rows put aside."""

from dataclasses import asdict, dataclass

import pyarrow as pa

from aisle.core.errors import known_names

RAW_SCHEMA = pa.schema(
    [
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int64(), nullable=False),
        pa.field("merchant", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("description", pa.string(), nullable=False),
        pa.field("brand", pa.string(), nullable=False),
        pa.field("link", pa.string(), nullable=False),
        pa.field("item_group_id", pa.string(), nullable=False),
        pa.field("google_product_category", pa.string(), nullable=False),
        pa.field("product_type", pa.list_(pa.string()), nullable=False),
        pa.field("image_link", pa.list_(pa.string()), nullable=False),
        pa.field("image_bytes", pa.list_(pa.large_binary()), nullable=False),
    ]
)
"""The columns that every batch of raw rows opens with, in this order; the feed's other columns follow under
their own names, as `string` or, where a format repeats them, `list<string>`.

A value that is missing is the empty string or the empty list, never null. `source_line` is the first line of
the row in text formats (the header is line 1) and the number of the record, from 1, in the others.
`image_link` holds the main image first, then the additional ones; `image_bytes` the images that lie in the
feed itself (Cdiscount's BSON).
"""

IMAGE_TYPE = pa.struct(
    [
        pa.field("link", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
    ]
)
"""One image of a product. `sha256` is of the source's bytes, in hex, empty while they were not read.
`status` is one of IMAGE_STATUSES; `undecodable` is known only of images that an encoder has looked at."""

IMAGE_STATUSES = {
    "ok": "the bytes were found and hashed",
    "remote": "the link is an address, and no downloaded images were named",
    "placeholder": "the picture stands for 'no image' and is no evidence",
    "no_root": "the link is a relative path and no image folder was named",
    "outside": "the link leaves the image folder and is refused",
    "missing": "no such file in the image folder, or no such picture among those downloaded",
    "unreadable": "the file is there and could not be read",
    "undecodable": "the bytes are there and give no pixels: no image, a broken one, or too large a one",
}

PRODUCT_SCHEMA = pa.schema(
    [
        pa.field("merchant", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("description", pa.string(), nullable=False),
        pa.field("brand", pa.string(), nullable=False),
        pa.field("merchant_category", pa.string(), nullable=False),
        pa.field("link", pa.string(), nullable=False),
        pa.field("images", pa.list_(IMAGE_TYPE), nullable=False),
    ]
)
"""A product as encoders see it: the catalogue opens with these columns; prediction makes them of a feed."""

CATALOGUE_SCHEMA = pa.schema(
    [
        *PRODUCT_SCHEMA,
        pa.field("label", pa.list_(pa.string()), nullable=False),
        pa.field("label_text", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int64(), nullable=False),
        pa.field("extra", pa.map_(pa.string(), pa.string()), nullable=False),
    ],
)
"""One row of the catalogue.

`label` holds ids of nodes of the catalogue's tree (empty: no label that resolves); `label_text` what the
merchant wrote; `group` names the connected component; `split` is one of SPLITS; `extra` keeps the feed's
other columns."""

SPLITS = {
    "train": "trained on",
    "val": "held out to choose the best epoch and the temperatures",
    "test": "scored",
    "unlabelled": "no label, or none that resolves",
    "capped": "beyond the cap on products of a leaf",
    "conflict": "would join groups that lie in different splits",
    "other": "a split that the data came with under another name",
}


REJECTED_KINDS = {
    "another number of fields than the header": "quote the fields that hold a separator or a line break",
    "a quote that does not close": 'write two quotes ("") for one within a quoted field',
    "not UTF-8": "save the file as UTF-8, or name its encoding (--encoding NAME)",
    "no text": "write the column as text, or name another",
    "a NUL byte": "save the file as UTF-8",
    "too long": "check its quotes and its line ends",
    "no id": "fill the column that tells products apart",
    "no JSON object": "write one JSON object a line",
    "no BSON document": "fetch the file again",
    "not well-formed XML": "mend the file there, or export it again",
    "not as its format wants": "mend it there, or export the feed again",
    "damaged Parquet": "fetch or write the file again",
    "the file breaks off": "fetch the file again",
    "a double": "give each product an id of its own",
}
"""From the kinds of reasons for which a row is put aside to what helps against each."""

MAX_EXCERPT = 200
"""Characters of a row put aside that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that could not be read and was put aside, as a line of `rejected.jsonl`.

    Args:
        line: the row's first line in text formats, else the number of the record.
        kind: one of REJECTED_KINDS, by which rows are counted.
        reason: what is wrong with it, in words.
        text: what stands there, of which the first MAX_EXCERPT characters are kept.
    """

    file: str
    line: int
    kind: str
    reason: str
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in REJECTED_KINDS:
            raise ValueError(f"kind is '{self.kind}'; {known_names(self.kind, REJECTED_KINDS)}")
        object.__setattr__(self, "text", self.text[:MAX_EXCERPT])

    def as_dict(self) -> dict[str, str | int]:
        """The record as JSON writes it."""
        return asdict(self)
