"""Kernels over the table of embeddings: weighted sums of its rows, and steps down the gradient.

A float16 table is read as int16: kernels widen its values by moving bits, which any processor can do, many at
a time. Rows are asked for some n-grams ahead of their use, since they lie all over memory.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from aisle.core.kernels import kernel
from aisle.encoders.ngrams.table import LINE

_AHEAD = 16  # n-grams


@intrinsic
def _prefetch(typingctx: Any, row: Any, column: Any) -> tuple[Any, Callable[..., Any]]:  # noqa: ARG001
    """Ask for the cache line that holds row[column]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch",
            [place.type],
            ir.FunctionType(ir.VoidType(), [place.type, number, number, number]),
        )
        builder.call(function, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(row, types.int64), generate


def _value(x: Any) -> Any:
    """A value of the table as float32; of a float16 it is 2**-112 times the value."""


@overload(_value, strict=False)
def _value_of_type(x: Any) -> Any:
    if isinstance(x, types.Float):
        return lambda x: x
    return lambda x: np.int32((np.int32(x) << 13) & -0x70002000).view(np.float32)


@kernel(contract=True)
def sum_rows(
    block_ptr: NDArray[Any],
    slot: NDArray[Any],
    weight: NDArray[Any],
    n_blocks: int,
    rows: NDArray[Any],
    keep: NDArray[Any],
    bits: NDArray[Any],
    table: NDArray[Any],
    lift: np.float32,
    first: int,
    stop: int,
    out: NDArray[Any],
) -> None:
    """Sum up the table's rows that belong to each product's n-grams, times their weights.

    Args:
        block_ptr: (all rows * blocks + 1) where the n-grams of (row, block) start.
        slot: row of the table for each n-gram.
        weight: float32 of each n-gram.
        rows: (m,) the rows wanted.
        keep: (m,) mask of the fields that may speak.
        bits: (blocks,) the bit of each block's field.
        table: (slots, dim) float32, or int16 that stands for float16.
        lift: 1 for a float32 table; what `_value` leaves out for the other.
        first: the first of the m to do.
        stop: one past the last to do.
        out: (m, dim) float32.
    """
    dim = table.shape[1]
    line = 64 // table.itemsize
    for i in range(first, stop):
        total = out[i]
        total[:] = 0
        for b in range(n_blocks):
            if not keep[i] & bits[b]:
                continue
            at, end = block_ptr[rows[i] * n_blocks + b], block_ptr[rows[i] * n_blocks + b + 1]
            while at + 4 <= end:
                for p in range(at + _AHEAD, min(at + _AHEAD + 4, slot.size)):
                    for column in range(0, dim, line):
                        _prefetch(table[slot[p]], column)  # type: ignore[call-arg]
                t0, t1, t2, t3 = (
                    table[slot[at]],
                    table[slot[at + 1]],
                    table[slot[at + 2]],
                    table[slot[at + 3]],
                )
                w0, w1 = weight[at] * lift, weight[at + 1] * lift
                w2, w3 = weight[at + 2] * lift, weight[at + 3] * lift
                for d in range(dim):
                    two = total[d] + w0 * _value(t0[d]) + w1 * _value(t1[d])
                    total[d] = two + w2 * _value(t2[d]) + w3 * _value(t3[d])
                at += 4
            while at < end:
                t0, w0 = table[slot[at]], weight[at] * lift
                for d in range(dim):
                    total[d] += w0 * _value(t0[d])
                at += 1


@kernel(contract=True)
def step_rows(
    block_ptr: NDArray[Any],
    slot: NDArray[Any],
    weight: NDArray[Any],
    n_blocks: int,
    rows: NDArray[Any],
    keep: NDArray[Any],
    bits: NDArray[Any],
    table: NDArray[Any],
    first: int,
    stop: int,
    step: NDArray[Any],
) -> None:
    """Add `step` times an n-gram's weight to the table's row of each n-gram; arguments as in sum_rows, but:

    Args:
        table: (slots, dim) float32, changed.
        first: the first column to change.
        stop: one past the last column to change.
        step: (m, dim) float32, minus the rate times the gradient of each row.
    """
    for i in range(rows.size):
        mine = step[i][first:stop]
        for b in range(n_blocks):
            if not keep[i] & bits[b]:
                continue
            for at in range(block_ptr[rows[i] * n_blocks + b], block_ptr[rows[i] * n_blocks + b + 1]):
                ahead = at + _AHEAD
                if ahead < slot.size:
                    for column in range(first, stop, LINE):
                        _prefetch(table[slot[ahead]], column)  # type: ignore[call-arg]
                row, w = table[slot[at]][first:stop], weight[at]
                for d in range(stop - first):
                    row[d] += w * mine[d]
