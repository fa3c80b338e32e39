import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.taxonomy.names import clean, fold, fold_path, holds_separator, join_path, split_path, unescape_path


@pytest.mark.parametrize("text", ["  a  b ", "a\tb", "a\u00a0b", "a\r\nb", "a\x00b", "\ta b\x1f"])
def test_white_space_and_control_characters_become_one_space(text):
    assert clean(text) == "a b"


def test_half_a_character_is_replaced():
    assert clean("a\ud800b").encode() in ("a\ufffdb".encode(), "a\ufffd\ufffd\ufffdb".encode())


@given(st.text(st.characters(), max_size=20))
def test_cleaning_twice_changes_nothing_more_and_what_is_clean_can_be_written(text):
    assert clean(clean(text)) == clean(text)
    clean(text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Shoes > Boots", ("Shoes", "Boots")),
        (" Shoes\t>  Boots ", ("Shoes", "Boots")),
        ("> Shoes > > Boots >", ("Shoes", "Boots")),
        ("TV >32 inch", ("TV >32 inch",)),
        ("a>b", ("a>b",)),
        (">", ()),
        ("", ()),
    ],
)
def test_only_a_separator_that_stands_alone_splits(text, names):
    assert split_path(text) == names


@given(st.lists(st.text("ab >", min_size=1).map(clean).filter(bool).filter(lambda n: not holds_separator(n))))
def test_names_without_a_separator_come_back_from_the_path(names):
    assert split_path(join_path(tuple(names))) == tuple(names)


@pytest.mark.parametrize(
    ("first", "second"), [("BOOTS", "boots"), ("Straße", "STRASSE"), ("caf\u00e9", "CAFE\u0301")]
)
def test_names_are_compared_without_case_and_encoding_of_accents(first, second):
    assert fold(first) == fold(second)


def test_paths_are_compared_without_case_and_spaces():
    assert fold_path("Shoes  >\tBOOTS ") == fold_path("shoes > boots")


def test_entities_and_tight_separators_are_resolved_for_careless_feeds():
    assert unescape_path("Animals &amp; Pets&gt;Birds") == "Animals & Pets > Birds"
