import io

import pytest
from hypothesis import assume, given, settings
from rich.console import Console

from aisle.core.records import FIELDS
from aisle.evaluation.report import Settings, evaluate
from aisle.evaluation.resampling import Resampling
from aisle.evaluation.table import console_report
from strategies import answered_products


@pytest.fixture
def shown(judged):
    def make(*pairs, **how):
        return text_of(evaluate(*judged(*pairs, **how)))

    return make


def text_of(report):
    console = Console(file=io.StringIO(), width=100)
    console.print(console_report(report))
    return console.file.getvalue()


def line_of(text, beginning):
    return next(line for line in text.splitlines() if line.strip().startswith(beginning)).split()


def test_the_first_line_tells_what_was_scored(shown):
    text = shown(("Hats", "Hats"), ("Rain", "Boots"), ("Hats", None))
    assert text.splitlines()[0] == (
        "2 products scored: 1 labelled with a leaf, 1 with an inner node; 1 unlabelled left out"
    )


def test_every_level_has_a_line_and_the_deepest_is_the_leaf(shown):
    text = shown(("Rain", "Winter"), ("Winter", "Winter"))
    assert line_of(text, "level 2")[2:4] == ["1", "100.0"]
    assert line_of(text, "leaf ")[1:3] == ["1", "50.0"]


def test_thresholds_show_what_remains_and_how_much_of_it_is_right(shown):
    text = shown(("Hats", "Hats"), ("Rain", "Winter"), p=[[0.92], [0.6]])
    assert line_of(text, "coverage")[2:] == ["100.0", "50.0", "50.0", "50.0", "0.0", "0.0"]
    assert line_of(text, "precision")[2:] == ["50.0", "100.0", "100.0", "100.0", "–", "–"]


def test_where_resampling_cannot_tell_there_is_a_dash_and_no_certainty(shown):
    some, right, few = (
        [("Hats", "Hats")] * 8 + [("Hats", "Rain")] * 4,
        [("Hats", "Hats")] * 12,
        ["Hats", "Rain"],
    )
    assert line_of(shown(*some), "leaf ")[3] != "–"
    assert line_of(shown(*right), "leaf ")[2:4] == ["100.0", "–"]
    assert line_of(shown(*[("Hats", answer) for answer in few]), "leaf ")[2:4] == ["50.0", "–"]


def test_merchants_are_shown_worst_first_and_only_where_there_are_several(shown):
    pairs, merchant = [("Hats", "Hats"), ("Hats", "Rain")], ["good", "bad"]
    text = shown(*pairs, merchant=merchant)
    assert text.index("  bad") < text.index("  good")
    assert "merchants" not in shown(*pairs)


def test_a_small_merchant_is_not_blamed_beside_large_ones(shown):
    pairs = [("Hats", "Hats")] * 25 + [("Hats", "Rain")] * 26
    text = shown(*pairs, merchant=["large"] * 25 + ["larger"] * 25 + ["small"])
    assert "larger" in text
    assert "small" not in text


def test_much_evidence_is_named_by_what_is_absent(judged):
    answers, *rest = judged(("Hats", "Hats"), ("Hats", "Hats"))
    answers.mask[:] = [2 ** len(FIELDS) - 1, 2 ** len(FIELDS) - 2]
    text = text_of(evaluate(answers, *rest))
    assert "  all fields" in text
    assert "  all but title" in text


@given(answered_products())
@settings(max_examples=30)
def test_any_report_fits_a_hundred_columns(case):
    assume(case[1].is_scored.any())
    lines = text_of(evaluate(*case, Settings(resampling=Resampling(n_resamples=64)))).splitlines()
    assert max(map(len, lines)) <= 100
    assert "nan" not in " ".join(lines)
