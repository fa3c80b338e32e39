"""A slow n-gram encoder in plain Python, to compare the fast one with, and batches of products."""

import math
import re
from collections import Counter
from types import SimpleNamespace
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pytest

from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.ngrams.letters import DROPPED, IDEOGRAPH, SEPARATOR, TABLE_SIZE, fold_table

_BITS_64 = 2**64 - 1
_FACTOR = 0x9E3779B97F4A7C15
_SEED = 0xCBF29CE484222325


def hash_of(numbers):
    """Hash a sequence of character numbers or of hashes."""
    seed = _SEED
    for number in numbers:
        seed = ((seed ^ number) * _FACTOR) & _BITS_64
    return seed


def folded(text):
    """The folded forms of a text's characters, those that are dropped left out."""
    table = fold_table()
    forms = []
    for code in map(ord, text):
        if code < TABLE_SIZE:
            forms.append(int(table[code]))
        else:
            forms.append(code | IDEOGRAPH if code < 0x40000 else SEPARATOR)
    return [form for form in forms if form != DROPPED]


def runs_of(forms):
    """Runs of letters: the words, but that ideographs are not apart."""
    runs = [[]]
    for form in forms:
        if form == SEPARATOR:
            runs.append([])
        else:
            runs[-1].append(form)
    return [run for run in runs if run]


def words_in(runs):
    """The words, each ideograph one of its own."""
    for run in runs:
        word = []
        for form in run:
            if form & IDEOGRAPH:
                if word:
                    yield word
                yield [form]
                word = []
            else:
                word.append(form)
        if word:
            yield word


def word_ngrams(runs, lo, hi):
    hashes = [hash_of(word) for word in words_in(runs)]
    for n in range(lo, hi + 1):
        for i in range(len(hashes) - n + 1):
            yield hash_of(reversed(hashes[i : i + n]))


def char_ngrams(runs, lo, hi):
    for run in runs:
        padded = [SEPARATOR, *run, SEPARATOR]
        for n in range(lo, hi + 1):
            for i in range(len(padded) - n + 1):
                yield hash_of(padded[i : i + n])


def split_link(link):
    """A link's host, or None, and what stands behind the scheme."""
    text = unquote_to_bytes(link).decode()
    match = re.match(r"(?:[^/?#]*:)?//(?=([^/?#:]*))", text, re.DOTALL)
    return (match[1], text[match.end() :]) if match else (None, text)


def link_runs(link):
    """The whole host, then all words of letters."""
    host, rest = split_link(link)
    host = re.sub(r"^www\.", "", host or "", flags=re.IGNORECASE)
    host_run = [form or ord(c) for c in host for form in folded(c)]
    kinds, forms = "", []
    for c in rest:
        form = folded(c)
        if form:
            is_letter = form != [SEPARATOR] and c not in "0123456789"
            kinds += " " if not is_letter else "U" if "A" <= c <= "Z" else "L"
            forms += form
    words = [forms[m.start() : m.end()] for m in re.finditer(r"U+(?=UL)|U?L+|U+", kinds)]
    return [run for run in [[form for form in host_run if form > DROPPED], *words] if run]


def ngrams_of(text, kind, lo, hi):
    """Every n-gram of a text, as its hash, as often as it stands there."""
    if kind == "words":
        return list(word_ngrams(runs_of(folded(text)), lo, hi))
    if kind == "chars":
        return list(char_ngrams(runs_of(folded(text)), lo, hi))
    if kind == "link_words":
        return list(word_ngrams(link_runs(text), lo, hi))
    return list(char_ngrams(link_runs(text), lo, hi))


def bucket_of(hashed, buckets):
    mixed = ((hashed ^ (hashed >> 32)) * _FACTOR) & _BITS_64
    return mixed >> (64 - (buckets.bit_length() - 1))


def counts_of(text, kind, lo, hi, buckets):
    """From a bucket to how many of the text's n-grams fall into it."""
    return Counter(bucket_of(h, buckets) for h in ngrams_of(text, kind, lo, hi))


class SlowEncoder:
    """The encoder's arithmetic over dicts and floats.

    Args:
        blocks: the encoder's `settings()["blocks"]`, whose order numbers them.
    """

    def __init__(self, settings):
        self.settings = settings
        self.blocks = list(settings["blocks"].values())

    def counts(self, product):
        """For each block, from a key to the count."""
        buckets = self.settings["buckets"]
        return [
            {
                b * buckets + bucket: n
                for bucket, n in counts_of(
                    product.get(block["field"], ""), block["kind"], *block["n"], buckets
                ).items()
            }
            for b, block in enumerate(self.blocks)
        ]

    def fit(self, products):
        self.n = len(products)
        self.df = Counter(key for p in products for block in self.counts(p) for key in block)

    def idf(self, key):
        df = self.df[key] if self.df[key] >= self.settings["min_df"] else 0
        return (math.log((1 + self.n) / (1 + df)) + 1) ** self.settings["idf_power"]

    def weights(self, product):
        """For each block, from a key that was seen to its weight."""
        weighed = []
        for block, counts in zip(self.blocks, self.counts(product), strict=True):
            raw = {key: (1 + math.log(n)) * self.idf(key) for key, n in counts.items()}
            length = math.sqrt(sum(w * w for w in raw.values())) or 1.0
            weighed.append(
                {
                    key: w / length * block["weight"]
                    for key, w in raw.items()
                    if self.df[key] >= self.settings["min_df"]
                }
            )
        return weighed


@pytest.fixture(scope="session")
def slow():
    """The slow encoder and its parts: `encoder(settings)`, `ngrams_of`, `bucket_of`, `hash_of`."""
    return SimpleNamespace(encoder=SlowEncoder, ngrams_of=ngrams_of, bucket_of=bucket_of, hash_of=hash_of)


@pytest.fixture(scope="session")
def batch_of():
    """Make a batch of products of dicts of text fields."""

    def make(products):
        rows = [{name: p.get(name, "") for name in PRODUCT_SCHEMA.names} | {"images": []} for p in products]
        return pa.RecordBatch.from_pylist(rows, PRODUCT_SCHEMA)

    return make
