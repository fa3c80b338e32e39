"""The data sets that the project's figures are made on, with the counts that their READMEs tell."""

import pytest

from aisle.catalogue.splits import SplitRatio, SplitRule

pytestmark = pytest.mark.data


def made(catalogue):
    manifest = catalogue.manifest
    assert (manifest.unreadable, manifest.doubles) == (0, 0)
    return {name: n for name, n in manifest.splits.items() if n}, manifest


def test_mwpd_has_282_paths_and_129_validation_titles_in_train(data_folder, ingested):
    splits, manifest = made(
        ingested(
            str(data_folder / "mwpd/*.jsonl.gz"),
            label_columns=("lvl1", "lvl2", "lvl3"),
            split=SplitRule("file"),
        )
    )
    assert splits == {"train": 10_012, "val": 3_000}
    assert (manifest.leaves, manifest.leaves_trained, manifest.labels["resolved"]) == (282, 282, 13_012)
    assert manifest.links_across_splits["val"] == 129
    assert manifest.fields["merchant_category"] == 13_012 - 1_257 - 355 - 2


def test_flipkart_pruned_has_1077_nodes_708_leaves_and_332_rows_without_a_label(data_folder, ingested):
    splits, manifest = made(ingested(str(data_folder / "flipkart/flipkart.csv.gz"), min_products=5))
    assert (manifest.nodes, manifest.leaves) == (1_077, 708)
    assert manifest.labels == {"resolved": 19_668, "none": 323, "unresolved": 0, "pruned": 9}
    assert manifest.n_labels == 1_002  # the README's 1,003rd is the empty one
    assert splits["unlabelled"] == 332


def test_flipkart_with_leaves_for_inner_labels_splits_85_to_15(data_folder, ingested):
    splits, manifest = made(
        ingested(
            str(data_folder / "flipkart/flipkart.csv.gz"),
            min_products=5,
            inner_labels="other",
            split_ratio=SplitRatio(85, 0, 15),
        )
    )
    assert manifest.leaves == manifest.n_labels == 1_002
    assert set(splits) == {"train", "test", "unlabelled"}
    assert splits["test"] / 19_668 == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize(
    ("name", "splits", "leaves"),
    [
        ("grocery", {"train": 2_640, "val": 296}, 81),
        ("clothing", {"train": 3_068, "val": 341}, 10),
        ("myntra", {"train": 30_810, "val": 6_569}, 165),
    ],
)
def test_image_sets_have_their_own_splits_and_every_image(data_folder, ingested, name, splits, leaves):
    found, manifest = made(
        ingested(
            str(data_folder / name / "feed.tsv"),
            split=SplitRule("column", "split"),
            images=data_folder / name,
        )
    )
    assert (found, manifest.leaves) == (splits, leaves)
    assert manifest.images == {"ok": sum(splits.values())}
