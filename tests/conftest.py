"""Fixtures that several rooms' tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("aisle", deadline=None)  # compiling and busy machines make single examples slow
settings.load_profile("aisle")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real data sets, for tests marked `data`: the folder that AISLE_DATA names, or ../shared/data."""
    beside_the_repository = Path(__file__).parents[1].parent / "shared" / "data"
    return Path(os.environ.get("AISLE_DATA", beside_the_repository))
