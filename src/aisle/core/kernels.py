"""Loops over arrays compiled to machine code: the one way in which Aisle uses numba."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(*, contract: bool = False) -> Callable[[Function], Function]:
    """Compile a function at its first call and keep the code on disk for the next process.

    It runs on one core, without the interpreter's lock: callers give threads slices of the work that do not
    overlap, so that results are the same with any number of threads. A kernel and the kernels that it calls
    stand in one file, since the code on disk is renewed when its own file changes.

    Args:
        contract: a product and a sum may become one instruction, rounded once.
    """

    def compiled(function: Function) -> Function:
        fastmath: Any = {"contract"} if contract else False
        return cast(Function, njit(nogil=True, cache=True, error_model="numpy", fastmath=fastmath)(function))

    return compiled
