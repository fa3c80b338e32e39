"""Blocks of a format's own columns to batches in RAW_SCHEMA."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.schemas import RAW_SCHEMA, Rejected
from aisle.feeds.arrow_text import holds_bytes, text_alone
from aisle.feeds.batch import Block, FeedBatch, FeedOptions
from aisle.feeds.checks import Fault, find_faults, rows_without_id
from aisle.feeds.layout import TEXTS, Layout, lay_out, without_ids
from aisle.feeds.links import as_lists, count_joined, split_link_column
from aisle.feeds.merchant import file_merchant, filled_in, merchant_column

_BETWEEN = {"google_product_category": " > "}
_LISTS = [name for name in RAW_SCHEMA.names if pa.types.is_list(RAW_SCHEMA.field(name).type)]


class RowMaker:
    """Makes batches of one feed's blocks; remembers what the columns mean while their names stay the same."""

    def __init__(self, address: str, options: FeedOptions) -> None:
        self._address = address
        self._merchant = options.merchant
        self._given = options.fields
        self._names: tuple[str, ...] | None = None
        self._layout = Layout(fields={}, extras=())
        self._asked_for: set[int] = set()
        self._constants: dict[str, pa.Array] = {}

    def batch(self, block: Block) -> FeedBatch:
        """Put the block's columns in their places and put aside the rows that are no products.

        Raises:
            AisleError: no column holds the ids, or the merchant's column is missing.
        """
        if not block.names and not len(block.lines):
            return FeedBatch(rows=pa.RecordBatch.from_pylist([], RAW_SCHEMA), rejected=block.rejected)
        if block.names != self._names:
            self._learn(block)
        block, rejected = self._sound(self._with_bytes_asked_for(block))
        rows = self._rows(block)
        without_id = rows_without_id(rows.column("id"))
        if without_id:
            rejected += _put_aside(self._address, block, without_id)
            rows = rows.filter(_all_but(len(rows), without_id))
        links = [block.columns[i] for i in self._layout.fields.get("image_link", ())]
        return FeedBatch(
            rows=rows,
            rejected=sorted(block.rejected + rejected, key=lambda one: one.line),
            n_joined=sum(map(count_joined, links)),
        )

    def columns(self, block: Block) -> list[str]:
        """The columns that the feed itself fills: those of RAW_SCHEMA, then its own.

        Raises:
            AisleError: as `batch`.
        """
        self._learn(block)
        filled = set(self._layout.fields)
        if "additional_image_link" in filled:
            filled.add("image_link")
        return [n for n in RAW_SCHEMA.names if n in filled] + [name for name, _ in self._layout.extras]

    def _learn(self, block: Block) -> None:
        names = block.names
        self._layout = lay_out(names, own_merchant=not self._merchant, given=self._given)
        if "id" not in self._layout.fields and (block.has_all_names or "id" not in self._given):
            raise without_ids(self._address, names)
        self._merchant_column = merchant_column(self._address, self._merchant, names)
        self._names = names
        self._asked_for = {place for places in self._layout.fields.values() for place in places}
        if self._merchant_column:
            self._asked_for.add(names.index(self._merchant_column))

    def _with_bytes_asked_for(self, block: Block) -> Block:
        """The block without bytes that are no text, such as photos, where no field is read from them."""
        columns = [
            text_alone(column) if holds_bytes(column) and place not in self._asked_for else column
            for place, column in enumerate(block.columns)
        ]
        return replace(block, columns=columns)

    def _sound(self, block: Block) -> tuple[Block, list[Rejected]]:
        """The block without the rows that have a fault."""
        faults = find_faults(block.names, block.columns)
        if not faults:
            return block, []
        keep = _all_but(len(block.lines), faults)
        kept = np.flatnonzero(keep.to_numpy(zero_copy_only=False))
        columns = [column.filter(keep) for column in block.columns]
        sound = replace(
            block,
            columns=[text_alone(column) if holds_bytes(column) else column for column in columns],
            lines=block.lines[kept],
            excerpt=lambda row: block.excerpt(int(kept[row])),
            image_bytes=None if block.image_bytes is None else block.image_bytes.filter(keep),
        )
        return sound, _put_aside(self._address, block, faults)

    def _rows(self, block: Block) -> pa.RecordBatch:
        n_rows = len(block.lines)
        fields = self._layout.fields
        found: dict[str, pa.Array] = {"source_line": pa.array(block.lines, pa.int64())}
        for name in TEXTS:
            if name in fields:
                columns = [block.columns[place] for place in fields[name]]
                found[name] = _first_text(columns, _BETWEEN.get(name, ", "))
        found["id"] = pc.utf8_trim_whitespace(found.get("id", self._constant("id", n_rows)))
        found["merchant"] = self._merchants(block)
        if "product_type" in fields:
            found["product_type"] = as_lists([block.columns[i] for i in fields["product_type"]])
        links = [block.columns[i] for i in fields.get("image_link", ())]
        links += [split_link_column(block.columns[i]) for i in fields.get("additional_image_link", ())]
        if links:
            found["image_link"] = as_lists(links)
        if block.image_bytes is not None:
            found["image_bytes"] = block.image_bytes
        arrays = [found[n] if n in found else self._constant(n, n_rows) for n in RAW_SCHEMA.names]
        extras = [
            (pa.field(name, block.columns[i].type, nullable=False), block.columns[i])
            for name, i in self._layout.extras
        ]
        schema = pa.schema([*RAW_SCHEMA, *(field for field, _ in extras)])
        return pa.RecordBatch.from_arrays(arrays + [column for _, column in extras], schema=schema)

    def _merchants(self, block: Block) -> pa.Array:
        own = self._layout.fields.get("merchant")
        if self._merchant_column:
            place = block.names.index(self._merchant_column)
        elif own:
            place = own[0]
        else:
            return self._constant("merchant", len(block.lines))
        return filled_in(_one_text(block.columns[place], ", "), file_merchant(self._address))

    def _constant(self, name: str, n_rows: int) -> pa.Array:
        """A column with one value in every row, cut from the longest made so far."""
        made = self._constants.get(name)
        if made is None or len(made) < n_rows:
            made = self._constants[name] = self._make_constant(name, n_rows)
        return made.slice(0, n_rows)

    def _make_constant(self, name: str, n_rows: int) -> pa.Array:
        if name in _LISTS:
            values = pa.array([], RAW_SCHEMA.field(name).type.value_type)
            return pa.ListArray.from_arrays(pa.array(np.zeros(n_rows + 1, np.int32)), values)
        texts = {"source_file": self._address, "merchant": self._merchant or file_merchant(self._address)}
        return pa.repeat(texts.get(name, ""), n_rows)


def _first_text(columns: Sequence[pa.Array], between: str) -> pa.Array:
    """Of each row the first text that is not blank, as `_one_text` has it."""
    text = _one_text(columns[0], between)
    for column in columns[1:]:
        is_blank = pc.equal(pc.utf8_trim_whitespace(text), "")
        text = pc.if_else(is_blank, _one_text(column, between), text)
    return text


def _one_text(column: pa.Array, between: str) -> pa.Array:
    """A column of lists with each list's texts joined."""
    return pc.binary_join(column, between) if pa.types.is_list(column.type) else column


def _all_but(n_rows: int, faults: Sequence[Fault]) -> pa.Array:
    keep = np.ones(n_rows, np.bool_)
    keep[[fault.row for fault in faults]] = False
    return pa.array(keep)


def _put_aside(address: str, block: Block, faults: Sequence[Fault]) -> list[Rejected]:
    return [
        Rejected(
            file=address,
            line=int(block.lines[row]),
            kind=kind,
            reason=reason,
            text=block.excerpt(row),
        )
        for row, kind, reason in faults
    ]
