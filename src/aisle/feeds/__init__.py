"""Any feed file to Arrow batches of raw rows, and rows put aside with reasons."""

from aisle.feeds.batch import FeedBatch, FeedOptions
from aisle.feeds.formats import FEED_FORMATS
from aisle.feeds.layout import find_column, on_one_line, parse_fields
from aisle.feeds.reader import feed_columns, feed_names, read_feed, read_feeds

__all__ = [
    "FEED_FORMATS",
    "FeedBatch",
    "FeedOptions",
    "feed_columns",
    "feed_names",
    "find_column",
    "on_one_line",
    "parse_fields",
    "read_feed",
    "read_feeds",
]
