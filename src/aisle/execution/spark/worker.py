"""What a Spark task does on its worker: run our task on a part, and give what came of it as a value.

An exception would make Spark try again what cannot succeed, and come back as a trace of Java.
"""

import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from aisle.core.errors import AisleError, system_refusal
from aisle.execution.engines import Task
from aisle.execution.spark.channel import Ear, Mouth


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every Spark task of a run has in common.

    Args:
        version: of Aisle on the driver.
    """

    task: Task[Any]
    ear: Ear
    version: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a part was not done.

    Args:
        is_users: the user can mend it, and `text` is one line; else `text` is a trace.
    """

    text: str
    is_users: bool


def work_on(work: Work, part: Any) -> Fault | None:
    """Run the task on one part; gives the fault, if there was one, which the driver hears of at once too."""
    mouth = Mouth(work.ear)

    def tell(counts: Mapping[str, int]) -> None:
        mouth.say({"told": dict(counts)})

    try:
        _check_version(work.version)
        work.task(part, tell)
    except AisleError as error:
        fault = Fault(str(error), is_users=True)
    except Exception as error:  # noqa: BLE001  it is shown, whole, by the driver
        refusal = system_refusal(error) if isinstance(error, OSError) else None
        fault = Fault(refusal or traceback.format_exc(), is_users=refusal is not None)
    else:
        mouth.close()
        return None
    mouth.say({"fault": asdict(fault)})
    mouth.close()
    return fault


def _check_version(wanted: str) -> None:
    found = version("aisle")
    if found != wanted:
        raise AisleError(f"the workers have Aisle {found}, and this is {wanted}; pack their environment anew")
