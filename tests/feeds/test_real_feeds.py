"""The real feeds are read whole."""

import csv
import gzip
import io

import pytest

from aisle.feeds import FeedOptions, read_feed

FEEDS = {
    "clothing/feed.tsv": 3409,
    "grocery/feed.tsv": 2936,
    "myntra/feed.tsv": 37_379,
    "flipkart/flipkart.csv.gz": 20_000,
    "mwpd/train.jsonl.gz": 10_012,
    "mwpd/validation.jsonl.gz": 3000,
}


@pytest.mark.data
@pytest.mark.parametrize("name", FEEDS)
def test_every_row_comes_out_and_none_is_put_aside(data_folder, name):
    batches = list(read_feed(str(data_folder / name), FeedOptions()))
    assert sum(len(batch.rows) for batch in batches) == FEEDS[name]
    assert [one for batch in batches for one in batch.rejected] == []


@pytest.mark.data
def test_titles_with_a_lone_quote_keep_it(data_folder):
    batches = read_feed(str(data_folder / "myntra/feed.tsv"), FeedOptions())
    titles = [title for batch in batches for title in batch.rows.column("title").to_pylist()]
    assert "Nike Women's EM Tempo 3.5\" Pink Short" in titles


@pytest.mark.data
def test_a_real_csv_is_read_as_pythons_reader_reads_it(data_folder):
    path = data_folder / "flipkart/flipkart.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    expected = list(csv.DictReader(io.StringIO(text, newline="")))
    rows = [row for batch in read_feed(str(path), FeedOptions()) for row in batch.rows.to_pylist()]
    for name in ("id", "title", "description", "brand", "link", "price", "pid"):
        assert [row[name] for row in rows] == [row[name] for row in expected]
