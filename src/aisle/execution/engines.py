"""The engines by name, and what one is: something that runs a shard task for every part of the work."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from aisle.core.registry import Registry

Part = TypeVar("Part", contravariant=True)

Tell = Callable[[Mapping[str, int]], None]
"""A task tells its progress: counts to be added up."""


class Task(Protocol[Part]):
    """Work on one part: a function of a module, so that every engine can name it to its workers.

    It may be run twice, or killed and run again: what it leaves behind is committed by `ShardStore` and is
    the same each time.
    """

    def __call__(self, part: Part, tell: Tell) -> None:
        """Do the work; `tell` costs little and is called at least every few seconds."""
        ...


class Engine(Protocol):
    """Runs a task for every part and returns when all are done.

    A part whose worker dies is run again, three times in all. A part that raises is not.
    """

    def __call__(self, task: Task[Any], parts: Sequence[Any], *, n_workers: int, tell: Tell) -> None:
        """Run the task.

        Args:
            parts: picklable; as many as may run at once, or more.
            n_workers: how many parts run at once; a cluster may have room for fewer.
            tell: called here, in the caller's thread, with what the tasks tell.

        Raises:
            AisleError: a task raised one, or the worker of a part died again and again.
            RuntimeError: a task raised something else; its trace is the message.
        """
        ...


class Build(Protocol):
    """Makes an engine; what its registry's functions are."""

    def __call__(self, *, master: str) -> Engine:
        """Make the engine, after a look at whether it can work at all.

        Args:
            master: the cluster's address, for engines that have one; else empty.

        Raises:
            AisleError: the engine's library is missing, or the address is none of its own.
        """
        ...


WORKER_ENVIRONMENT = {"PYTHONSAFEPATH": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""What every engine sets in its workers' environment.

Their working folder may hold a `pickle.py` of somebody's own, and Python looks there first. And Arrow's own
allocator takes 14 MB in every process and gives none of it back; only the environment keeps all of Arrow
from it, since Parquet's writer does not ask Python's setting.
"""

ENGINES = Registry(
    "engine", {"local": "aisle.execution.local:build", "spark": "aisle.execution.spark.engine:build"}
)
