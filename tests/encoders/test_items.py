"""The images of products."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.items import images_of, item_vectors, mean_by_product


def products(*images: list[tuple[str, str, str]]) -> pa.RecordBatch:
    """Products that are nothing but their images, each (link, sha256, status)."""
    names = ("link", "sha256", "status")
    rows = [[dict(zip(names, image, strict=True)) for image in of_product] for of_product in images]
    return pa.RecordBatch.from_pylist(
        [dict.fromkeys(PRODUCT_SCHEMA.names, "") | {"images": row} for row in rows], schema=PRODUCT_SCHEMA
    )


class TestImagesOf:
    def test_lists_the_images_whose_bytes_are_to_be_had(self) -> None:
        batch = products(
            [("a", "1", "ok"), ("b", "", "missing"), ("c", "3", "ok")],
            [],
            [("http://d", "", "remote")],
            [("e", "", "ok")],
        )
        found = images_of(batch)
        assert found.product.tolist() == [0, 0, 3]
        assert (found.links, found.sha256) == (["a", "c", "e"], ["1", "3", ""])

    def test_counts_products_from_the_start_of_a_slice(self) -> None:
        batch = products([("a", "1", "ok")], [("b", "2", "ok")], [("c", "3", "ok")])
        found = images_of(batch.slice(1, 2))
        assert (found.product.tolist(), found.links) == ([0, 1], ["b", "c"])

    def test_of_no_products_there_are_none(self) -> None:
        assert images_of(products()).links == []


class Lengths:
    """Encodes some bytes as how many they are; an exclamation mark is broken."""

    n_dims = 1

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def fingerprint(self) -> str:
        return "1e"

    def prepare_item(self, data: bytes) -> np.ndarray | None:
        return None if data == b"!" else np.array([len(data)], np.float32)

    def forward_items(self, items: list[np.ndarray]) -> np.ndarray:
        self.sizes.append(len(items))
        return np.array(items, np.float32).reshape(-1, 1)


class TestItemVectors:
    @given(st.lists(st.sampled_from([None, b"!", b"", b"a", b"ab"]), max_size=300))
    def test_come_in_order_and_only_of_what_is_there_and_whole(self, data: list[bytes | None]) -> None:
        chunks = list(item_vectors(Lengths(), [lambda item=item: item for item in data]))
        present = [bool(ok) for _, oks in chunks for ok in oks]
        vectors = [float(v[0]) for some, _ in chunks for v in some]
        assert present == [item not in (None, b"!") for item in data]
        assert vectors == [len(item) for item in data if item not in (None, b"!")]

    def test_are_made_in_chunks_so_that_memory_stays_flat(self) -> None:
        encoder, read = Lengths(), []
        for _ in item_vectors(encoder, [lambda i=i: read.append(i) or b"a" for i in range(1000)]):
            assert len(read) <= sum(encoder.sizes) + 256
        assert max(encoder.sizes) == 128

    def test_a_bug_in_the_encoder_comes_out(self) -> None:
        with pytest.raises(TypeError):
            list(item_vectors(Lengths(), [lambda: 5]))


class TestMeanByProduct:
    def test_averages_a_products_items(self) -> None:
        vectors = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
        means, present = mean_by_product(vectors, np.array([0, 0, 2]), 4)
        assert means.tolist() == [[2, 3], [0, 0], [5, 6], [0, 0]]
        assert present.tolist() == [True, False, True, False]

    @given(st.lists(st.integers(0, 3), max_size=12), st.integers(0, 99))
    def test_a_mean_lies_within_its_items_and_equals_a_loop(self, counts: list[int], seed: int) -> None:
        product = np.repeat(np.arange(len(counts)), counts)
        vectors = np.random.default_rng(seed).normal(size=(len(product), 3)).astype(np.float32)
        means, present = mean_by_product(vectors, product, len(counts))
        assert present.tolist() == [count > 0 for count in counts]
        for row, count in enumerate(counts):
            expected = vectors[product == row].mean(axis=0) if count else np.zeros(3)
            assert means[row] == pytest.approx(expected, abs=1e-5)
