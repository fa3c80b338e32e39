"""A catalogue is read in batches, by split and column, and found damaged where it is."""

import json
from hashlib import sha256

import bson
import pytest

from aisle.catalogue import open_catalogue
from aisle.catalogue.splits import SplitRule
from aisle.core.errors import AisleError
from aisle.core.schemas import CATALOGUE_SCHEMA

FOLDS = ("train", "val", "other", "train")


@pytest.fixture
def catalogue(feed, ingested):
    rows = [{"id": str(i), "title": f"t{i}", "product_type": "A", "fold": FOLDS[i % 4]} for i in range(1000)]
    return ingested(feed("a.tsv", rows), split=SplitRule("column", "fold"))


class TestBatches:
    def test_all_products_come_in_order(self, catalogue):
        ids = [i for batch in catalogue.batches() for i in batch["id"].to_pylist()]
        assert ids == [str(i) for i in range(1000)]

    def test_those_of_some_splits_come_in_order_and_in_full_batches(self, catalogue):
        batches = list(catalogue.batches(["train"], columns=["id"], batch_rows=64))
        assert [len(batch) for batch in batches] == [64] * 7 + [52]
        ids = [i for batch in batches for i in batch["id"].to_pylist()]
        assert ids == [str(i) for i in range(1000) if i % 4 in (0, 3)]

    def test_columns_come_as_they_were_asked_for(self, catalogue):
        batch = next(catalogue.batches(["val"], columns=["label", "id"]))
        assert batch.schema.names == ["label", "id"]
        assert batch.schema.field("label") == CATALOGUE_SCHEMA.field("label")

    def test_a_split_without_products_gives_none(self, catalogue):
        assert list(catalogue.batches(["test"])) == []

    def test_an_unknown_split_is_an_error_that_names_the_nearest(self, catalogue):
        with pytest.raises(AisleError, match="no split is called 'tests'; did you mean 'test'"):
            next(catalogue.batches(["tests"]))

    def test_a_missing_file_is_told(self, catalogue):
        (catalogue.path / "products/part-00000.parquet").unlink()
        with pytest.raises(AisleError, match=r"part-00000\.parquet: is missing"):
            next(catalogue.batches())


def test_counts_are_those_of_the_splits(catalogue):
    assert [catalogue.count(name) for name in ("train", "val", "other", "test")] == [500, 250, 250, 0]


def test_the_fingerprint_changes_with_the_products(feed, ingested, catalogue):
    before = catalogue.fingerprint()
    assert open_catalogue(catalogue.path).fingerprint() == before
    assert ingested(feed("b.tsv", [{"id": "1", "product_type": "A"}]), out="b").fingerprint() != before


class TestOpening:
    def test_a_folder_that_is_none_is_refused(self, tmp_path):
        with pytest.raises(AisleError, match=r"holds no catalogue\.json, so it is no catalogue"):
            open_catalogue(tmp_path)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda made: made | {"format": 2}, "catalogue format 2, this version of Aisle reads 1"),
            (lambda made: made | {"format": "x"}, "catalogue format 'x', this version of Aisle reads 1"),
            (lambda made: made | {"read": 1}, "is damaged"),
            (lambda made: {k: v for k, v in made.items() if k != "splits"}, "is damaged"),
            (lambda made: [], "is not a catalogue's manifest"),
        ],
    )
    def test_a_manifest_that_is_not_as_it_must_be_is_refused(self, catalogue, change, words):
        path = catalogue.path / "catalogue.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
        with pytest.raises(AisleError, match=words):
            open_catalogue(catalogue.path)


class TestImages:
    @pytest.fixture
    def inline(self, tmp_path, ingested):
        """A catalogue of a feed that holds its images itself."""
        records = [
            {"_id": i, "category_id": 7, "imgs": [{"picture": f"pixels {i % 2}".encode()}]} for i in range(3)
        ]
        (tmp_path / "train.bson").write_bytes(b"".join(bson.encode(record) for record in records))
        return ingested(str(tmp_path / "train.bson"), label_columns=("category_id",), out="old")

    def test_those_of_the_feed_itself_are_kept_in_the_catalogue(self, inline, products):
        digests = {sha256(f"pixels {i}".encode()).hexdigest() for i in range(2)}
        kept = {
            str(p.relative_to(inline.path / "images"))
            for p in (inline.path / "images").rglob("*")
            if p.is_file()
        }
        assert kept == {f"{digest[:2]}/{digest}" for digest in digests}
        image = products(inline)["2"]["images"][0]
        assert inline.images().read(image["link"], image["sha256"]) == b"pixels 0"
        assert inline.manifest.image_roots == ["images"]

    def test_a_catalogue_may_be_moved_with_its_images(self, inline, tmp_path, products):
        moved = open_catalogue(inline.path.rename(tmp_path / "elsewhere"))
        image = products(moved)["1"]["images"][0]
        assert moved.images().read(image["link"], image["sha256"]) == b"pixels 1"

    def test_they_are_still_there_when_it_grows_and_a_folder_joins_them(
        self, inline, feed, ingested, tmp_path, products
    ):
        (tmp_path / "pictures").mkdir()
        (tmp_path / "pictures/1.jpg").write_bytes(b"jpeg")
        more = feed("more.tsv", [{"id": "x", "category_id": "7", "image_link": "1.jpg"}])
        grown = ingested(more, extend=inline.path, images=tmp_path / "pictures")
        found = products(grown)
        for name, data in (("1", b"pixels 1"), ("x", b"jpeg")):
            image = found[name]["images"][0]
            assert grown.images().read(image["link"], image["sha256"]) == data
        assert grown.manifest.image_roots == ["images", str(tmp_path / "pictures")]

    def test_a_folder_that_is_gone_is_told(self, feed, ingested, tmp_path):
        (tmp_path / "pictures").mkdir()
        catalogue = ingested(feed("a.tsv", [{"id": "1", "product_type": "A"}]), images=tmp_path / "pictures")
        (tmp_path / "pictures").rmdir()
        with pytest.raises(AisleError, match="pictures: no such folder"):
            catalogue.images()


