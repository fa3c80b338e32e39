"""The shards that a worker has under way: their addresses, their finished rows, and their commit."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aisle.execution.commit import ShardStore
from aisle.images.download.address import RefusedError, parse
from aisle.images.download.address_list import AddressList, ListedRows
from aisle.images.download.exchange import validator
from aisle.images.download.memory import give_back_memory
from aisle.images.download.picture import Picture
from aisle.images.download.settings import DownloadSettings
from aisle.images.download.shard import write_shard
from aisle.images.download.spool import Row, Spool
from aisle.images.download.verdict import Job

ListedRow = int
"""A shard's number and a row in it as one number: an address that waits costs no more memory than that."""

_MOST_ROWS = 1 << 32


class _OpenShard:
    def __init__(self, rows: ListedRows, spool: Spool) -> None:
        self.rows = rows
        self.spool = spool
        self.done = bytearray(len(rows))
        self.n_left = len(rows)


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
        hosts, statuses = shard.rows.column("host"), shard.rows.column("status")
        for row, (host, status) in enumerate(zip(hosts, statuses, strict=True)):
            if shard.done[row]:
                continue
            if status:
                self._refuse(number, row)
            else:
                yield host, number * _MOST_ROWS + row
        self._commit_if_whole(number)

    def job(self, listed: ListedRow) -> Job | None:
        """Make the job of a row; None where its address turns out to be refused, and is recorded so."""
        number, row = divmod(listed, _MOST_ROWS)
        listed_as = self._open[number].rows.value
        address = listed_as("address", row)
        try:
            now = parse(listed_as("next", row) or address, self._settings.fetch.ports)
        except RefusedError as refused:
            self.finish(number, row, blank_record(address, refused.status, refused.reason))
            return None
        return Job(
            number,
            row,
            address,
            now,
            n_redirects=listed_as("n_redirects", row),
            etag=validator(listed_as("etag", row)),
            last_modified=validator(listed_as("last_modified", row)),
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
        rows = self._open[number].rows
        record = blank_record(*(rows.value(name, row) for name in ("address", "status", "reason")))
        self.finish(number, row, record)

    def _commit_if_whole(self, number: int) -> None:
        shard = self._open.get(number)
        if shard is None or shard.n_left:
            return
        addresses, hosts = (shard.rows.column(name) for name in ("address", "host"))
        write_shard(
            self._store,
            self.name(number),
            shard.spool.rows_without_pictures(),
            dict(zip(addresses, hosts, strict=True)),
            picture_of=shard.spool.picture,
            n_superseding=sum(shard.rows.column("supersedes")),
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
