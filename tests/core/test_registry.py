"""Parts looked up by name."""

import pytest

from aisle.core.errors import AisleError
from aisle.core.registry import Registry

TOOLS = Registry("tool", {"join": "os.path:join", "split": "os.path:split"})


def test_a_part_is_imported_when_it_is_asked_for():
    assert TOOLS.get("join")("a", "b") == "a/b"


def test_names_are_sorted():
    assert TOOLS.names() == ["join", "split"]


def test_a_failed_lookup_names_the_nearest_and_lists_all():
    with pytest.raises(AisleError) as error:
        TOOLS.get("joinn")
    assert str(error.value) == "no tool is called 'joinn'; did you mean 'join'? known: join, split"


def test_a_name_like_no_other_gets_the_list_alone():
    with pytest.raises(AisleError, match=r"^no tool is called 'xyz'; known: join, split$"):
        TOOLS.get("xyz")
