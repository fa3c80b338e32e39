import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.encoders.ngrams.letters import DROPPED, IDEOGRAPH, SEPARATOR, TABLE_SIZE, fold_table

LATER_PLANES = TABLE_SIZE - 1


def folded(text):
    return [int(fold_table()[ord(c)]) for c in text]


class TestFoldTable:
    @pytest.mark.parametrize(
        ("text", "same"),
        [
            ("ABCxyz019", "abcxyz019"),
            ("ÄÖÜÉÑÇŠ", "äöüéñçš"),
            ("ẞ", "ß"),
            ("ΣΣ", "σς"),
            ("ДЖ", "дж"),
            ("İ", "i"),
            ("Ａｂ１", "ab1"),
            ("𝐁𝑜𝓁𝖽", "bold"),
            ("m²", "m2"),
            ("ª", "a"),
            ("ｶ", "カ"),
        ],
    )
    def test_a_letter_folds_as_its_lower_case_and_plain_twin(self, text, same):
        assert folded(text) == folded(same)

    @pytest.mark.parametrize("text", " \t\n\u00a0.,;:!?-_–—/|()[]{}\"'’“”„«»®™©°%&+*#@€$£、。・😀\ufffd\x00")
    def test_white_space_punctuation_and_symbols_separate(self, text):
        assert folded(text) == [SEPARATOR]

    @pytest.mark.parametrize("text", ["\u00ad", "\u200b", "\u200d", "\ufeff", "\ufe0f"])
    def test_soft_hyphens_joiners_and_variation_selectors_are_dropped(self, text):
        assert folded(text) == [DROPPED]

    def test_han_and_kana_are_words_of_their_own_and_other_letters_are_not(self):
        assert all(form & IDEOGRAPH for form in folded("漢字かなカナー々"))
        assert not any(form & IDEOGRAPH for form in folded("한국어ไทยщéa9"))

    def test_marks_of_thai_and_hindi_do_not_part_their_words(self):
        assert SEPARATOR not in folded("กี่ที่नमस्ते")

    @given(st.characters(max_codepoint=LATER_PLANES, exclude_categories=["Cs"]))
    def test_folding_twice_is_folding_once(self, character):
        form = folded(character)[0] & ~IDEOGRAPH
        if form > DROPPED:
            assert folded(chr(form))[0] & ~IDEOGRAPH == form

    @given(st.characters(max_codepoint=LATER_PLANES, categories=["Lu", "Ll", "Lt"]))
    def test_upper_and_lower_case_fold_alike_where_each_is_one_character(self, character):
        upper = character.upper()
        if len(upper) == 1 and upper.lower() == character:
            assert folded(upper) == folded(character)

    @given(st.characters(max_codepoint=LATER_PLANES, categories=["L", "N"]))
    def test_letters_and_digits_of_every_script_are_letters(self, character):
        assert folded(character)[0] > DROPPED

    def test_a_form_is_never_in_the_range_of_the_signs(self):
        forms = fold_table() & (IDEOGRAPH - 1)
        letters = forms[forms > DROPPED]
        assert all(unicodedata.category(chr(c))[0] in "LMN" for c in set(letters.tolist()))
