"""From lengths to the places where things begin that lie one after the other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def offsets_of(lengths: ArrayLike) -> NDArray[np.int64]:
    """Where each of some things begins, and where the last ends.

    Args:
        lengths: (things,) not negative.

    Returns:
        (things + 1,) the first is 0, the last the sum.
    """
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def arrow_offsets(lengths: ArrayLike) -> NDArray[np.int32]:
    """`offsets_of` as Arrow's lists and texts hold them.

    Raises:
        OverflowError: the sum does not fit; a batch must be smaller.
    """
    offsets = offsets_of(lengths)
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError(f"the lengths add up to {offsets[-1]:,}, which no list of Arrow can hold")
    return offsets.astype(np.int32)
