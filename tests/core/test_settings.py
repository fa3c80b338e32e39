"""Tables of a recipe become frozen records, and every fault is found at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from aisle.core.settings import checked_record


@dataclass(frozen=True)
class Oven:
    degrees: float = 180.0
    minutes: int = 30
    fan: bool = False
    shelf: float | str = "middle"
    racks: Mapping[str, int] = field(default_factory=dict)


def read(**values):
    faults = []
    return checked_record(Oven, values, "oven", faults), faults


def test_values_of_the_right_type_are_taken():
    assert read(degrees=200.5, minutes=10, fan=True, shelf=0.5) == (Oven(200.5, 10, True, 0.5), [])


def test_a_whole_number_may_stand_for_a_number():
    oven, faults = read(degrees=200)
    assert type(oven.degrees) is float
    assert not faults


def test_an_unknown_key_is_named_with_the_nearest_known_one():
    _, faults = read(minuets=3)
    assert faults == [
        "there is no setting oven.minuets; did you mean 'minutes'? known: degrees, fan, minutes, racks, shelf"
    ]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"minutes": 2.5}, "oven.minutes is 2.5; it must be a whole number"),
        ({"minutes": True}, "oven.minutes is True; it must be a whole number"),
        ({"degrees": "hot"}, "oven.degrees is 'hot'; it must be a number"),
        ({"fan": 1}, "oven.fan is 1; it must be true or false"),
        ({"shelf": []}, "oven.shelf is []; it must be a number or a text"),
    ],
)
def test_a_value_of_another_type_is_a_fault_that_says_what_it_must_be(values, fault):
    oven, faults = read(**values)
    assert faults == [fault]
    assert oven == Oven()


def test_all_faults_are_reported_together():
    assert len(read(fan=3, degrees="x", other=1)[1]) == 3


def test_a_value_that_is_no_plain_one_is_left_to_the_record():
    assert read(racks={"top": 1}) == (Oven(racks={"top": 1}), [])
