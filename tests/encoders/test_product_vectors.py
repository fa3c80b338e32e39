"""One vector a product."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.base import build_encoder
from aisle.encoders.cache import VectorCache
from aisle.encoders.product_vectors import encode_products
from aisle.encoders.timm.encoder import TimmEncoder
from aisle.images.hashes import hash_of
from aisle.images.source import ImageSource


def picture(seed: int) -> bytes:
    """A different picture for each number."""
    file = BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((40, 40)).save(file, "PNG")
    return file.getvalue()


class Shop(ImageSource):
    """Images by link, which remembers what was read."""

    def __init__(self, images: dict[str, bytes]) -> None:
        self.images = images
        self.read_links: list[str] = []

    def read(self, link: str, sha256: str) -> bytes | None:
        self.read_links.append(link)
        data = self.images.get(link)
        return data if data is not None and sha256 in ("", hash_of(data)) else None

    def products(self, *links: list[str], hashed: bool = True) -> pa.RecordBatch:
        """Products with images under these links."""
        images = [
            [
                {
                    "link": link,
                    "sha256": hash_of(self.images.get(link, b"")) if hashed else "",
                    "status": "ok",
                }
                for link in of_product
            ]
            for of_product in links
        ]
        return pa.RecordBatch.from_pylist(
            [dict.fromkeys(PRODUCT_SCHEMA.names, "") | {"images": row} for row in images],
            schema=PRODUCT_SCHEMA,
        )


@pytest.fixture(scope="module")
def encoder() -> TimmEncoder:
    return build_encoder(
        "timm", {"architecture": "test_vit", "weights": "none", "size": 32, "model_args": {"img_size": 32}}
    )


@pytest.fixture
def shop() -> Shop:
    return Shop({name: picture(seed) for seed, name in enumerate("abcdef")})


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "cache")


class TestVectors:
    def test_are_those_of_the_encoder(self, encoder: TimmEncoder, shop: Shop, cache: VectorCache) -> None:
        batch = shop.products(["a", "b"], [], ["c"])
        vectors, present = encode_products(encoder, [batch], shop, cache)
        items = [encoder.prepare_item(shop.images[name]) for name in "abc"]
        a, b, c = encoder.forward_items([item for item in items if item is not None])
        assert vectors.dtype == np.float16
        assert present.tolist() == [True, False, True]
        assert np.abs(vectors - np.stack([(a + b) / 2, np.zeros_like(a), c])).max() < 0.01
        assert not vectors[1].any()

    def test_come_in_the_products_order_over_many_batches(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        names = list("abcdef")
        singles = [encode_products(encoder, [shop.products([name])], shop, cache)[0][0] for name in names]
        batches = [shop.products(["f"], ["a"]), shop.products(), shop.products(["e"], ["b"], ["d"])]
        vectors, present = encode_products(encoder, batches, shop, cache)
        assert present.all()
        assert (vectors == np.stack([singles[names.index(name)] for name in "faebd"])).all()

    def test_of_more_products_than_a_slice_are_all_there(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        done: list[int] = []
        vectors, present = encode_products(
            encoder,
            [shop.products(*([["a"], [], ["b"]] * 700))],
            shop,
            cache,
            progress=lambda n=1, note="": done.append(n),
        )
        assert vectors.shape == (2100, encoder.n_dims)
        assert present.sum() == 1400
        assert (vectors[0::3] == vectors[0]).all()
        assert sum(done) == 2100
        assert sorted(shop.read_links) == ["a", "b"]

    def test_of_no_products_there_are_none(self, encoder: TimmEncoder, shop: Shop) -> None:
        vectors, present = encode_products(encoder, [], shop, None)
        assert (vectors.shape, present.shape) == ((0, encoder.n_dims), (0,))

    def test_may_lie_in_a_file(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache, tmp_path: Path
    ) -> None:
        batch = shop.products(["a"], ["b"])
        in_memory, _ = encode_products(encoder, [batch], shop, cache)
        in_file, _ = encode_products(encoder, [batch], shop, cache, folder=tmp_path)
        assert isinstance(in_file, np.memmap)
        assert (in_file == in_memory).all()


class TestUndecodable:
    def told(self, encoder: TimmEncoder, batches: list[pa.RecordBatch], shop: Shop) -> list[bool]:
        parts: list[np.ndarray] = []
        encode_products(encoder, batches, shop, None, undecodable=parts.append)
        return np.concatenate(parts).tolist()

    def test_images_are_told_for_every_product_that_shows_them(
        self, encoder: TimmEncoder, shop: Shop
    ) -> None:
        shop.images["torn"] = b"no image"
        batches = [shop.products(["a", "torn"], [], ["torn"]), shop.products(["b"])]
        assert self.told(encoder, batches, shop) == [False, True, True, False]

    def test_images_are_told_though_nobody_knows_their_hash(self, encoder: TimmEncoder, shop: Shop) -> None:
        shop.images["torn"] = b"no image"
        batch = shop.products(["torn", "gone"], ["a"], hashed=False)
        assert self.told(encoder, [batch], shop) == [True, False, False]

    def test_an_image_that_was_not_to_be_had_is_another_matter(
        self, encoder: TimmEncoder, shop: Shop
    ) -> None:
        batch = shop.products(["gone", "a"])
        silent = pa.array([[{"link": "x", "sha256": "", "status": "missing"}]], batch.schema.types[-1])
        missing = shop.products([]).set_column(7, batch.schema.field(7), silent)
        with pytest.warns(UserWarning, match="1 images changed or went away"):
            assert self.told(encoder, [batch, missing], shop) == [False, False, False]


class ShopInAnotherForm(Shop):
    """Gives small pictures of what its products' hashes are of, and is read fastest from the end."""

    def read(self, link: str, sha256: str) -> bytes | None:
        super().read(link, sha256)
        return picture(99)

    def key(self, link: str, sha256: str) -> str:
        return hash_of(sha256.encode())

    def order(self, links: Sequence[str]) -> list[int]:
        return sorted(range(len(links)), key=lambda row: links[row], reverse=True)


