"""Which addresses products name, and by whom: read in batches, put into their one spelling."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from aisle.core.errors import AisleError, system_refusal
from aisle.core.manifest import PRODUCTS_FOLDER, check_file, read_manifest
from aisle.feeds import FeedNotes, FeedOptions, check_fields_there, find_column, read_feed
from aisle.feeds.decompress import COMPRESSIONS
from aisle.images.download.address import ANY_PORT, MAX_LENGTH, NORMAL_PATTERN, RefusedError, parse

USE_SCHEMA = pa.schema(
    [
        pa.field("address", pa.string(), nullable=False),
        pa.field("merchant", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("brand", pa.string(), nullable=False),
        pa.field("item_group", pa.string(), nullable=False),
    ]
)
"""That a product of `merchant` with this title shows the image at `address`. `item_group` is the merchant's
word for variants of one article; what is not known is empty."""

_ADDRESS_PATTERN = r"^\s*(?i:[a-z][a-z0-9+.-]+:|//|www\.)"
"""A feed's link that means an address, well written or not; others are paths of files. `c:` is a drive."""

_ELSEWHERE = re.compile("[a-z][a-z0-9+.-]+:/")
"""An address, as a path spells it."""

_BATCH_ROWS = 4096

_AN_ADDRESS = re.compile(rb"(?i)(?:[a-z][a-z0-9+.-]*://|data:)[^\t\0]*$")
_A_FEEDS_FIRST_LINE = re.compile(rb'[\t\0,;|]|^[{<\["]')


def uses(
    source: Path,
    fields: Mapping[str, str] | None = None,
    left_out: Counter[str] | None = None,
    notes: FeedNotes | None = None,
    *,
    encoding: str = "",
) -> Iterator[pa.RecordBatch]:
    """Every use of an address, as USE_SCHEMA says.

    Args:
        source: a catalogue; a feed; a Parquet file with a column `address`; or a text file with an address a
            line.
        fields: of a feed, as FeedOptions; where there are any, a file is a feed.
        left_out: `paths` is counted up there by the links of products that are paths of files.
        notes: looks at a feed's rows.
        encoding: of a feed, as FeedOptions, or of a list.

    Raises:
        AisleError: see `check_source`.
    """
    check_source(source, fields, encoding)
    if not source.is_file():
        links = _links_of_catalogue(source)
    elif not fields and _is_list(source, encoding):
        yield from _uses_of_list(source, encoding)
        return
    else:
        feeds = FeedOptions(fields=fields or {}, encoding=encoding)
        links = _links_of_feed(source, feeds, notes or FeedNotes())
    left_out = Counter() if left_out is None else left_out
    for batch in links:
        is_address = pc.match_substring_regex(batch["address"], _ADDRESS_PATTERN)
        found = batch.filter(is_address)
        left_out["paths"] += len(batch) - len(found)
        yield found


def check_source(source: Path, fields: Mapping[str, str] | None = None, encoding: str = "") -> None:
    """See that there is something to read.

    Args:
        fields, encoding: as `uses`.

    Raises:
        AisleError: it is neither a catalogue nor a feed nor a list of addresses; or there are `fields`, and
            it is no feed that has their columns.
    """
    if source.is_file():
        if fields:
            check_fields_there(fields, [str(source)], encoding)
            next(read_feed(str(source), FeedOptions(fields=fields, encoding=encoding)), None)
        elif not _is_list(source, encoding):
            _check_feed(source, encoding)
    elif _ELSEWHERE.match(str(source)):
        raise AisleError(f"{source}: is elsewhere; copy it to this machine's disk first")
    elif not source.is_dir():
        raise AisleError(f"{source}: is not there; name a catalogue, a feed or a list of addresses")
    elif read_manifest(source) and fields:
        raise AisleError(f"{source}: is a catalogue, whose fields were read from a feed; leave --field out")


def check_uses(source: Path, fields: Mapping[str, str] | None = None, encoding: str = "") -> None:
    """See that products name something to download; a list may be empty.

    Args:
        fields, encoding: as `uses`.

    Raises:
        AisleError: no image is named by an address; or see `check_source`.
    """
    left_out: Counter[str] = Counter()
    if any(len(batch) for batch in uses(source, fields, left_out, encoding=encoding)):
        return
    if source.is_file() and not fields and _is_list(source, encoding):
        return
    told = "names no image; a feed names images in the column image_link"
    if n := left_out["paths"]:
        told = (
            f"its image links ({n:,}) are paths of files, which need no download; "
            "name their folder with --images"
        )
    raise AisleError(f"{source}: {told}")


def _check_feed(source: Path, encoding: str) -> None:
    try:
        next(read_feed(str(source), FeedOptions(encoding=encoding)), None)
    except AisleError as error:
        raise AisleError(
            f"{error} (it was read as a feed, as its first line looks like one's; a list of addresses has "
            "one a line, is not compressed, and the first begins with http:// or https:// and holds no tab)"
        ) from error