class TestImagesNamedLater:
    """`--images` of train and evaluate: the links are looked up anew."""

    def test_give_a_catalogue_that_was_made_without_them_its_pictures(self, feed, ingested, tmp_path):
        rows = [{"id": "1", "product_type": "A", "image_link": "1.jpg"}]
        catalogue = ingested(feed("a.tsv", rows))
        assert statuses(catalogue) == ["no_root"]
        (tmp_path / "pictures").mkdir()
        (tmp_path / "pictures/1.jpg").write_bytes(b"pixels")
        with_them = open_catalogue(catalogue.path, tmp_path / "pictures")
        assert statuses(with_them) == ["ok"]
        assert with_them.images().read("1.jpg", sha256(b"pixels").hexdigest()) == b"pixels"

    def test_leave_what_the_catalogue_found_and_they_have_not(self, feed, ingested, tmp_path):
        for name in ("old", "new"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "both.jpg").write_bytes(name.encode())
        (tmp_path / "old/1.jpg").write_bytes(b"one")
        rows = [
            {"id": "1", "product_type": "A", "image_link": "1.jpg"},
            {"id": "2", "product_type": "A", "image_link": "both.jpg"},
        ]
        catalogue = ingested(feed("a.tsv", rows), images=tmp_path / "old")
        both = open_catalogue(catalogue.path, tmp_path / "new")
        images = [image for row in both.batches() for [image] in row["images"].to_pylist()]
        assert [image["status"] for image in images] == ["ok", "ok"]
        assert [both.images().read(image["link"], image["sha256"]) for image in images] == [b"one", b"new"]

    def test_stand_in_for_a_folder_that_is_gone(self, feed, ingested, tmp_path):
        (tmp_path / "old").mkdir()
        (tmp_path / "old/1.jpg").write_bytes(b"one")
        rows = [{"id": "1", "product_type": "A", "image_link": "1.jpg"}]
        catalogue = ingested(feed("a.tsv", rows), images=tmp_path / "old")
        (tmp_path / "old").rename(tmp_path / "moved")
        found = open_catalogue(catalogue.path, tmp_path / "moved")
        assert found.images().read("1.jpg", sha256(b"one").hexdigest()) == b"one"

    def test_that_were_downloaded_answer_for_addresses(self, feed, ingested, tmp_path, fetch, picture_shop):
        (tmp_path / "plain").mkdir()
        (tmp_path / "plain/1.jpg").write_bytes(b"one")
        links = [picture_shop.address("/0.png"), picture_shop.address("/fault/404/x.jpg"), "1.jpg"]
        rows = [{"id": str(n), "product_type": "A", "image_link": link} for n, link in enumerate(links)]
        catalogue = ingested(feed("a.tsv", rows), images=tmp_path / "plain")
        assert statuses(catalogue) == ["remote", "remote", "ok"]
        fetch(catalogue.path, tmp_path / "images")
        found = open_catalogue(catalogue.path, tmp_path / "images")
        assert statuses(found) == ["ok", "missing", "ok"]
        images = [image for row in found.batches() for [image] in row["images"].to_pylist()]
        assert found.images().read(links[0], images[0]["sha256"]).startswith(b"\xff\xd8\xff")
        assert found.images().read("1.jpg", images[2]["sha256"]) == b"one"

    def test_that_were_downloaded_may_be_the_image_folder_of_an_ingest(
        self, feed, ingested, tmp_path, fetch, picture_shop
    ):
        link = picture_shop.address("/0.png")
        rows = [{"id": "1", "product_type": "A", "image_link": link}]
        first = ingested(feed("a.tsv", rows))
        fetch(first.path, tmp_path / "images")
        again = ingested(feed("a.tsv", rows), images=tmp_path / "images", out="again")
        assert again.manifest.images == {"ok": 1}
        assert again.images().read(link, picture_shop.hash_of("/0.png"))
        assert fetch(again.path, tmp_path / "images").n_addresses == 1
        assert fetch(again.path, tmp_path / "more").by_status == {"ok": 1}

    @pytest.mark.parametrize("what", ["nowhere", "unfinished"])
    def test_must_be_there_and_whole(self, feed, ingested, tmp_path, what):
        (tmp_path / "unfinished").mkdir()
        (tmp_path / "unfinished/images.json").write_text('{"format": 1}')
        catalogue = ingested(feed("a.tsv", [{"id": "1", "product_type": "A"}]))
        with pytest.raises(AisleError, match=r"no such folder|no download was finished"):
            open_catalogue(catalogue.path, tmp_path / what)


def statuses(catalogue):
    return [image["status"] for row in catalogue.batches() for [image] in row["images"].to_pylist()]