class TestAnotherForm:
    def test_is_not_mistaken_for_the_image_itself(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        other = ShopInAnotherForm(shop.images)
        batch = shop.products(["a"])
        itself, _ = encode_products(encoder, [batch], shop, cache)
        small, present = encode_products(encoder, [batch], other, cache)
        assert present.all()
        assert (small != itself).any()
        assert (encode_products(encoder, [batch], other, cache)[0] == small).all()
        assert other.read_links == ["a"]

    def test_is_read_in_the_order_that_it_wants(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("aisle.encoders.items.n_cores", lambda: 1)
        other = ShopInAnotherForm(shop.images)
        encode_products(encoder, [shop.products(["b"], ["a", "d"], ["c"])], other, cache)
        assert other.read_links == ["d", "c", "b", "a"]


class TestReading:
    def test_every_distinct_image_is_read_once(self, encoder: TimmEncoder, shop: Shop) -> None:
        shop.images["copy"] = shop.images["a"]
        batches = [shop.products(["a", "b"], ["copy"]), shop.products(["b"], ["a"])]
        encode_products(encoder, batches, shop, None)
        assert sorted(shop.read_links) == ["a", "b"]

    def test_without_a_cache_the_vectors_are_the_same_and_nothing_is_left(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache, tmp_path: Path
    ) -> None:
        batches = [shop.products(["a", "b"], ["c"]), shop.products([], ["b"])]
        kept, _ = encode_products(encoder, batches, shop, cache)
        (tmp_path / "result").mkdir()
        for folder in (None, tmp_path / "result"):
            shop.read_links.clear()
            vectors, _ = encode_products(encoder, batches, shop, None, folder=folder)
            assert (vectors == kept).all()
            assert sorted(shop.read_links) == ["a", "b", "c"]
        assert len(list((tmp_path / "result").iterdir())) == 1

    def test_no_image_is_read_whose_vector_is_cached(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        batch = shop.products(["a", "b"], ["c"])
        first, _ = encode_products(encoder, [batch], shop, cache)
        shop.read_links.clear()
        second, present = encode_products(encoder, [batch], shop, cache)
        assert shop.read_links == []
        assert (second == first).all()
        without_source, _ = encode_products(encoder, [batch], None, cache)
        assert (without_source == first).all()
        assert present.all()

    def test_an_image_whose_hash_nobody_knows_is_read_and_hashed(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        known, _ = encode_products(encoder, [shop.products(["a"], ["b"])], shop, cache)
        unknown, present = encode_products(
            encoder, [shop.products(["a"], ["b"], ["nowhere"], hashed=False)], shop, cache
        )
        assert (unknown[:2] == known).all()
        assert present.tolist() == [True, True, False]

    def test_a_vector_too_large_for_16_bits_stays_finite(self, shop: Shop) -> None:
        class Loud:
            n_dims = 2

            def fingerprint(self) -> str:
                return "10d"

            def prepare_item(self, data: bytes) -> np.ndarray:
                return np.zeros(2)

            def forward_items(self, items: list[np.ndarray]) -> np.ndarray:
                return np.full((len(items), 2), [1e9, -1e9], np.float32)

        vectors, _ = encode_products(Loud(), [shop.products(["a"])], shop, None)
        assert vectors.tolist() == [[65504.0, -65504.0]]


class TestAbsentEvidence:
    def test_broken_and_missing_images_count_for_nothing(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        shop.images["broken"] = shop.images["a"][:60]
        batches = [
            shop.products(["a"], ["a", "broken"], ["broken"]),
            shop.products(["nowhere"], hashed=False),
        ]
        for _ in range(2):
            vectors, present = encode_products(encoder, batches, shop, cache)
            assert present.tolist() == [True, True, False, False]
            assert (vectors[1] == vectors[0]).all()
            assert not vectors[2:].any()

    def test_an_image_that_changed_since_it_was_hashed_counts_for_nothing_and_says_so(
        self, encoder: TimmEncoder, shop: Shop, cache: VectorCache
    ) -> None:
        batch = shop.products(["a"], ["b"])
        shop.images["a"] = shop.images["c"]
        with pytest.warns(
            UserWarning, match="1 images changed or went away since .* 'a'; they count as missing: run"
        ):
            _, present = encode_products(encoder, [batch], shop, cache)
        assert present.tolist() == [False, True]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert encode_products(encoder, [shop.products(["a"])], shop, cache)[1].all()

    def test_so_does_one_that_went_away(self, encoder: TimmEncoder, shop: Shop, cache: VectorCache) -> None:
        batch = shop.products(["a"], ["b"])
        del shop.images["a"]
        with pytest.warns(UserWarning, match="1 images changed or went away"):
            _, present = encode_products(encoder, [batch], shop, cache)
        assert present.tolist() == [False, True]
