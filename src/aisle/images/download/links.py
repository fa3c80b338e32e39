"""Which addresses products name, and by whom: read in batches, put into their one spelling."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from aisle.core.errors import AisleError
from aisle.feeds import FeedOptions, find_column, read_feed
from aisle.images.download.address import MAX_LENGTH, NORMAL_PATTERN, RefusedError, parse
from aisle.images.source import REMOTE_PATTERN

USE_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("merchant", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
    ]
)
"""That a product of `merchant` with this title shows the image at `address`."""

_BATCH_ROWS = 16_384


_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_A_FEEDS_FIRST_LINE = re.compile(rb"[\t\0{<]|^[^:]*[,;|]")


def uses(source: Path) -> Iterator[pa.RecordBatch]:
    """Every use of an address, as USE_SCHEMA says.

    Args:
        source: a catalogue; a feed; a Parquet file with a column `address`; or a text file with an address a
            line.

    Raises:
        AisleError: see `check_source`.
    """
    check_source(source)
    if not source.is_file():
        yield from _uses_of_catalogue(source)
    elif _is_list(source):
        yield from _uses_of_list(source)
    else:
        yield from _uses_of_feed(source)


def check_source(source: Path) -> None:
    """See that there is something to read.

    Raises:
        AisleError: it is neither a catalogue nor a feed nor a list of addresses.
    """
    if source.is_file():
        if not _is_list(source):
            next(read_feed(str(source), FeedOptions()), None)
    elif not (source / "products").is_dir():
        wrong = "holds no products/, so it is no catalogue" if source.is_dir() else "no such catalogue"
        raise AisleError(
            f"{source}: {wrong}; make one with `aisle ingest`, or name a feed or a list of addresses"
        )


def _is_list(source: Path) -> bool:
    """A file lists addresses, and is no feed.

    Raises:
        AisleError: it is a Parquet file that is neither.
    """
    if source.suffix == ".parquet":
        names = ds.dataset(source).schema.names
        if "address" not in names and find_column("id", names) is None:
            raise AisleError(f"{source}: has no column 'address' or 'id'; known: {', '.join(names)}")
        return "address" in names
    with source.open("rb") as file:
        head = file.read(4096)
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    return not (head.startswith(_PACKED) or _A_FEEDS_FIRST_LINE.search(first))


def spell(links: pa.Array, ports: frozenset[int]) -> pa.Array:
    """Put links into their one spelling; one that is refused stays, without the white space around it.

    Args:
        links: strings.
    """
    links = pc.utf8_trim_whitespace(links)
    is_short = pc.less_equal(pc.binary_length(links), MAX_LENGTH)
    odd = pc.invert(pc.and_(is_short, pc.match_substring_regex(links, NORMAL_PATTERN)))
    if not pc.any(odd).as_py():
        return links
    spelled = pa.array([_spelled(text, ports) for text in links.filter(odd).to_pylist()], pa.string())
    return pc.replace_with_mask(links, odd, spelled)


@lru_cache(maxsize=1000)
def _spelled(text: str, ports: frozenset[int]) -> str:
    try:
        return parse(text, ports).text
    except RefusedError:
        return text


def _uses_of_catalogue(source: Path) -> Iterator[pa.RecordBatch]:
    columns = ["merchant", "title", "images"]
    files = sorted((source / "products").glob("*.parquet"))
    for batch in ds.dataset(files).to_batches(columns=columns, batch_size=_BATCH_ROWS):
        images = batch.column("images")
        product = pc.list_parent_indices(images)
        each = pc.list_flatten(images)
        yield _remote_uses(pc.struct_field(each, "link"), product, batch)


def _uses_of_feed(source: Path) -> Iterator[pa.RecordBatch]:
    for batch in read_feed(str(source), FeedOptions()):
        links = batch.rows["image_link"]
        yield _remote_uses(pc.list_flatten(links), pc.list_parent_indices(links), batch.rows)


def _remote_uses(links: pa.Array, product: pa.Array, products: pa.RecordBatch) -> pa.RecordBatch:
    """The uses of links that are addresses.

    Args:
        product: (links,) the row of the product that has the link.
    """
    remote = pc.match_substring_regex(links, REMOTE_PATTERN)
    product = product.filter(remote)
    columns = [links.filter(remote), products["merchant"].take(product), products["title"].take(product)]
    return pa.RecordBatch.from_arrays(columns, schema=USE_SCHEMA)


def _uses_of_list(source: Path) -> Iterator[pa.RecordBatch]:
    if source.suffix == ".parquet":
        for batch in ds.dataset(source).to_batches(columns=["address"], batch_size=_BATCH_ROWS):
            yield _without_products(batch.column("address"))
        return
    with source.open(encoding="utf-8-sig", errors="replace") as lines:
        while batch := list(islice(lines, _BATCH_ROWS)):
            yield _without_products(pa.array(text for line in batch if (text := line.strip())))


def _without_products(addresses: pa.Array) -> pa.RecordBatch:
    nothing = pa.array([""] * len(addresses), pa.string())
    return pa.RecordBatch.from_arrays([addresses.cast(pa.string()), nothing, nothing], schema=USE_SCHEMA)
