"""What a recipe may say about an encoder of images."""

from typing import Any

import pytest

from aisle.core.errors import AisleError
from aisle.encoders.timm.settings import TimmSettings, checked_settings


def test_an_empty_table_gives_the_defaults() -> None:
    assert checked_settings({}) == TimmSettings()


def test_lists_and_tables_come_as_toml_gives_them() -> None:
    settings = checked_settings(
        {"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1], "model_args": {"pad_type": "same"}}
    )
    assert settings.model_args == {"pad_type": "same"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sise": 224}, "there is no setting image.sise; did you mean 'size'?"),
        ({"size": 0}, "image.size is 0; it must be from 8 to 4096"),
        ({"size": "big"}, "image.size is 'big'; it must be a whole number"),
        ({"batch": 0}, "image.batch is 0; it must be from 1 to 4096"),
        ({"fit": "squeeze"}, "image.fit is 'squeeze'; known: crop, squash"),
        ({"interpolation": "cubic"}, "image.interpolation is 'cubic'; did you mean 'bicubic'?"),
        ({"mean": [0.5]}, "image.mean is [0.5]; it must be three numbers such as [0.5, 0.5, 0.5]"),
        ({"mean": 0.5}, "image.mean is 0.5; it must be three numbers"),
        ({"std": [1, True, 1]}, "image.std is [1, True, 1]; it must be three numbers"),
        ({"std": [1, 0, 1]}, "image.std is [1, 0, 1]; its numbers must be above 0"),
        ({"model_args": "same"}, "image.model_args is 'same'; it must be a table of arguments"),
    ],
)
def test_a_value_that_cannot_be_right_is_named_with_what_can(values: dict[str, Any], message: str) -> None:
    with pytest.raises(AisleError) as error:
        checked_settings(values)
    assert message in str(error.value)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(AisleError, match=r"image\.fit.*; image\.mean") as error:
        checked_settings({"size": 5, "fit": "x", "mean": "y"})
    assert "image.size" in str(error.value)
