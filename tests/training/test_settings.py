"""The numbers of a training."""

import pytest

from aisle.core.errors import AisleError
from aisle.training.recipe import read_recipe
from aisle.training.settings import Rates, TrainingSettings


def test_travel_gives_many_steps_a_low_rate():
    rates = Rates(travel=0.4)
    assert rates.head_rate(100) == pytest.approx(0.004)
    assert rates.head_rate(10_000) == pytest.approx(0.00004)


def test_without_travel_the_rate_is_the_same_for_any_number_of_steps():
    assert Rates(head=0.01).head_rate(7) == Rates(head=0.01).head_rate(7000) == 0.01


def test_a_rate_beside_travel_is_refused():
    with pytest.raises(AisleError, match=r"training\.rates\.image has head and travel; set travel = 0"):
        read_recipe("image_small", ["training.rates.image.head=0.01"])


def test_a_rate_in_the_place_of_travel_is_taken():
    recipe = read_recipe("image_small", ["training.rates.image.head=0.01", "training.rates.image.travel=0"])
    assert recipe.training.rates["image"].head_rate(5) == 0.01


@pytest.mark.parametrize(
    ("n_products", "n_epochs"), [(1, 16), (2000, 16), (20_000, 12), (50_000, 5), (10**7, 4)]
)
def test_a_large_catalogue_is_gone_through_less_often(n_products, n_epochs):
    assert TrainingSettings().n_epochs(n_products) == n_epochs


def test_a_number_of_epochs_holds_for_any_catalogue():
    assert TrainingSettings(epochs=9).n_epochs(10) == TrainingSettings(epochs=9).n_epochs(10**7) == 9
