from itertools import pairwise

import numpy as np

from aisle.core.records import TEXT_FIELDS
from aisle.encoders.ngrams.collecting import hash_products
from aisle.encoders.ngrams.settings import NgramSettings, plan_of

PLAN = plan_of(NgramSettings().ordered_blocks())


def rows_of(batch, **options):
    """For each row its keys and weights, block by block."""
    found = []
    for block_ptr, key, weight in hash_products(batch, TEXT_FIELDS, PLAN, 44, **options):
        edges = block_ptr[:: len(PLAN)]
        for a, b in pairwise(edges):
            found.append(dict(zip(key[a:b].tolist(), weight[a:b].tolist(), strict=True)))
    return found


class TestHashProducts:
    def test_a_large_batch_comes_in_parts_that_together_are_its_rows(self, batch_of):
        rng = np.random.default_rng(0)
        words = [f"word{i}" for i in range(300)]
        titles = [" ".join(rng.choice(words, rng.integers(0, 60))) for _ in range(200)]
        batch = batch_of([{"title": t} for t in titles])
        n_parts = len(list(hash_products(batch, TEXT_FIELDS, PLAN, 44, at_once=2**14)))
        assert 1 < n_parts < 200
        alone = [row for i in range(200) for row in rows_of(batch.slice(i, 1))]
        assert rows_of(batch, at_once=2**14) == alone

    def test_blocks_of_a_row_do_not_share_ngrams(self, batch_of):
        batch = batch_of([dict.fromkeys(TEXT_FIELDS, "same words")])
        ((block_ptr, key, _),) = hash_products(batch, TEXT_FIELDS, PLAN, 44)
        blocks = np.repeat(np.arange(len(PLAN)), np.diff(block_ptr))
        assert (key >> 20 == blocks).all()
        assert (np.diff(block_ptr) > 0).all()

    def test_no_rows_are_no_parts(self, batch_of):
        assert list(hash_products(batch_of([]), TEXT_FIELDS, PLAN, 44)) == []

    def test_the_longest_text_may_be_the_last(self, batch_of):
        batch = batch_of([{"title": "a"}, {"title": "b " * 10}, {"link": "http://x.de/" + "aB" * 5000}])
        assert rows_of(batch) == [row for i in range(3) for row in rows_of(batch.slice(i, 1))]
