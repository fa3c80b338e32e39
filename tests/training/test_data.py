"""What training knows of its products: above all, which of them really have an image."""

import io

import numpy as np
import pyarrow.compute as pc
import pytest
from PIL import Image

from aisle.catalogue import open_catalogue
from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.catalogue.splits import SplitRatio
from aisle.core.errors import AisleError
from aisle.core.records import mask_name
from aisle.training.collecting import Workplace, collect_evidence
from aisle.training.data import read_training_data
from aisle.training.recipe import read_recipe

IMAGES = {"whole": True, "broken": True, "page": True, "none": False}


def _png(number):
    file = io.BytesIO()
    Image.new("RGB", (20, 20), (40 * number % 256, 90, 120)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """40 products: a whole image, a broken one, a web page in place of one, and no image, in turn."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "images").mkdir()
    rows = ["id\ttitle\tproduct_type\timage_link"]
    for number in range(40):
        kind = list(IMAGES)[number % 4]
        data = {"whole": _png(number), "broken": _png(number)[:60], "page": b"<!doctype html>%d" % number}
        if IMAGES[kind]:
            (folder / f"images/{number}.png").write_bytes(data[kind])
        link = f"{number}.png" if IMAGES[kind] else ""
        rows.append(f"{kind}-{number}\tthing {number}\t{'A' if number % 8 < 4 else 'B'}\t{link}")
    (folder / "feed.tsv").write_text("\n".join(rows) + "\n")
    settings = IngestSettings(taxonomy="from-labels", images=folder / "images")
    ingest([str(folder / "feed.tsv")], settings, folder / "catalogue")
    return open_catalogue(folder / "catalogue")


def _ids(catalogue, data):
    return [i for batch in catalogue.batches(data.splits, columns=["id"]) for i in batch["id"].to_pylist()]


def _evident(catalogue, recipe, folder):
    """The masks of a training's products, once its encoders have looked at them."""
    data = read_training_data(catalogue, 0.2)
    encoders = recipe.build_encoders()
    evidence = collect_evidence(
        encoders, catalogue, data.splits, Workplace(folder=folder, cache=None, threads=1)
    )
    seen = [one.images_seen for one in evidence.values() if one.images_seen is not None]
    read = [name for encoder in encoders.values() for name in encoder.fields]
    return _ids(catalogue, data), data, data.as_seen(read, seen)


class TestMasks:
    def test_a_broken_image_is_no_evidence_and_the_mask_says_so(self, catalogue, quick, tmp_path):
        ids, before, data = _evident(catalogue, read_recipe("multimodal", quick), tmp_path)
        masks = zip(ids, before.fields[: len(ids)], strict=True)
        assert {i.partition("-")[0] for i, mask in masks if mask & 32} == {
            "whole",
            "broken",
            "page",
        }
        for name, mask in zip(ids, data.fields[: len(ids)], strict=True):
            assert mask_name(int(mask)) == ("title+image" if name.startswith("whole") else "title")

    def test_what_no_encoder_looks_at_does_not_speak(self, catalogue, tmp_path):
        _, _, data = _evident(catalogue, read_recipe("text_small", ()), tmp_path)
        assert {mask_name(int(mask)) for mask in data.fields} == {"title"}

    def test_so_the_text_of_a_training_on_images_alone(self, catalogue, quick, tmp_path):
        _, _, data = _evident(catalogue, read_recipe("image_small", quick), tmp_path)
        assert {mask_name(int(mask)) for mask in data.fields} == {"image", "none"}

    def test_an_image_that_one_of_two_encoders_saw_is_there(self, catalogue):
        data = read_training_data(catalogue, 0.2)
        first, second = np.zeros((2, len(data.fields)), np.bool_)
        first[0] = second[1] = True
        fields = data.as_seen(["image"], [first, second]).fields
        assert (fields & 32 > 0).tolist() == [True, True, *[False] * (len(fields) - 2)]


class TestCategoryNames:
    def test_come_after_the_products_each_labelled_with_its_leaf(self, catalogue):
        data = read_training_data(catalogue, 0.2)
        n = catalogue.count("train")
        assert data.names.tolist() == list(range(n, n + data.n_leaves))
        assert data.labels.take(data.names).start.tolist() == list(range(data.n_leaves))
        assert not np.isin(data.names, np.concatenate([data.train, data.fit, data.held_out])).any()

    def test_are_left_alone_where_nothing_reads_titles(self, catalogue, quick, tmp_path):
        _, _, data = _evident(catalogue, read_recipe("image_small", quick), tmp_path)
        assert data.names.tolist() == []

    def test_do_not_count_as_products_of_their_category(self, catalogue):
        data = read_training_data(catalogue, 0.2)
        assert data.label_counts.sum() == len(data.train)


class TestImages:
    def test_are_counted_by_status(self, catalogue):
        data = read_training_data(catalogue, 0.2)
        n_images = sum(
            pc.sum(pc.list_value_length(batch["images"])).as_py()
            for batch in catalogue.batches(data.splits, columns=["images"])
        )
        assert data.images == {"ok": n_images}

    def test_what_is_known_of_them_tells_trainings_apart(self, catalogue, tmp_path):
        digest = read_training_data(catalogue, 0.2).images_digest
        assert read_training_data(catalogue, 0.2).images_digest == digest
        source = catalogue.image_roots[0]
        for path in source.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        same = open_catalogue(catalogue.path, tmp_path)
        assert read_training_data(same, 0.2).images_digest == digest
        (tmp_path / "0.png").write_bytes(_png(99))
        (tmp_path / "4.png").write_bytes(_png(98))
        (tmp_path / "8.png").write_bytes(_png(97))
        assert read_training_data(same, 0.2).images_digest != digest


def test_the_groups_of_the_held_out_are_those_of_the_catalogue(tmp_path):
    """Products of one title are one group; a share of the groups is held out."""
    rows = [f"{i}\ttitle {i % 25}\t{'AB'[i % 2]}\n" for i in range(100)]
    (tmp_path / "feed.tsv").write_text("id\ttitle\tproduct_type\n" + "".join(rows))
    settings = IngestSettings(taxonomy="from-labels", split_ratio=SplitRatio.parse("100/0/0"))
    ingest([str(tmp_path / "feed.tsv")], settings, tmp_path / "catalogue")
    made = open_catalogue(tmp_path / "catalogue")
    data = read_training_data(made, 0.4)
    titles = np.array(
        [t for batch in made.batches(["train"], columns=["title"]) for t in batch["title"].to_pylist()]
    )
    held = titles[data.held_out]
    pairs = set(zip(held.tolist(), data.held_out_groups.tolist(), strict=True))
    assert 1 < len(pairs) == len(set(held)) == len(set(data.held_out_groups)) < len(held) < 100


class TestTooLittleToHoldOut:
    def refused(self, tmp_path, n, validation, *, share=(100, 0, 0), title="thing {}"):
        rows = [f"{i}\t{title.format(i)}\t{'AB'[i % 2]}" for i in range(n)]
        (tmp_path / "feed.tsv").write_text("\n".join(["id\ttitle\tproduct_type", *rows]) + "\n")
        settings = IngestSettings(taxonomy="from-labels", split_ratio=SplitRatio(*share))
        ingest([str(tmp_path / "feed.tsv")], settings, tmp_path / "catalogue")
        with pytest.raises(AisleError) as error:
            read_training_data(open_catalogue(tmp_path / "catalogue"), validation)
        return str(error.value).partition(": ")[2]

    def test_an_empty_split_val_has_a_remedy_that_works(self, tmp_path):
        assert self.refused(tmp_path, 40, "val") == (
            "no product is held out to choose the best epoch: its split 'val' is empty; hold out a share of "
            "'train' with --set training.validation=0.1"
        )
        assert len(read_training_data(open_catalogue(tmp_path / "catalogue"), 0.1).held_out)

    @pytest.mark.parametrize("validation", ["val", 0.0001])
    def test_of_a_few_products_no_share_is_offered(self, tmp_path, validation):
        assert self.refused(tmp_path, 4, validation) == (
            "no product is held out to choose the best epoch: it has 4 for both, which are too few; ingest "
            "some dozens at least"
        )

    @pytest.mark.parametrize(("validation", "size"), [(0.0001, "larger"), (0.9999, "smaller")])
    def test_a_share_that_does_not_fit_is_to_change_in_the_right_direction(self, tmp_path, validation, size):
        told = self.refused(tmp_path, 40, validation, title="one thing")
        assert told.endswith(f"use a {size} share, or ingest more products")
