import json

import numpy as np
import pytest
from hypothesis import assume, given, settings

from aisle.core.errors import AisleError
from aisle.core.records import mask_of
from aisle.evaluation.metrics import METRICS
from aisle.evaluation.report import FORMAT, Settings, evaluate
from aisle.evaluation.resampling import Resampling
from strategies import answered_products

QUICK = Settings(resampling=Resampling(n_resamples=64))

MIXED = [("Winter", "Winter"), ("Rain", "Boots"), ("Hats", "Leather"), ("Hats", 2), ("Hats", None)]


def part(report, kind, name):
    return next(figures for figures in report.by[kind] if figures.name == name)


def leaf_accuracy(figures):
    return figures.metrics["accuracy"]["leaf"]["micro"]["value"]


class TestCounts:
    def test_every_product_is_counted_once(self, judged):
        counts = evaluate(*judged(*MIXED, unseen=["Leather"])).counts
        assert (counts.n_products, counts.n_scored, counts.n_unlabelled) == (5, 4, 1)
        assert (counts.n_leaf, counts.n_inner, counts.n_outside) == (2, 1, 1)
        assert (counts.n_unseen, counts.n_groups) == (2, 4)

    def test_products_without_any_label_are_an_error_that_says_so(self, judged):
        with pytest.raises(AisleError, match="none of the 2 products has a label"):
            evaluate(*judged(("Hats", None), ("Rain", None)))

    @given(answered_products())
    @settings(max_examples=30)
    def test_they_add_up(self, case):
        assume(case[1].is_scored.any())
        report = evaluate(*case, QUICK)
        counts = report.counts
        assert counts.n_products == counts.n_scored + counts.n_unlabelled
        assert counts.n_scored == counts.n_leaf + counts.n_inner + counts.n_outside
        assert counts.n_scored == report.overall.n_products
        for kind in ("label", "seen", "merchant", "evidence", "split"):
            assert sum(figures.n_products for figures in report.by[kind]) == counts.n_scored
        assert sum(f.n_products for f in report.by["training_frequency"]) == counts.n_scored - counts.n_inner


class TestParts:
    def test_labels_at_inner_nodes_are_reported_apart_and_in_all(self, judged):
        report = evaluate(*judged(*MIXED))
        assert leaf_accuracy(part(report, "label", "leaf")) == 0.5
        assert leaf_accuracy(part(report, "label", "inner")) == 1.0
        assert leaf_accuracy(report.overall) == 0.5

    def test_classes_that_training_never_saw_are_reported_apart_and_wrong(self, judged):
        report = evaluate(*judged(("Winter", "Winter"), ("Rain", "Rain"), unseen=["Rain"]))
        assert leaf_accuracy(part(report, "seen", "seen")) == 1.0
        assert leaf_accuracy(part(report, "seen", "unseen")) == 0.0
        assert leaf_accuracy(part(report, "training_frequency", "0")) == 0.0
        assert leaf_accuracy(report.overall) == 0.5

    def test_unseen_classes_that_were_told_all_the_same_are_counted(self, judged):
        pairs = [("Winter", "Winter"), ("Rain", "Rain"), ("Winter", "Rain"), ("Rain", "Winter")]
        counts = evaluate(*judged(*pairs, unseen=["Rain"])).counts
        assert (counts.n_unseen, counts.n_unseen_told) == (2, 1)
        assert evaluate(*judged(*pairs)).counts.n_unseen_told == 0

    def test_large_merchants_stand_alone(self, judged):
        merchant = ["a", "b", "b", "c"]
        pairs = [("Hats", "Hats"), ("Hats", "Rain"), ("Hats", "Hats"), ("Hats", "Rain")]
        report = evaluate(*judged(*pairs, merchant=merchant), Settings(n_merchants=1))
        assert [figures.name for figures in report.by["merchant"]] == ["b", "(others)"]
        assert [leaf_accuracy(figures) for figures in report.by["merchant"]] == [0.5, 0.5]

    def test_evidence_is_named_by_the_fields_present(self, judged):
        answers, *rest = judged(("Hats", "Hats"), ("Hats", "Rain"))
        answers.mask[:] = np.array([mask_of("title+image"), mask_of("title")])
        report = evaluate(answers, *rest)
        assert leaf_accuracy(part(report, "evidence", "title+image")) == 1.0
        assert leaf_accuracy(part(report, "evidence", "title")) == 0.0

    def test_a_part_is_scored_as_its_products_alone_would_be(self, judged):
        merchant = ["a", "b", "a", "b"]
        pairs = [("Hats", "Hats"), ("Rain", "Winter"), ("Winter", "Boots"), ("Winter", "Winter")]
        mixed = part(evaluate(*judged(*pairs, merchant=merchant)), "merchant", "b")
        alone = evaluate(*judged(pairs[1], pairs[3], group=[1, 3])).overall
        assert mixed.metrics == alone.metrics


class TestJson:
    def test_the_file_is_strict_json_with_a_version_and_every_metric(self, judged, tmp_path):
        evaluate(*judged(*MIXED)).write(tmp_path / "metrics.json", {"model": "m"})
        document = json.loads((tmp_path / "metrics.json").read_text("utf-8"), parse_constant=pytest.fail)
        assert document["format"] == FORMAT
        assert document["model"] == "m"
        assert document["tree"] == {"n_levels": 3, "n_leaves": 5}
        assert set(METRICS.names()) < set(document["overall"])
        assert set(document["by"]) == {
            "label", "seen", "training_frequency", "merchant", "evidence", "split",
        }  # fmt: skip

    def test_fixed_parts_are_there_even_where_they_are_empty(self, judged):
        by = evaluate(*judged(("Hats", "Hats"))).as_json()["by"]
        assert [figures["name"] for figures in by["label"]] == ["leaf", "inner", "outside"]
        assert [figures["name"] for figures in by["training_frequency"]] == [
            "0", "1-4", "5-19", "20-99", "100+",
        ]  # fmt: skip
        assert by["label"][1]["accuracy"]["leaf"]["micro"] == {"value": None, "low": None, "high": None}

    @given(answered_products())
    @settings(max_examples=30)
    def test_it_is_the_same_twice(self, case):
        assume(case[1].is_scored.any())
        text = json.dumps(evaluate(*case, QUICK).as_json(), allow_nan=False)
        assert text == json.dumps(evaluate(*case, QUICK).as_json(), allow_nan=False)
