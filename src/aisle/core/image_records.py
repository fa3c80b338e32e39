"""What a download reads and leaves: the list of addresses, the image record, and the statuses of an image."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pyarrow as pa

IMAGES_FILE = "images.json"
"""What tells a folder of downloaded images, and of what kind its pictures are."""

ADDRESS_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("host", pa.string(), nullable=False),
        pa.field("next", pa.string(), nullable=False),
        pa.field("n_redirects", pa.int8(), nullable=False),
        pa.field("etag", pa.string(), nullable=False),
        pa.field("last_modified", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("supersedes", pa.bool_(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
    ],
)
"""One address to be asked.

`host` is the name with its port, the queue that the request waits in. `next` is the address to ask where a
redirect was followed before (else empty) and `n_redirects` how many were. `etag` and `last_modified` are
those of the record to be revalidated, else empty. `status` is empty, or what is known without asking, with
its `reason`. `supersedes` says that an older record of this address exists. `shard` numbers the output
shards of the list's file.
"""

IMAGE_RECORD_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("http_status", pa.int16(), nullable=False),
        pa.field("final_address", pa.string(), nullable=False),
        pa.field("n_redirects", pa.int8(), nullable=False),
        pa.field("etag", pa.string(), nullable=False),
        pa.field("last_modified", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("source_width", pa.int32(), nullable=False),
        pa.field("source_height", pa.int32(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("jpeg", pa.binary(), nullable=False),
    ],
)
"""What became of one address: exactly one row for each, whatever happened.

`status` is one of `image_statuses()`; `reason` says in words what it does not. `http_status` is 0 where the
server never answered. `final_address` is the last one asked, empty where nothing redirected. `sha256`
(hex), `n_bytes`, `format`, `source_width` and `source_height` (pixels, upright) are of the source; `width`,
`height` and `jpeg` of the picture that is kept. Unknown text is empty, unknown numbers 0.
"""

MEASURED_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("finished_at", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("seconds", pa.float32(), nullable=False),
        pa.field("n_tries", pa.int16(), nullable=False),
        pa.field("network_address", pa.string(), nullable=False),
    ],
)
"""What differs from run to run, kept beside a shard's records and not in them: when the last request ended,
how long it took, how often the address was asked, and the network address that answered."""


@dataclass(frozen=True, slots=True)
class ImageStatus:
    """One status that an image record can have.

    Args:
        meaning: one line, for people.
        temporary: the next run asks again.
    """

    meaning: str
    temporary: bool = False


@cache
def image_statuses() -> Mapping[str, ImageStatus]:
    """Every status by its name, in the order in which a summary prints them."""
    text = (files("aisle.core") / "image_statuses.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: ImageStatus(**row) for name, row in tomllib.loads(text).items()})


def temporary_statuses() -> frozenset[str]:
    """The statuses that the next run tries again."""
    return frozenset(name for name, status in image_statuses().items() if status.temporary)
