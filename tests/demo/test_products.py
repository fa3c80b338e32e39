"""Products as they are drawn up, before anything goes wrong."""

import random
from collections import Counter

import pytest

from aisle.demo.products import draw_listings


@pytest.fixture(scope="module")
def listings(tables):
    return draw_listings(tables, tables.merchants["nordlicht"], 400, random.Random(1))


class TestDrawListings:
    def test_gives_as_many_as_asked_for_each_with_an_id_of_its_own(self, listings):
        assert len({listing.id for listing in listings}) == len(listings) == 400

    def test_every_label_is_the_leaf_where_it_belongs(self, listings, tables):
        assert all(listing.label == tables.leaves[listing.leaf].id for listing in listings)

    def test_a_merchant_labels_the_share_that_it_says(self, tables):
        new = draw_listings(tables, tables.merchants["kaleido"], 50, random.Random(1))
        assert not any(listing.label for listing in new)

    def test_variants_of_a_group_share_leaf_language_and_shape(self, listings):
        groups = Counter(listing.group for listing in listings if listing.group)
        assert 15 < len(groups) < 60
        for group in groups:
            members = [listing for listing in listings if listing.group == group]
            assert len({(m.leaf, m.language, m.photos[0].look.shape) for m in members}) == 1

    def test_no_two_photos_share_a_path(self, listings):
        paths = Counter(photo.path for listing in listings for photo in listing.photos)
        assert max(paths.values()) == 1

    def test_some_have_several_photos_of_one_look(self, listings):
        several = [listing.photos for listing in listings if len(listing.photos) > 1]
        assert 20 < len(several) < 90
        assert all(len({photo.look for photo in photos}) == 1 for photos in several)

    def test_leaves_are_drawn_by_their_share(self, tables):
        many = draw_listings(tables, tables.merchants["nordlicht"], 6000, random.Random(2))
        counts = Counter(listing.leaf for listing in many)
        assert counts["t_shirts"] > 1.8 * counts["aquariums"]

    def test_the_same_chances_draw_the_same_products(self, listings, tables):
        assert draw_listings(tables, tables.merchants["nordlicht"], 400, random.Random(1)) == listings
