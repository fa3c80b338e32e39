"""Which addresses a catalogue's products name, and by whom: read in batches, put into their one spelling."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from aisle.core.errors import AisleError
from aisle.images.download.address import NORMAL_PATTERN, RefusedError, parse

USE_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("merchant", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
    ]
)
"""That a product of `merchant` with this title shows the image at `address`."""

_BATCH_ROWS = 16_384


def uses(source: Path) -> Iterator[pa.RecordBatch]:
    """Every use of an address, as USE_SCHEMA says.

    Args:
        source: a catalogue; a Parquet file with a column `address`; or a text file with an address a line.

    Raises:
        AisleError: see `check_source`.
    """
    check_source(source)
    if source.is_file():
        yield from _uses_of_list(source)
    else:
        yield from _uses_of_catalogue(source)


def check_source(source: Path) -> None:
    """See that there is something to read.

    Raises:
        AisleError: it is neither a catalogue nor a list of addresses.
    """
    if source.is_file():
        if source.suffix == ".parquet" and "address" not in (names := ds.dataset(source).schema.names):
            raise AisleError(f"{source}: has no column 'address'; known: {', '.join(names)}")
    elif not (source / "products").is_dir():
        wrong = "holds no products/, so it is no catalogue" if source.is_dir() else "no such catalogue"
        raise AisleError(f"{source}: {wrong}; make one with `aisle ingest`, or name a file of addresses")


def spell(links: pa.Array, ports: frozenset[int]) -> pa.Array:
    """Put links into their one spelling; one that is refused stays, without the white space around it.

    Args:
        links: strings.
    """
    links = pc.utf8_trim_whitespace(links)
    odd = pc.invert(pc.match_substring_regex(links, NORMAL_PATTERN))
    if not pc.any(odd).as_py():
        return links
    spelled = pa.array([_spelled(text, ports) for text in links.filter(odd).to_pylist()], pa.string())
    return pc.replace_with_mask(links, odd, spelled)


@lru_cache(maxsize=100_000)
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
        remote = pc.equal(pc.struct_field(each, "status"), "remote")
        product = product.filter(remote)
        yield pa.RecordBatch.from_arrays(
            [
                pc.struct_field(each, "link").filter(remote),
                batch.column("merchant").take(product),
                batch.column("title").take(product),
            ],
            schema=USE_SCHEMA,
        )


def _uses_of_list(source: Path) -> Iterator[pa.RecordBatch]:
    if source.suffix == ".parquet":
        for batch in ds.dataset(source).to_batches(columns=["address"], batch_size=_BATCH_ROWS):
            yield _without_products(batch.column("address"))
        return
    with source.open(encoding="utf-8", errors="replace") as lines:
        while batch := [line for line, _ in zip(lines, range(_BATCH_ROWS), strict=False)]:
            yield _without_products(pa.array(text for line in batch if (text := line.strip())))


def _without_products(addresses: pa.Array) -> pa.RecordBatch:
    nothing = pa.array([""] * len(addresses), pa.string())
    return pa.RecordBatch.from_arrays([addresses.cast(pa.string()), nothing, nothing], schema=USE_SCHEMA)
