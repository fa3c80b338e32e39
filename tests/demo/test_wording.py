"""Titles and descriptions, as a merchant's staff would write them."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.demo.tables import LANGUAGES, read_tables
from aisle.demo.wording import Facts, slug, tell_description, tell_title

TABLES = read_tables()
KETTLE = Facts(leaf="kettles", brand="Brodvik", line="Luna", material="steel", size="1.7 l", colour="red")
COFFEE = Facts(leaf="coffee", brand="Basiqo", line="Etna", material="peru", size="1 kg", colour="")

seeds = st.integers(0, 2**32)


def titles(facts: Facts, language: str, count: int = 300) -> list[str]:
    rng = random.Random(language)
    return [tell_title(facts, TABLES.languages[language], rng) for _ in range(count)]


class TestTitle:
    @given(seed=seeds, language=st.sampled_from(LANGUAGES), facts=st.sampled_from([KETTLE, COFFEE]))
    def test_has_no_holes(self, seed, language, facts):
        title = tell_title(facts, TABLES.languages[language], random.Random(seed))
        assert title == " ".join(title.split())
        for hole in ("{", "}", "/", ", ,", "| |", "- -"):
            assert hole not in title
        assert title[-1] not in ",|-"

    def test_opens_with_a_capital(self):
        assert all(
            title[0] == title[0].upper() for language in LANGUAGES for title in titles(KETTLE, language)
        )

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_names_the_thing_mostly_but_not_always(self, language):
        nouns = [noun.lower() for noun in TABLES.languages[language].nouns["kettles"]]
        named = [any(noun in title.lower() for noun in nouns) for title in titles(KETTLE, language)]
        assert 0.7 < sum(named) / len(named) < 0.95

    def test_decimals_have_the_languages_own_mark(self):
        assert any("1.7 l" in title for title in titles(KETTLE, "en"))
        assert any("1,7 l" in title for title in titles(KETTLE, "de"))
        assert not any("1.7" in title for title in titles(KETTLE, "fr"))

    def test_units_are_translated(self):
        tent = replace(KETTLE, leaf="tents", size="2 people", material="nylon")
        assert any("2 Personen" in title for title in titles(tent, "de"))

    def test_an_untold_colour_leaves_no_word_for_it(self):
        assert not any("color" in title.lower() for title in titles(COFFEE, "es"))


class TestDescription:
    def test_one_in_three_is_missing_and_some_carry_mark_up(self):
        rng = random.Random(1)
        words, leaf = TABLES.languages["en"], TABLES.leaves["kettles"]
        told = [tell_description(KETTLE, leaf, words, rng) for _ in range(500)]
        assert 0.25 < told.count("") / len(told) < 0.45
        assert any(text.startswith("<p>") for text in told)

    @given(seed=seeds, language=st.sampled_from(LANGUAGES))
    def test_is_whole_sentences(self, seed, language):
        words, leaf = TABLES.languages[language], TABLES.leaves["kettles"]
        text = tell_description(KETTLE, leaf, words, random.Random(seed))
        assert not text or text.removesuffix("</p>").endswith(".")
        assert "{" not in text


class TestSlug:
    def test_is_plain_letters_and_hyphens(self):
        assert slug("Théière «Brisa», 1,5 l – Crème") == "theiere-brisa-1-5-l-creme"
