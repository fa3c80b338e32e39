"""The kernels against plain Python, through `collecting.hash_products`, their one caller."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from aisle.core.records import TEXT_FIELDS
from aisle.encoders.ngrams.collecting import hash_products
from aisle.encoders.ngrams.hashing import CHARS, LINK_CHARS, LINK_WORDS, WORDS
from strategies import links, product_texts

BUCKETS = 2**20
KINDS = {"words": WORDS, "chars": CHARS, "link_words": LINK_WORDS, "link_chars": LINK_CHARS}


def counted(batch, kind, lo, hi, buckets=BUCKETS):
    """For each row, from a key to its weight."""
    field = 4 if kind.startswith("link") else 0
    plan = np.array([[field, KINDS[kind], lo, hi]], np.int64)
    shift = 64 - (buckets.bit_length() - 1)
    rows = []
    for block_ptr, key, weight in hash_products(batch, (TEXT_FIELDS[field],), plan, shift):
        for a, b in pairwise(block_ptr):
            found = dict(zip(key[a:b].tolist(), weight[a:b].tolist(), strict=True))
            assert len(found) == b - a, "a key stands twice in a row"
            rows.append(found)
    return rows


def expected(slow, text, kind, lo, hi, buckets=BUCKETS):
    counts = {}
    for hashed in slow.ngrams_of(text, kind, lo, hi):
        bucket = slow.bucket_of(hashed, buckets)
        counts[bucket] = counts.get(bucket, 0) + 1
    return {key: pytest.approx(1 + math.log(n), rel=1e-6) for key, n in counts.items()}


def n_distinct(batch_of, text, kind, lo, hi, field="title"):
    return len(counted(batch_of([{field: text}]), kind, lo, hi)[0])


class TestTexts:
    @given(
        texts=st.lists(product_texts(), min_size=1, max_size=6),
        kind=st.sampled_from(["words", "chars"]),
        n=st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3), (3, 5), (2, 4), (4, 4)]),
        buckets=st.sampled_from([2**8, 2**20]),
    )
    @example(texts=["Größe XL größe xl", "", "漢字 テスト", "กี่ที่"], kind="words", n=(1, 2), buckets=2**20)
    def test_ngrams_and_counts_are_those_of_the_slow_encoder(self, slow, batch_of, texts, kind, n, buckets):
        assume(kind == "words" or n[0] > 1)
        found = counted(batch_of([{"title": t} for t in texts]), kind, *n, buckets)
        assert found == [expected(slow, t, kind, *n, buckets) for t in texts]

    @pytest.mark.parametrize(
        ("text", "n", "n_distinct_ngrams"),
        [
            ("", (1, 2), 0),
            (" - ! ", (1, 2), 0),
            ("shirt", (1, 2), 1),
            ("Shirt SHIRT shirt", (1, 1), 1),
            ("red shirt", (1, 2), 3),
            ("red-shirt", (1, 2), 3),
            ("red\u00adshirt", (1, 2), 1),
            ("男士衬衫", (1, 2), 4 + 3),
            ("nike运动鞋42", (1, 1), 5),
        ],
    )
    def test_words(self, batch_of, text, n, n_distinct_ngrams):
        assert n_distinct(batch_of, text, "words", *n) == n_distinct_ngrams

    @pytest.mark.parametrize(
        ("text", "n_distinct_ngrams"),
        [
            ("", 0),
            ("a", 1),  # " a "
            ("ab", 2 + 1),  # " ab", "ab ", " ab "
            ("ab ab", 2 + 1),
            ("äö", 2 + 1),
            ("abcd", 4 + 3 + 2),
        ],
    )
    def test_chars_run_inside_words_with_a_space_at_each_end(self, batch_of, text, n_distinct_ngrams):
        assert n_distinct(batch_of, text, "chars", 3, 5) == n_distinct_ngrams

    def test_the_order_of_two_words_counts(self, batch_of):
        first, second = counted(
            batch_of([{"title": "milk chocolate"}, {"title": "chocolate milk"}]), "words", 2, 2
        )
        assert first.keys() != second.keys()

    def test_a_text_in_upper_case_has_the_same_ngrams(self, batch_of):
        first, second = counted(batch_of([{"title": "été à Łódź"}, {"title": "ÉTÉ À ŁÓDŹ"}]), "chars", 3, 5)
        assert first == second

    @pytest.mark.parametrize(
        ("product", "kind", "n", "stored"),
        [
            ({"title": "Blue Über 漢"}, "words", (1, 2), [31235, 259846, 409241, 632447, 649246]),
            ({"title": "Über"}, "chars", (3, 4), [128018, 181409, 313492, 477133, 517102, 1025090, 1045028]),
            (
                {"link": "http://www.a.de/bC"},
                "link_words",
                (1, 2),
                [62622, 106853, 250319, 269697, 312613, 365815, 404064, 422696, 473670, 625573, 831753],
            ),
        ],
    )
    def test_hashes_are_those_of_every_model_stored_so_far(self, batch_of, product, kind, n, stored):
        (row,) = counted(batch_of([product]), kind, *n)
        assert sorted(row) == stored

    def test_a_slice_of_a_batch_has_the_ngrams_of_its_rows(self, batch_of):
        batch = batch_of([{"title": t} for t in ("one", "two words", "", "four")])
        assert counted(batch.slice(1, 2), "words", 1, 2) == counted(batch, "words", 1, 2)[1:3]

    @pytest.mark.parametrize("word", ["a" * 500_000, "ab" * 250_000, "ก็" * 80_000])
    def test_a_word_of_half_a_megabyte_is_one_word_and_few_chars(self, batch_of, word):
        batch = batch_of([{"title": "short"}, {"title": word}, {"title": "short"}])
        words = counted(batch, "words", 1, 2)
        assert [len(row) for row in words] == [1, 1, 1]
        assert words[0] == words[2]
        assert max(len(row) for row in counted(batch, "chars", 3, 5)) < 20

    def test_a_row_of_a_megabyte_of_different_words_is_hashed(self, batch_of):
        text = " ".join(f"{i:x}" for i in range(150_000))
        (row,) = counted(batch_of([{"title": text}]), "words", 1, 2, 2**24)
        assert 250_000 < len(row) <= 300_000


class TestLinks:
    @given(link=links(), kind=st.sampled_from(["link_words", "link_chars"]))
    @example(
        link="http://www.A-Shop.co.uk:80/HTMLPages/redShirtXL-42.html?a=%C3%BC&b=c%20d#x", kind="link_words"
    )
    @example(link="//cdn.shop.de/Ünder_wear", kind="link_chars")
    @example(link="shop.de/a//b", kind="link_words")
    @example(link="http://", kind="link_words")
    @example(link="http://www./x", kind="link_words")
    @example(link="a%%41%4", kind="link_words")
    def test_ngrams_and_counts_are_those_of_the_slow_encoder(self, slow, batch_of, link, kind):
        n = (1, 2) if kind == "link_words" else (3, 5)
        try:
            right = expected(slow, link, kind, *n)
        except UnicodeDecodeError:
            assume(False)  # escapes that are no UTF-8 have a test of their own
        assert counted(batch_of([{"link": link}]), kind, *n) == [right]

    @pytest.mark.parametrize("link", ["%", "%C3", "x%C3%28y", "%F0%9F", "http://a%FF%FE/%80%80", "%ED%A0%80"])
    def test_escapes_that_are_no_utf8_do_no_harm(self, batch_of, link):
        for kind, n in (("link_words", (1, 2)), ("link_chars", (3, 5))):
            assert len(counted(batch_of([{"link": link}]), kind, *n)) == 1

    @pytest.mark.parametrize(
        ("link", "same"),
        [
            ("http://www.shop.de/redShirt", "https://SHOP.de/red-shirt/42"),
            ("http://shop.de/HTMLPage", "http://shop.de/html/page"),
            ("http://shop.de/bl%C3%BC", "http://shop.de/blü"),
        ],
    )
    def test_links_with_the_same_host_and_words_have_the_same_words(self, batch_of, link, same):
        first, second = counted(
            batch_of([{"link": link.replace("www.", "")}, {"link": same}]), "link_words", 1, 2
        )
        assert first == second

    def test_the_whole_host_is_a_word_with_or_without_www(self, batch_of):
        batch = batch_of([{"link": "http://shop.de"}, {"link": "http://www.shop.de"}, {"link": "shop de"}])
        bare, www, words = counted(batch, "link_words", 1, 1)
        assert len(bare) == 3
        assert bare.keys() - words.keys() <= www.keys()
        assert len(bare.keys() - words.keys()) == 1
