"""Kernels from text to hashed n-grams: UTF-8 bytes to folded characters, to words, to keys and their counts.

How characters are folded and n-grams hashed is part of a stored model's format: a change here makes models
that exist worthless.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aisle.core.kernels import kernel
from aisle.encoders.ngrams.letters import DROPPED, IDEOGRAPH, SEPARATOR, TABLE_SIZE

WORDS, CHARS, LINK_WORDS, LINK_CHARS = range(4)
"""Kinds of blocks, as the plan's rows name them."""

Array: TypeAlias = NDArray[Any]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SEED = np.uint64(0xCBF29CE484222325)
_HALF = np.uint64(32)
_DROPPED = np.uint32(DROPPED)
_IDEOGRAPH = np.uint32(IDEOGRAPH)
_SEPARATOR = np.uint32(SEPARATOR)
_BEYOND_FIRST, _BEYOND_LAST = 0x20000, 0x3FFFF  # the planes of rare ideographs
_LOWER, _UPPER = 1, 2


class _Bag(NamedTuple):
    """The n-grams of one block of one row, while they are counted.

    A cell holds epoch + i for the n-gram at begin + i; what is below the epoch is of earlier bags, so that
    cells need no clearing.
    """

    shift: np.uint64
    base: np.uint32
    begin: int
    epoch: int
    mask: int
    cells: Array
    key: Array
    weight: Array


@kernel()
def hash_rows(
    data: tuple[Array, ...],
    offsets: Array,
    first: int,
    plan: Array,
    shift: int,
    fold: Array,
    work: tuple[Array, ...],
    block_ptr: Array,
    key: Array,
    weight: Array,
) -> int:
    """Hash the n-grams of rows, from row `first` until the rows or the room in `key` end.

    Args:
        data: five arrays of UTF-8 bytes, one for each of core.records.TEXT_FIELDS.
        offsets: (fields, rows + 1) where each row's text starts in its field's bytes.
        plan: (blocks, 4) field, kind, shortest and longest n-gram of each block.
        shift: 64 less the number of bits of a bucket.
        fold: letters.fold_table().
        work: scratch, as collecting._workspace makes it; good for any number of calls.
        block_ptr: (rows * blocks + 1) int64, out: where the n-grams of (row, block) start in `key`; the entry
            for `first` is there already.
        key: out: block * buckets + bucket, each once in a (row, block).
        weight: out: 1 + log of how often the n-gram stands there.

    Returns:
        The first row that found no room, or the number of rows.
    """
    plain, chars, words, cells, clock = work
    n_blocks: int = plan.shape[0]
    n_rows: int = offsets.shape[1] - 1
    n_out: int = block_ptr[first * n_blocks]
    for row in range(first, n_rows):
        if n_out + _bound(offsets, row, plan) > key.size:
            return row
        read_field, read_link, n_chars = -1, False, 1
        for b in range(n_blocks):
            field, kind, lo, hi = plan[b, 0], plan[b, 1], plan[b, 2], plan[b, 3]
            link = kind >= LINK_WORDS
            if field != read_field or link != read_link:
                start, stop = offsets[field, row], offsets[field, row + 1]
                if link:
                    n_chars = _fold_link(data[field], start, stop, fold, plain, chars)
                else:
                    n_chars = _fold_text(data[field], start, stop, fold, chars)
                read_field, read_link = field, link
            base = np.uint32(b << (64 - shift))
            mask = _cells_for((hi - lo + 1) * n_chars) - 1
            bag = _Bag(np.uint64(shift), base, n_out, clock[0], mask, cells, key, weight)
            if kind in (CHARS, LINK_CHARS):
                n_out = _char_ngrams(bag, chars, n_chars, lo, hi, n_out)
            else:
                n_out = _word_ngrams(bag, chars, n_chars, words, lo, hi, n_out)
            _finish(bag, n_out)
            clock[0] += n_out - bag.begin
            block_ptr[row * n_blocks + b + 1] = n_out
    return n_rows


@kernel()
def _bound(offsets: Array, row: int, plan: Array) -> int:
    """No fewer n-grams than a row has: m bytes are at most 3 m + 3 characters, separators included."""
    bound: int = 0
    for b in range(plan.shape[0]):
        field = plan[b, 0]
        n_bytes: int = offsets[field, row + 1] - offsets[field, row]
        bound += (plan[b, 3] - plan[b, 2] + 1) * 3 * (n_bytes + 1)
    return bound


