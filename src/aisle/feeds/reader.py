"""Feeds in, batches of raw rows out: what the other rooms call."""

from collections.abc import Callable, Iterator

from aisle.core.addresses import expand_addresses
from aisle.core.errors import AisleError
from aisle.feeds.batch import Block, FeedBatch, FeedOptions
from aisle.feeds.formats import FEED_FORMATS, recognise_format
from aisle.feeds.put_aside import PutAside
from aisle.feeds.rows import RowMaker
from aisle.feeds.source import Source, open_source

Reader = Callable[[Source, int], Iterator[Block]]


def read_feeds(addresses: list[str], options: FeedOptions) -> Iterator[FeedBatch]:
    """Read feeds one after the other, each in the order of its rows; no batch holds rows of two.

    Args:
        addresses: paths, globs, or any address that fsspec knows.

    Raises:
        AisleError: as `read_feed`; or an address or a glob names no file, before anything is read.
    """
    for address in expand_addresses(addresses, pipes=True):
        yield from read_feed(address, options)


def read_feed(address: str, options: FeedOptions) -> Iterator[FeedBatch]:
    """Read a feed of any format, holding no more than a batch in memory.

    Every record of the feed comes out once, as a row or as one of the rejected; but when the file breaks off
    or can be read no further, the rest of it is one rejected record.

    Raises:
        AisleError: the feed cannot be opened, holds no records or none that can be read, has no ids, or is of
            no format that is known.
    """
    with open_source(address, options.encoding) as source:
        maker = RowMaker(address, options)
        n_rows = 0
        put_aside = PutAside()
        for block in _blocks(source, options.batch_rows):
            batch = maker.batch(block)
            n_rows += len(batch.rows)
            if not n_rows:
                put_aside.add(batch.rejected)
            if len(batch.rows) or batch.rejected:
                yield batch
        if not n_rows:
            raise _no_rows(source, put_aside)


def feed_columns(address: str, options: FeedOptions) -> Iterator[list[str]]:
    """The columns that a feed fills, those of RAW_SCHEMA, then its own: once, without reading it all.

    A format without a header (JSON lines, XML, BSON) tells those of its rows so far, batch after batch.

    Raises:
        AisleError: as `read_feed`.
    """
    yield from map(RowMaker(address, options).columns, _blocks_with_names(address, options))


def feed_names(address: str, encoding: str = "") -> Iterator[tuple[str, ...]]:
    """What a feed itself calls its columns, as `feed_columns`.

    Raises:
        AisleError: as `read_feed`, but a feed need not have ids.
    """
    for block in _blocks_with_names(address, FeedOptions(encoding=encoding)):
        yield block.names


def _blocks_with_names(address: str, options: FeedOptions) -> Iterator[Block]:
    """The blocks of a feed from the first that names columns; that alone where it names them all."""
    with open_source(address, options.encoding) as source:
        put_aside = PutAside()
        has_names = False
        for block in _blocks(source, options.batch_rows):
            if not block.names:
                put_aside.add(block.rejected)
                continue
            yield block
            if block.has_all_names:
                return
            has_names = True
        if not has_names:
            raise _no_rows(source, put_aside)


def _blocks(source: Source, block_rows: int) -> Iterator[Block]:
    read: Reader = FEED_FORMATS.get(recognise_format(source))
    return read(source, block_rows)


def _no_rows(source: Source, put_aside: PutAside) -> AisleError:
    if put_aside:
        return AisleError(put_aside.why_nothing_is_left())
    if source.fault:
        return AisleError(f"{source.address}: {source.fault}; fetch the file again")
    return AisleError(
        f"{source.address}: holds no products; check that it is the right file and not cut short"
    )
