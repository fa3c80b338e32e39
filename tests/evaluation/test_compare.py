import json
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.evaluation.compare import compare, mcnemar
from aisle.evaluation.peer import answers_of_nodes
from strategies import answered_products


class TestMcNemar:
    def test_an_even_share_is_no_difference(self):
        assert mcnemar(7, 7).p_value == 1.0
        assert mcnemar(0, 0).p_value == 1.0

    def test_small_numbers_are_summed_exactly(self):
        """1 of 9: 2 (1 + 9) / 2^9."""
        test = mcnemar(1, 8)
        assert (test.p_value, test.method) == (20 / 512, "exact")

    def test_a_textbook_case(self):
        """59 and 6 discordant pairs: far beyond chance."""
        tail = sum(comb(65, k) for k in range(7))
        assert mcnemar(59, 6).p_value == pytest.approx(2 * tail / 2**65)

    def test_large_numbers_use_the_corrected_chi_square(self):
        """(|600 - 500| - 1)^2 / 1100 = 8.91; its upper tail with one degree of freedom is 0.00284."""
        test = mcnemar(600, 500)
        assert test.method == "chi2"
        assert test.p_value == pytest.approx(0.00284, abs=1e-5)

    def test_both_methods_agree_where_they_meet(self):
        assert mcnemar(540, 460).p_value == pytest.approx(mcnemar(541, 460).p_value, rel=0.1)

    @given(st.integers(0, 3000), st.integers(0, 3000))
    def test_the_sides_can_be_swapped(self, a, b):
        assert mcnemar(a, b).p_value == mcnemar(b, a).p_value
        assert 0 <= mcnemar(a, b).p_value <= 1


@pytest.fixture
def sides(judged, tree):
    """Two sets of answers for 400 products: the first is right on 80 %, the second on 70 % of the same."""

    def make(first_share=0.8, second_share=0.7, n=400):
        dice = np.random.default_rng(0).random(n)
        _, truth, _, training = judged(*[("Hats", "Winter")] * n)
        right, wrong = tree.find("Winter"), tree.find("Sandals")
        answers = [
            answers_of_nodes(tree, np.where(dice < share, right, wrong))
            for share in (first_share, second_share)
        ]
        return (*answers, truth, tree, training)

    return make


def test_each_side_s_accuracy_and_the_difference_are_told(sides):
    found = compare(*sides())
    leaf = found["leaf"]
    assert leaf["difference"]["micro"]["value"] == pytest.approx(
        leaf["first"]["micro"] - leaf["second"]["micro"]
    )
    assert found["n_products"] == found["n_groups"] == 400


def test_products_on_which_one_side_alone_is_right_are_counted(sides):
    leaf = compare(*sides())["leaf"]
    n_apart = 400 * leaf["difference"]["micro"]["value"]
    assert leaf["mcnemar"]["n_only_first"] == pytest.approx(n_apart)
    assert leaf["mcnemar"]["n_only_second"] == 0
    assert leaf["mcnemar"]["p_value"] < 1e-6


def test_the_bootstrap_is_paired(sides):
    """Both sides are right on the same products but for a tenth: paired, the difference is far surer than the
    sides' own intervals would let one think."""
    micro = compare(*sides())["leaf"]["difference"]["micro"]
    assert 0 < micro["low"] < micro["value"] < micro["high"]
    d = micro["value"]
    assert micro["high"] - micro["low"] == pytest.approx(2 * 1.96 * np.sqrt(d * (1 - d) / 400), rel=0.2)


def test_levels_at_which_both_are_right_show_no_difference(sides):
    level = compare(*sides())["levels"][0]
    assert level["difference"]["micro"] == {"value": 0.0, "low": None, "high": None}
    assert level["mcnemar"]["p_value"] == 1.0


def test_swapping_the_sides_turns_the_difference_round(sides):
    first, second, *rest = sides()
    there, back = compare(first, second, *rest)["leaf"], compare(second, first, *rest)["leaf"]
    assert there["difference"]["macro"]["low"] == pytest.approx(-back["difference"]["macro"]["high"])
    assert there["mcnemar"]["p_value"] == back["mcnemar"]["p_value"]


@given(answered_products())
def test_answers_do_not_differ_from_themselves_and_the_result_is_strict_json(case):
    answers, *rest = case
    found = compare(answers, answers, *rest)
    json.dumps(found, allow_nan=False)
    for level in found["levels"]:
        assert level["difference"]["micro"]["value"] in (0.0, None)
        assert level["mcnemar"]["n_only_first"] == level["mcnemar"]["n_only_second"] == 0
