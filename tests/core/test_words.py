import pytest

from aisle.core.words import clock, counted, duration, note, percent


@pytest.mark.parametrize(
    ("n", "words", "told"),
    [
        (0, ("record",), "0 records"),
        (1, ("record",), "1 record"),
        (1200, ("record",), "1,200 records"),
        (1, ("address", "addresses"), "1 address"),
        (2, ("address", "addresses"), "2 addresses"),
    ],
)
def test_one_is_told_otherwise_than_several(n, words, told):
    assert counted(n, *words) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (99.94, "99.9 s"), (119.94, "119.9 s"), (3599, "60 min"), (9000, "2.5 h")],
)
def test_a_duration_is_told_in_the_unit_that_suits_it(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, "0:00:00"), (59.6, "0:01:00"), (3725, "1:02:05"), (90_000, "1 day, 1:00:00"), (None, "-:--:--")],
)
def test_a_running_time_is_told_as_a_clock_does(seconds, told):
    assert clock(seconds) == told


def test_a_running_time_has_no_end():
    assert clock(float("inf")).startswith("1157407 days")


@pytest.mark.parametrize(
    ("share", "told"), [(0.0, "0.0 %"), (0.9064, "90.6 %"), (1.0, "100.0 %"), (None, "–")]
)
def test_a_share_is_told_in_percent(share, told):
    assert percent(share) == told
    assert percent(share, sign="") == told.removesuffix(" %")


def test_what_deserves_a_look_is_a_note():
    assert note("its last line has no end") == "Note: its last line has no end"
