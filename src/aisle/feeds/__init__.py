"""Any feed file to Arrow batches of raw rows, and rows put aside with reasons."""

from aisle.feeds.batch import FeedBatch, FeedOptions
from aisle.feeds.formats import FEED_FORMATS
from aisle.feeds.layout import find_column, on_one_line, parse_fields
from aisle.feeds.notes import FeedNotes
from aisle.feeds.reader import feed_columns, feed_names, read_feed, read_feeds
from aisle.feeds.wanted import check_fields_there, field_option, look_for, some_of

__all__ = [
    "FEED_FORMATS",
    "FeedBatch",
    "FeedNotes",
    "FeedOptions",
    "check_fields_there",
    "feed_columns",
    "feed_names",
    "field_option",
    "find_column",
    "look_for",
    "on_one_line",
    "parse_fields",
    "read_feed",
    "read_feeds",
    "some_of",
]
