"""Laws of the keys by which near-duplicates find one another; see test_grouping for what they link."""

import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.keys import normalised

titles = st.text(st.sampled_from("aBßÄéЖ茶ﬁ½Ⅸ1 -_/.\t'"), max_size=10)


def of(*texts):
    return normalised(pa.array(texts, pa.string())).to_pylist()


@given(titles)
def test_a_title_normalised_is_normal(title):
    (once,) = of(title)
    assert of(once) == [once]


@given(titles)
def test_neither_case_nor_signs_round_it_tell_titles_apart(title):
    assert len(set(of(title, title.casefold(), f"- {title} !"))) == 1


@given(titles)
def test_two_ways_to_write_a_character_are_one(title):
    assert of(unicodedata.normalize("NFKC", title)) == of(title)


@given(titles, titles)
def test_signs_between_words_are_one_space(first, second):
    assert of(f"{first} {second}") == of(f"{first}\t/-{second}")


@given(titles)
def test_nothing_is_left_of_a_title_only_where_it_has_no_letter_and_no_digit(title):
    assert (of(title) == [""]) == (not any(c.isalnum() for c in title))
