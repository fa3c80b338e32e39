"""Reads a lane's list of addresses: its shards, and the rows of one."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.execution.commit import ShardStore
from aisle.images.download.opening import ShardOutline


class ListedRows:
    """The addresses of one shard; a column with one value throughout takes no memory.

    Args:
        table: the other columns.
        same: the value of each such column.
    """

    def __init__(self, table: pa.Table, same: Mapping[str, Any]) -> None:
        self._table = table
        self._same = same

    def __len__(self) -> int:
        return len(self._table)

    def value(self, name: str, row: int) -> Any:
        """What stands in a column."""
        return self._same[name] if name in self._same else self._table[name][row].as_py()

    def column(self, name: str) -> list[Any]:
        """All that stands in a column."""
        return [self._same[name]] * len(self) if name in self._same else self._table[name].to_pylist()


class AddressList:
    """A file of the list of addresses; each of its row groups is a shard.

    Raises:
        AisleError: the file is damaged.
    """

    def __init__(self, store: ShardStore, path: str) -> None:
        self._source = store.filesystem.open(store.path(path), "rb")
        try:
            self._file = pq.ParquetFile(self._source)
        except pa.ArrowException as error:
            self._source.close()
            raise store.damaged(path, error, remove=path.rpartition("/")[0]) from error

    def outlines(self) -> list[ShardOutline]:
        """Every shard, without reading its addresses."""
        return [
            ShardOutline(
                number,
                self._same(number, ["host"]).get("host", ""),
                self._file.metadata.row_group(number).num_rows,
            )
            for number in range(self._file.num_row_groups)
        ]

    def read(self, number: int) -> ListedRows:
        """The addresses of a shard."""
        others = [name for name in self._file.schema_arrow.names if name != "address"]
        same = self._same(number, others)
        wanted = [name for name in self._file.schema_arrow.names if name not in same]
        return ListedRows(self._file.read_row_group(number, columns=wanted), same)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _same(self, number: int, names: list[str]) -> dict[str, Any]:
        """Of these columns those with one value throughout a shard, by the file's statistics."""
        group = self._file.metadata.row_group(number)
        found = {}
        for name in names:
            known = group.column(self._file.schema_arrow.get_field_index(name)).statistics
            if known is not None and known.has_min_max and known.min == known.max:
                found[name] = known.min
        return found
