import pytest

from aisle.evaluation.top_k import top_k

TOP = [["Winter", "Rain", "Sandals", "Hats", "Leather"]] * 4


def test_each_k_is_the_share_with_a_right_leaf_among_the_k_most_probable(scored):
    pairs = [("Winter", label) for label in ("Winter", "Rain", "Hats", "Leather")]
    found = top_k(scored(*pairs, top=TOP))
    assert [found[f"top_{k}"]["value"] for k in (1, 3, 5)] == [0.25, 0.5, 1.0]


def test_the_most_probable_leaf_need_not_be_where_the_path_ends(scored):
    assert top_k(scored(("Hats", "Hats"), top=[["Winter", "Hats"]]))["top_1"]["value"] == 0.0


def test_each_carries_an_interval(scored):
    found = top_k(scored(*[("Winter", "Winter"), ("Winter", "Hats")] * 20, top=TOP * 10))["top_1"]
    assert found["low"] < found["value"] < found["high"]
    assert found["value"] == pytest.approx(0.5)


def test_more_leaves_than_the_answers_name_are_null(scored):
    found = top_k(scored(("Hats", "Hats"), ("Hats", "Rain"), top=[["Hats", "Rain"]] * 2))
    assert found["top_1"]["value"] == 0.5
    assert found["top_3"] == found["top_5"] == {"value": None, "low": None, "high": None}
