"""Loops over arrays compiled to machine code: the one place where Aisle has numba compile."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(
    *, contract: bool = False, regroup: bool = False, no_nan: bool = False
) -> Callable[[Function], Function]:
    """Compile a function at its first call and keep the code on disk for the next process.

    It runs on one core, without the interpreter's lock: callers give threads slices of the work that do not
    overlap, so that results are the same with any number of threads. A kernel and the kernels that it calls
    stand in one file, since the code on disk is renewed when its own file changes.

    Args:
        contract: a product and a sum may become one instruction, rounded once.
        regroup: additions may be grouped otherwise than they are written, so that they run side by side.
        no_nan: no number is NaN.
    """

    def compiled(function: Function) -> Function:
        flags = {"contract": contract, "reassoc": regroup, "nsz": regroup, "nnan": no_nan}
        fastmath: Any = {flag for flag, is_allowed in flags.items() if is_allowed} or False
        return cast(Function, njit(nogil=True, cache=True, error_model="numpy", fastmath=fastmath)(function))

    return compiled