@contextmanager
def _parquet(source: Path) -> Iterator[ds.Dataset]:
    """Open a Parquet file.

    Raises:
        AisleError: it is none, or damaged; also in the block.
    """
    try:
        yield ds.dataset(source)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and system_refusal(error) is not None:
            raise
        said = " ".join(str(error).split())[:200]
        raise AisleError(
            f"{source}: is no Parquet file, or a damaged one ({said}); write it again"
        ) from error


def _is_list(source: Path, encoding: str) -> bool:
    """A file lists addresses, and is no feed.

    Raises:
        AisleError: it is a Parquet file that is neither.
    """
    if source.suffix == ".parquet":
        with _parquet(source) as dataset:
            schema = dataset.schema
        names = schema.names
        if "address" not in names and find_column("id", names) is None:
            raise AisleError(
                f"{source}: has no column 'address' or 'id'; known: {', '.join(names)}; if it is a feed, say "
                "which column tells products apart (--field id=COLUMN)"
            )
        if "address" in names and not _is_text(schema.field("address").type):
            raise AisleError(
                f"{source}: its column 'address' holds {schema.field('address').type}, not text; "
                "write one address a row"
            )
        return "address" in names
    with source.open("rb") as file:
        head = file.read(4096)
    if encoding:
        head = head.decode(encoding, "ignore").encode()
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    if _AN_ADDRESS.match(first):
        return True
    return not (head.startswith(tuple(COMPRESSIONS.values())) or _A_FEEDS_FIRST_LINE.search(first))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def spell(links: pa.Array) -> pa.Array:
    """Put links into their one spelling; one that is none stays, without the white space around it.

    Whether an address may be asked makes no difference: its spelling must not change with the settings.

    Args:
        links: strings.
    """
    links = pc.utf8_trim_whitespace(links)
    is_short = pc.less_equal(pc.binary_length(links), MAX_LENGTH)
    odd = pc.invert(pc.and_(is_short, pc.match_substring_regex(links, NORMAL_PATTERN)))
    if not pc.any(odd).as_py():
        return links
    spelled = pa.array([_spelled(text) for text in links.filter(odd).to_pylist()], pa.string())
    return pc.replace_with_mask(links, odd, spelled)


@lru_cache(maxsize=1000)
def _spelled(text: str) -> str:
    try:
        return parse(text, ANY_PORT).text
    except RefusedError:
        return text


def _links_of_catalogue(source: Path) -> Iterator[pa.RecordBatch]:
    columns = ["merchant", "title", "brand", "extra", "images"]
    for entry in read_manifest(source).files:
        file = source / PRODUCTS_FOLDER / entry["name"]
        check_file(file, entry["sha256"])
        for batch in ds.dataset(file).to_batches(columns=columns, batch_size=_BATCH_ROWS):
            images = batch.column("images")
            links = pc.struct_field(pc.list_flatten(images), "link")
            group = pc.fill_null(pc.map_lookup(batch["extra"], pa.scalar("item_group_id"), "first"), "")
            yield _uses(links, pc.list_parent_indices(images), batch, group)


def _links_of_feed(source: Path, feeds: FeedOptions, notes: FeedNotes) -> Iterator[pa.RecordBatch]:
    for batch in read_feed(str(source), feeds):
        notes.add(batch)
        links = batch.rows["image_link"]
        yield _uses(
            pc.list_flatten(links), pc.list_parent_indices(links), batch.rows, batch.rows["item_group_id"]
        )


def _uses(links: pa.Array, product: pa.Array, products: pa.RecordBatch, group: pa.Array) -> pa.RecordBatch:
    """Links with their products.

    Args:
        product: (links,) the row of the product that has the link.
        group: (products,) their item groups.
    """
    known = [products["merchant"], products["title"], products["brand"], group]
    return pa.RecordBatch.from_arrays([links, *(column.take(product) for column in known)], schema=USE_SCHEMA)


def _uses_of_list(source: Path, encoding: str) -> Iterator[pa.RecordBatch]:
    if source.suffix == ".parquet":
        with _parquet(source) as dataset:
            for batch in dataset.to_batches(columns=["address"], batch_size=_BATCH_ROWS):
                yield _without_products(batch.column("address").cast(pa.string()).drop_null())
        return
    errors = "replace" if encoding else "surrogateescape"
    with source.open(encoding=encoding or "utf-8-sig", errors=errors) as lines:
        while batch := list(islice(lines, _BATCH_ROWS)):
            texts = [_percent_encoded(text) for line in batch if (text := line.strip())]
            yield _without_products(pa.array(texts, pa.string()))


def _percent_encoded(text: str) -> str:
    """Bytes that are no UTF-8 are written as they are asked for; two of them never become one address."""
    if text.isascii():
        return text
    return "".join(f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in text)


def _without_products(addresses: pa.Array) -> pa.RecordBatch:
    nothing = pa.array([""] * len(addresses), pa.string())
    return pa.RecordBatch.from_arrays([addresses.cast(pa.string()), *[nothing] * 4], schema=USE_SCHEMA)