@kernel()
def _cells_for(n_ngrams: int) -> int:
    """A power of two above twice the number."""
    n = 16
    while n < 2 * n_ngrams + 2:
        n *= 2
    return n


@kernel()
def _add(bag: _Bag, hashed: np.uint64, n_out: int) -> int:
    """Count one n-gram: a new one is put at `n_out`, one that the bag has already weighs one more.

    Returns:
        Where the next new one goes.
    """
    mixed = (hashed ^ (hashed >> _HALF)) * _FACTOR
    bucket = np.uint32(mixed >> bag.shift)
    wanted = bag.base + bucket
    cell = np.int64(bucket) & bag.mask
    while True:
        place = bag.cells[cell] - bag.epoch
        if place < 0:
            bag.cells[cell] = bag.epoch + (n_out - bag.begin)
            bag.key[n_out] = wanted
            bag.weight[n_out] = np.float32(1)
            return n_out + 1
        if bag.key[bag.begin + place] == wanted:
            bag.weight[bag.begin + place] += np.float32(1)
            return n_out
        cell = (cell + 1) & bag.mask


@kernel()
def _finish(bag: _Bag, n_out: int) -> None:
    """Turn counts into 1 + log of the count."""
    for i in range(bag.begin, n_out):
        if bag.weight[i] != np.float32(1):
            bag.weight[i] = np.float32(1 + np.log(np.float64(bag.weight[i])))


@kernel()
def _word_ngrams(bag: _Bag, chars: Array, n_chars: int, words: Array, lo: int, hi: int, n_out: int) -> int:
    """Count the n-grams of lo to hi words; an ideograph is a word."""
    n_words = 0
    hashed = _SEED
    previous = _SEPARATOR
    for i in range(1, n_chars):
        c = chars[i]
        if previous != _SEPARATOR and (c == _SEPARATOR or (c | previous) & _IDEOGRAPH):
            words[n_words] = hashed
            gram = _SEED
            for n in range(1, min(hi, n_words + 1) + 1):
                gram = (gram ^ words[n_words + 1 - n]) * _FACTOR
                if n >= lo:
                    n_out = _add(bag, gram, n_out)
            n_words += 1
            hashed = _SEED
        if c != _SEPARATOR:
            hashed = (hashed ^ np.uint64(c)) * _FACTOR
        previous = c
    return n_out


@kernel()
def _char_ngrams(bag: _Bag, chars: Array, n_chars: int, lo: int, hi: int, n_out: int) -> int:
    """Count the n-grams of lo to hi characters inside words that have one space on each side."""
    start = 0
    for i in range(1, n_chars):
        if chars[i] != _SEPARATOR:
            continue
        for s in range(start, i + 2 - lo):
            hashed = _SEED
            for t in range(s, min(s + hi, i + 1)):
                hashed = (hashed ^ np.uint64(chars[t])) * _FACTOR
                if t - s + 1 >= lo:
                    n_out = _add(bag, hashed, n_out)
        start = i
    return n_out


@kernel()
def _fold_text(data: Array, start: int, stop: int, fold: Array, chars: Array) -> int:
    """Write the folded characters of a text, with one separator before, between and after words.

    Returns:
        How many were written; 1 where there is no word.
    """
    chars[0] = _SEPARATOR
    n = 1
    at = start
    while at < stop:
        code, at = _decode(data, at, stop)
        folded = _folded(code, fold)
        if folded != _DROPPED:
            chars[n] = folded
            if folded != _SEPARATOR or chars[n - 1] != _SEPARATOR:
                n += 1
    if chars[n - 1] != _SEPARATOR:
        chars[n] = _SEPARATOR
        n += 1
    return n


@kernel()
def _decode(data: Array, at: int, stop: int) -> tuple[np.uint32, int]:
    """The character that starts at a byte, and where the next one starts."""
    lead = np.uint32(data[at])
    if lead < 128:
        return lead, at + 1
    n = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + n > stop or lead < 0xC0:
        return _SEPARATOR, at + 1
    code = lead & np.uint32(0xFF >> (n + 1))
    for i in range(1, n):
        code = code << np.uint32(6) | np.uint32(data[at + i]) & np.uint32(0x3F)
    return code, at + n


