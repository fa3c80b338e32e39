"""The shards that a worker has under way: their addresses, their finished rows, and their commit."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.execution.commit import ShardStore
from aisle.images.download.address import RefusedError, parse
from aisle.images.download.exchange import validator
from aisle.images.download.memory import give_back_memory
from aisle.images.download.opening import ShardOutline
from aisle.images.download.picture import Picture
from aisle.images.download.settings import DownloadSettings
from aisle.images.download.shard import write_shard
from aisle.images.download.spool import Row, Spool
from aisle.images.download.verdict import Job

ListedRow = int
"""A shard's number and a row in it as one number: an address that waits costs no more memory than that."""

_MOST_ROWS = 1 << 32


class AddressList:
    """A file of the list of addresses; each of its row groups is a shard."""

    def __init__(self, store: ShardStore, path: str) -> None:
        self._source = store.filesystem.open(store.path(path), "rb")
        self._file = pq.ParquetFile(self._source)

    def outlines(self) -> list[ShardOutline]:
        """Every shard, without reading its addresses."""
        column = self._file.schema_arrow.get_field_index("host")
        outlines = []
        for number in range(self._file.num_row_groups):
            group = self._file.metadata.row_group(number)
            known = group.column(column).statistics
            host = known.min if known is not None and known.has_min_max and known.min == known.max else ""
            outlines.append(ShardOutline(number, host, group.num_rows))
        return outlines

    def read(self, number: int) -> pa.Table:
        """The addresses of a shard."""
        return self._file.read_row_group(number)

    def close(self) -> None:
        """Close the file."""
        self._source.close()


class _OpenShard:
    def __init__(self, rows: pa.Table, spool: Spool) -> None:
        self.rows = rows
        self.spool = spool
        self.done = bytearray(rows.num_rows)
        self.n_left: int = rows.num_rows

    def value(self, name: str, row: int) -> Any:
        return self.rows[name][row].as_py()


class OpenShards:
    """Opens shards, takes in rows, and commits each shard with its last row.

    Args:
        prefix: of the shards' names.
        spools: the folder of the spool files.
    """

    def __init__(
        self, store: ShardStore, addresses: AddressList, prefix: str, spools: Path, settings: DownloadSettings
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._prefix = prefix
        self._spools = spools
        self._settings = settings
        self._open: dict[int, _OpenShard] = {}

    def __len__(self) -> int:
        """How many shards are open."""
        return len(self._open)

    def name(self, number: int) -> str:
        """What a shard is called in the store."""
        return f"{self._prefix}-{number:06d}"

    def open(self, number: int) -> Iterator[tuple[str, ListedRow]]:
        """Open a shard; gives the rows that are still to be asked for, each with its host.

        What an earlier process spooled is done, and so is what the list refuses.
        """
        shard = _OpenShard(self._addresses.read(number), Spool(self._spools / f"{self.name(number)}.spool"))
        self._open[number] = shard
        for spooled in shard.spool.rows():
            shard.n_left -= not shard.done[spooled.row]
            shard.done[spooled.row] = 1
        hosts, statuses = shard.rows["host"].to_pylist(), shard.rows["status"].to_pylist()
        for row in range(shard.rows.num_rows):
            if shard.done[row]:
                continue
            if statuses[row]:
                self._refuse(number, row)
            else:
                yield hosts[row], number * _MOST_ROWS + row
        self._commit_if_whole(number)

    def job(self, listed: ListedRow) -> Job | None:
        """Make the job of a row; None where its address turns out to be refused, and is recorded so."""
        number, row = divmod(listed, _MOST_ROWS)
        shard = self._open[number]
        address = shard.value("address", row)
        try:
            now = parse(shard.value("next", row) or address, self._settings.fetch.ports)
        except RefusedError as refused:
            self.finish(number, row, blank_record(address, refused.status, refused.reason))
            return None
        return Job(
            number,
            row,
            address,
            now,
            n_redirects=shard.value("n_redirects", row),
            etag=validator(shard.value("etag", row)),
            last_modified=validator(shard.value("last_modified", row)),
        )

    def finish(
        self, number: int, row: int, record: dict[str, Any], jpeg: bytes = b"", **measured: Any
    ) -> None:
        """Take in what became of an address; the shard's last one commits it."""
        shard = self._open[number]
        if shard.done[row]:
            raise RuntimeError(f"row {row} of shard {self.name(number)} was finished twice")
        shard.done[row] = 1
        shard.n_left -= 1
        shard.spool.append(Row(row=row, record=record, jpeg=jpeg, finished_at=time.time(), **measured))
        self._commit_if_whole(number)

    def close(self) -> None:
        """Leave what is not whole in its spool."""
        for shard in self._open.values():
            shard.spool.close()
        self._open.clear()

    def _refuse(self, number: int, row: int) -> None:
        shard = self._open[number]
        record = blank_record(*(shard.value(name, row) for name in ("address", "status", "reason")))
        self.finish(number, row, record)

    def _commit_if_whole(self, number: int) -> None:
        shard = self._open.get(number)
        if shard is None or shard.n_left:
            return
        addresses, hosts = (shard.rows[name].to_pylist() for name in ("address", "host"))
        write_shard(
            self._store,
            self.name(number),
            shard.spool.rows_without_pictures(),
            dict(zip(addresses, hosts, strict=True)),
            picture_of=shard.spool.picture,
            n_superseding=sum(shard.rows["supersedes"].to_pylist()),
        )
        shard.spool.remove()
        del self._open[number], shard
        give_back_memory()


def blank_record(address: str, status: str, reason: str) -> dict[str, Any]:
    """The record of an address of which nothing else is known."""
    return {
        "address": address,
        "status": status,
        "reason": reason,
        "http_status": 0,
        "final_address": "",
        "n_redirects": 0,
        "etag": "",
        "last_modified": "",
        "sha256": "",
        "n_bytes": 0,
        "format": "",
        "source_width": 0,
        "source_height": 0,
        "width": 0,
        "height": 0,
    }


def record_of(job: Job, status: str, reason: str, **known: Any) -> dict[str, Any]:
    """The record of a job that has ended."""
    return {
        **blank_record(job.listed, status, reason),
        "n_redirects": job.n_redirects,
        "final_address": job.address.text if job.n_redirects else "",
        **known,
    }


def picture_fields(picture: Picture) -> dict[str, Any]:
    """What a picture adds to a record, the JPEG aside."""
    names = ("sha256", "format", "source_width", "source_height", "width", "height")
    return {name: getattr(picture, name) for name in names}
