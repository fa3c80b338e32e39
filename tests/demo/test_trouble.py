"""What goes wrong, how often, and that nothing else changes."""

import random
from collections import Counter

import pytest

from aisle.demo.products import Listing, draw_listings
from aisle.demo.trouble import ONCE, RETIRED, Shares, trouble

NOTHING = Shares(**{**dict.fromkeys(Shares.__dataclass_fields__, 0), "once": ()})


@pytest.fixture(scope="module")
def listings(tables):
    return [
        listing
        for name in ("nordlicht", "maison-colette")
        for listing in draw_listings(tables, tables.merchants[name], 200, random.Random(name))
    ]


@pytest.fixture(scope="module")
def troubled(listings, tree):
    return trouble(listings, tree, Shares(), random.Random(1))


def noted(listings: list[Listing], note: str) -> list[Listing]:
    return [listing for listing in listings if any(n.startswith(note) for n in listing.troubles)]


class TestShares:
    def test_without_trouble_nothing_changes(self, listings, tree):
        assert trouble(listings, tree, NOTHING, random.Random(1)) == listings

    def test_each_trouble_befalls_its_share(self, troubled):
        notes = Counter(note.split(" of ")[0] for listing in troubled for note in listing.troubles)
        assert notes["wrong label"] == 8
        assert notes["inner label"] == 20
        assert notes["no photo"] == 24
        assert notes["photo lost"] == 16
        assert (
            notes["photo 410"] + notes["photo 403"] == notes["photo noai"] + notes["photo tdm-reserved"] == 2
        )
        assert notes["photo redirect-to-html"] == 4
        assert notes["listed twice"] == notes["outdated"] == 4
        assert notes["copy"] == 8

    def test_a_share_that_rounds_to_none_still_befalls_one(self, troubled):
        assert len(noted(troubled, "photo outside")) == 1


class TestLabels:
    def test_a_wrong_label_is_another_leaf(self, troubled, tables, tree):
        for listing in noted(troubled, "wrong label"):
            assert listing.label != tables.leaves[listing.leaf].id
            assert tree.is_leaf[tree.node_of_id(listing.label)]

    def test_an_inner_label_is_a_node_above_the_leaf(self, troubled, tables, tree):
        for listing in noted(troubled, "inner label"):
            above = tree.ancestors(tree.node_of_id(tables.leaves[listing.leaf].id))[1:]
            assert tree.node_of_id(listing.label) in above

    def test_a_retired_label_is_no_id_of_the_tree(self, troubled, tree):
        assert {listing.label for listing in noted(troubled, "retired label")} == {RETIRED}
        assert RETIRED not in tree.ids


class TestPhotosAndText:
    def test_each_fault_of_a_server_befalls_one_photo(self, troubled):
        for fault in ONCE:
            (listing,) = [one for one in troubled if f"photo {fault}" in one.troubles]
            assert [photo.fault for photo in listing.photos] == [fault]

    def test_many_products_of_one_merchant_show_one_picture_for_no_image(self, troubled):
        shown = noted(troubled, "photo placeholder")
        assert {listing.merchant for listing in shown} == {"nordlicht"}
        assert len({listing.title for listing in shown}) == len(shown) == 30

    def test_a_listing_without_text_has_a_photo_and_no_telling_link(self, troubled):
        for listing in noted(troubled, "no text"):
            assert (listing.title, listing.description, listing.link) == ("", "", "")
            assert listing.photos


class TestListedAgain:
    def test_the_newer_row_of_an_id_comes_later_in_the_same_feed(self, troubled):
        for newer in noted(troubled, "listed twice"):
            rows = [
                row
                for row, listing in enumerate(troubled)
                if (listing.merchant, listing.id) == (newer.merchant, newer.id)
            ]
            assert [troubled[row].troubles for row in rows] == [("outdated",), ("listed twice",)]

    def test_a_copy_has_title_and_photo_of_what_it_copies_and_an_id_of_its_own(self, troubled):
        by_key = {(listing.merchant, listing.id): listing for listing in troubled}
        for copy in noted(troubled, "copy of"):
            merchant, source_id = copy.troubles[0].removeprefix("copy of ").split(" ")
            source = by_key[merchant, source_id]
            assert (copy.title, copy.leaf) == (source.title, source.leaf)
            assert copy.photos[0].number == source.photos[0].number
            assert (copy.merchant, copy.id) != (source.merchant, source.id)

    def test_only_listed_rows_are_added_and_the_others_keep_their_order(self, listings, troubled):
        added = [row for row in troubled if row.troubles and row.troubles[-1].startswith(("listed", "copy"))]
        kept = [row.id for row in troubled if row not in added]
        assert kept == [listing.id for listing in listings]
