"""What a merchant writes, a reader of feeds gets back."""

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.demo.products import draw_listings
from aisle.demo.writers import FEEDS, write_feed
from aisle.feeds import FeedOptions, read_feed

words = st.text(
    st.one_of(st.sampled_from("\"';,|&<>/ "), st.characters(categories=["L", "N", "P", "S"])), max_size=30
)


def address(photo):
    return f"http://img.test:8080/{photo.path}"


@pytest.mark.parametrize("merchant", list(FEEDS))
class TestWriteFeed:
    @settings(max_examples=25)
    @given(titles=st.lists(words, min_size=1, max_size=8), seed=st.integers(0, 1000))
    def test_any_title_is_read_back_and_every_broken_row_is_put_aside(
        self, merchant, tables, tree, titles, seed
    ):
        drawn = draw_listings(tables, tables.merchants[merchant], len(titles), random.Random(seed))
        listings = [replace(row, title=title) for row, title in zip(drawn, titles, strict=True)]
        with TemporaryDirectory() as folder:
            file = write_feed(
                FEEDS[merchant], listings, tree, Path(folder), rng=random.Random(seed), address=address
            )
            batches = list(read_feed(str(file), FeedOptions()))
        rows = [row for batch in batches for row in batch.rows.to_pylist()]
        assert [row["id"] for row in rows] == [listing.id for listing in listings]
        assert [row["title"].split() for row in rows] == [title.split() for title in titles]
        assert [row["image_link"] for row in rows] == [
            [address(photo) for photo in listing.photos] for listing in listings
        ]
        assert sum(len(batch.rejected) for batch in batches) == FEEDS[merchant].n_broken

    def test_the_same_chances_write_the_same_bytes(self, merchant, tables, tree, tmp_path):
        listings = draw_listings(tables, tables.merchants[merchant], 20, random.Random(1))
        files = [
            write_feed(
                FEEDS[merchant], listings, tree, tmp_path / name, rng=random.Random(1), address=address
            )
            for name in "ab"
        ]
        assert files[0].read_bytes() == files[1].read_bytes()