@kernel()
def _folded(code: np.uint32, fold: Array) -> np.uint32:
    if code < TABLE_SIZE:
        return np.uint32(fold[code])
    return code | _IDEOGRAPH if _BEYOND_FIRST <= code <= _BEYOND_LAST else _SEPARATOR


@kernel()
def _case(code: np.uint32, folded: np.uint32) -> int:
    """What a character of a link is to its words: 0 parts them, as all but letters do."""
    if folded == _SEPARATOR or 48 <= code <= 57:
        return 0
    return _UPPER if 65 <= code <= 90 else _LOWER


@kernel()
def _fold_link(data: Array, start: int, stop: int, fold: Array, plain: Array, chars: Array) -> int:
    """Write the words of a link as _fold_text writes those of a text.

    The whole host is the first word. Then come its parts and the words behind it: they part at all but
    letters (digits in links mostly number products), and where camelCase has its humps. No scheme.

    Returns:
        How many characters were written; 1 where there is no word.
    """
    size = _unescape(data, start, stop, plain)
    host_start, host_stop = _find_host(plain, size)
    chars[0] = _SEPARATOR
    n = _write_host(plain, host_start, host_stop, fold, chars)
    at = host_start
    before, last = 0, 0
    while at < size:
        code, at = _decode(plain, at, size)
        folded = _folded(code, fold)
        if folded == _DROPPED:
            continue
        now = _case(code, folded)
        if now and last:
            if now == _LOWER and last == _UPPER and before == _UPPER:
                chars[n] = chars[n - 1]
                chars[n - 1] = _SEPARATOR
                n += 1
            elif now == _UPPER and last == _LOWER:
                chars[n] = _SEPARATOR
                n += 1
        chars[n] = folded if now else _SEPARATOR
        if now or last:
            n += 1
        before, last = last, now
    if chars[n - 1] != _SEPARATOR:
        chars[n] = _SEPARATOR
        n += 1
    return n


@kernel()
def _unescape(data: Array, start: int, stop: int, plain: Array) -> int:
    """Copy a link's bytes with each %XX made the byte that it stands for; returns how many there are."""
    n = 0
    at = start
    while at < stop:
        byte = data[at]
        if byte == 37 and at + 2 < stop:
            high, low = _hex_digit(data[at + 1]), _hex_digit(data[at + 2])
            if high >= 0 and low >= 0:
                byte = np.uint8(high * 16 + low)
                at += 2
        plain[n] = byte
        n += 1
        at += 1
    return n


@kernel()
def _hex_digit(byte: Any) -> Any:
    if 48 <= byte <= 57:
        return np.int64(byte) - 48
    lower = np.int64(byte) | 32
    return lower - 87 if 97 <= lower <= 102 else -1


@kernel()
def _find_host(plain: Array, size: int) -> tuple[int, int]:
    """Where the host starts and stops: behind the first `//`, if only a scheme stands before it."""
    for i in range(size - 1):
        byte = plain[i]
        if byte == 47 and plain[i + 1] == 47 and (i == 0 or plain[i - 1] == 58):
            stop = i + 2
            while stop < size and not _ends_host(plain[stop]):
                stop += 1
            return i + 2, stop
        if byte != 58 and _ends_host(byte):
            break
    return 0, 0


@kernel()
def _ends_host(byte: int) -> bool:
    return byte == 47 or byte == 63 or byte == 35 or byte == 58


@kernel()
def _write_host(plain: Array, start: int, stop: int, fold: Array, chars: Array) -> int:
    """Write the host, without a leading `www.`, as one word and a separator.

    Returns:
        Where the next character goes.
    """
    n_w = 0
    while n_w < 3 and start + n_w < stop and plain[start + n_w] | 32 == 119:
        n_w += 1
    if n_w == 3 and start + 3 < stop and plain[start + 3] == 46:
        start += 4
    n = 1
    at = start
    while at < stop:
        code, at = _decode(plain, at, stop)
        folded = _folded(code, fold)
        chars[n] = code if folded == _SEPARATOR else folded
        if chars[n] > _DROPPED:
            n += 1
    if n > 1:
        chars[n] = _SEPARATOR
        n += 1
    return n
