"""Parts looked up by name: a table from name to `module:attribute`, imported when asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from aisle.core.errors import AisleError, known_names


@dataclass(frozen=True, slots=True)
class Registry:
    """The parts of one kind (encoder, head, feed format, metric, engine).

    Args:
        kind: what a part is called in messages, e.g. `head`.
        table: from a part's name to the `module:attribute` that is it, or makes it. Adding a part is one file
            and one line here.
    """

    kind: str
    table: Mapping[str, str]

    def names(self) -> list[str]:
        """Every name, sorted."""
        return sorted(self.table)

    def get(self, name: str) -> Any:
        """Import and return the part called `name`, or what makes it.

        Raises:
            AisleError: no part has this name; the message lists those there are.
        """
        if name not in self.table:
            raise AisleError(f"no {self.kind} is called '{name}'; {known_names(name, self.table)}")
        module, _, function = self.table[name].partition(":")
        return getattr(import_module(module), function)
