"""The data files agree with each other."""

from collections import Counter

import numpy as np
import pytest

from aisle.demo.tables import LANGUAGES


class TestTaxonomy:
    def test_there_are_eight_top_categories_and_about_forty_leaves(self, tree):
        assert len(tree.children(0)) == 8
        assert 38 <= tree.n_leaves <= 45

    def test_leaves_lie_two_three_and_four_levels_down(self, tree):
        assert set(tree.depth[tree.leaf_nodes].tolist()) == {2, 3, 4}

    def test_one_name_stands_under_several_parents(self, tree):
        assert Counter(tree.names)["Beds"] == 3

    def test_a_chain_of_single_children_leads_to_mobile_phones(self, tree):
        phones = tree.find("Mobile Phones")
        for above in tree.ancestors(phones)[1:3]:
            assert len(tree.children(int(above))) == 1

    def test_its_leaves_are_the_leaves_that_can_be_bought(self, tree, tables):
        ids = [tree.ids[node] for node in tree.leaf_nodes]
        assert sorted(ids) == sorted(leaf.id for leaf in tables.leaves.values())


class TestLeaves:
    def test_every_leaf_has_a_silhouette_a_palette_and_brands(self, tables):
        assert set(tables.silhouettes) == set(tables.leaves)
        for leaf in tables.leaves.values():
            assert len(tables.palettes[leaf.palette]) > 1
            assert tables.brands[leaf.family]

    def test_palettes_name_colours(self, tables):
        assert {colour for row in tables.palettes.values() for colour in row} <= set(tables.colours)

    def test_the_commonest_leaf_is_a_few_times_the_rarest(self, tables):
        shares = np.array([leaf.share for leaf in tables.leaves.values()])
        assert 2 < shares.max() / shares.min() < 5


@pytest.mark.parametrize("name", LANGUAGES)
class TestLanguages:
    def test_tells_every_leaf_by_two_nouns_and_two_sentences_at_least(self, name, tables):
        words = tables.languages[name]
        assert set(words.nouns) == set(words.sentences) == set(tables.leaves)
        assert min(map(len, words.nouns.values())) >= 2
        assert min(map(len, words.sentences.values())) >= 2

    def test_tells_every_colour_material_and_family(self, name, tables):
        words = tables.languages[name]
        assert set(words.colours) == set(tables.colours)
        assert set(words.materials) == {m for leaf in tables.leaves.values() for m in leaf.materials}
        assert set(words.families) == {leaf.family for leaf in tables.leaves.values()}

    def test_translates_the_same_units_as_english(self, name, tables):
        assert set(tables.languages[name].units) == set(tables.languages["en"].units)


class TestMerchants:
    def test_each_has_a_word_of_its_own_for_every_leaf(self, tables):
        for merchant in tables.merchants.values():
            assert set(merchant.categories) == set(tables.leaves)

    def test_no_two_share_a_category(self, tables):
        names = [set(merchant.categories.values()) for merchant in tables.merchants.values()]
        assert len(set.union(*names)) == sum(map(len, names))

    def test_shares_of_languages_and_of_products_sum_to_one(self, tables):
        for merchant in tables.merchants.values():
            assert sum(merchant.languages.values()) == pytest.approx(1)
        assert sum(merchant.share for merchant in tables.merchants.values()) == pytest.approx(1)

    def test_the_feeds_are_the_merchants(self, tables):
        from aisle.demo.writers import FEEDS

        assert list(FEEDS) == list(tables.merchants)
