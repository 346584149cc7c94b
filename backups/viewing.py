"""A page of what a backup holds: searched, filtered, sorted, from its verified file, without touching the list.

Who was erased since is neither shown nor counted. Fast in a file of a million rows, in memory that does not grow with
it (ADR 17).
"""

import hashlib
import json
import shutil
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from backups.choosing import COLUMNS, rows_matching
from backups.downloads import FileDamaged, StorageUnavailable, open_verified, refuse_unmade
from backups.kept_files import FILE, forget, kept_folder, written_whole
from backups.models import Backup
from backups.row_store import Order, RowStore
from backups.sorting import all_rows, first_rows, sort_key
from recipients.erased import Erased
from recipients.listing import Status
from recipients.masterdata.file import Description, MasterDataError, MasterDataFile, sha256_of

PAGE: Final = 50
SHALLOW: Final = 1000  # rows at the beginning of a sorted table, which are found without sorting all of it
BY_STATUS: Final = "status"  # sorts by what is shown as the status
INDEX: Final = "index.arrow"
INDEX_ROWS: Final = 65_536


@dataclass(frozen=True)
class Asked:
    """What a person asked to see. `search` in the canonical form of addresses; `sort` a column's name or BY_STATUS."""

    search: str = ""
    status: Status = Status.ALL
    sort: str = "email"
    descending: bool = False
    page: int = 1

    @property
    def chooses(self) -> bool:
        """Whether it leaves anybody out."""
        return bool(self.search) or self.status is not Status.ALL


@dataclass(frozen=True)
class Rows:
    """A page. `rows` are dictionaries by column; `total` is how many recipients the choice finds."""

    description: Description
    rows: list[dict[str, Any]]
    total: int
    recipients: int  # in the backup, whatever is chosen
    page: int  # the one that is shown: the last one when one beyond it was asked for


def read_rows(*, backup: Backup, erased: Erased, asked: Asked) -> Rows:
    """The page of a complete backup that was asked for. Raises a DownloadRefused, as a download does."""
    with opened(backup) as (store, description):
        names = store.parquet.schema_arrow.names
        if asked.sort not in (*names, BY_STATUS):
            asked = Asked(asked.search, asked.status, page=asked.page)
        reading = _Reading(store, erased, asked)
        total = reading.total()
        page = max(1, min(asked.page, -(-total // PAGE)))
        numbers = reading.numbers((page - 1) * PAGE, min(PAGE, total - (page - 1) * PAGE), total)
        return Rows(description, store.fetch(numbers).to_pylist(), total, reading.recipients(), page)


def read_recipient(*, backup: Backup, erased: Erased, email: str) -> tuple[Description, dict[str, Any] | None]:
    """All that a complete backup holds of one recipient; None when it does not have them. Raises as `read_rows`."""
    with opened(backup) as (store, description):
        number = None if erased.among([email]) else store.find("email", email)
        return description, None if number is None else store.fetch([number]).to_pylist()[0]


@contextmanager
def opened(backup: Backup) -> Iterator[tuple[RowStore, Description]]:
    """The verified rows of a backup. Raises a DownloadRefused."""
    try:
        folder = verified_folder(backup)
        with MasterDataFile.open(folder / FILE) as file:
            description = file.description
        with RowStore(folder) as store:
            yield store, description
    except MasterDataError as error:
        raise FileDamaged from error
    except OSError as error:  # no space, or too many files open: the backup itself is not affected
        raise StorageUnavailable from error


def verified_folder(backup: Backup) -> Path:
    """The kept folder with the verified file of a complete backup. Raises a DownloadRefused, and OSError."""
    refuse_unmade(backup)
    name = f"{backup.account_id}-{backup.sha256}"
    if backup.damage:  # found since: what is kept here must not hide it
        forget(name)
    return kept_folder(name, lambda path: _copy_verified(backup, path))


def _copy_verified(backup: Backup, path: Path) -> None:
    with ExitStack() as opened_files:
        source = open_verified(backup, opened_files)
        with path.open("xb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
    if sha256_of(path) != backup.sha256:  # changed between the two readings
        raise FileDamaged


class _Reading:
    """One page's way through the file."""

    def __init__(self, store: RowStore, erased: Erased, asked: Asked) -> None:
        self._store, self._erased, self._asked = store, erased, asked
        self._hidden = self._hidden_rows()
        self._chosen = self._chosen_rows() if asked.chooses else None

    def recipients(self) -> int:
        """How many recipients the backup has, but for the erased."""
        return self._store.row_count - len(self._hidden)

    def total(self) -> int:
        """How many of them the choice finds."""
        return self.recipients() if self._chosen is None else len(self._chosen)

    def numbers(self, first: int, count: int, total: int) -> list[int]:
        """The numbers of the rows on the page."""
        if self._asked.sort == "email":
            if not self._asked.descending:
                return self._in_file_order(first, count)
            return self._in_file_order(total - first - count, count)[::-1]
        return self._sorted(first + count).slice(first, count)

    def _in_file_order(self, first: int, count: int) -> list[int]:
        if self._chosen is not None:
            return self._chosen.slice(first, count)
        # The place of a row among those that are shown: its number less the hidden ones before it.
        before = [number - place for place, number in enumerate(self._hidden)]
        return [place + bisect_left(before, place + 1) for place in range(first, first + count)]

    def _sorted(self, until: int) -> Order:
        """The order of the column; only its beginning when that is enough and the whole has not been worked out."""
        asked = self._asked
        name = self._name("sorted", asked.search, asked.status.value, asked.sort, asked.descending)
        if until <= SHALLOW and not self._store.has_order(name):
            return self._store.order(
                f"{name}-first", lambda: [first_rows(self._keyed(), SHALLOW, descending=asked.descending)]
            )
        return self._store.order(name, lambda: all_rows(self._keyed(), descending=asked.descending))

    def _chosen_rows(self) -> Order:
        asked = self._asked
        return self._store.order(self._name("chosen", asked.search, asked.status.value), self._search)

    def _search(self) -> Iterator[pa.Array]:
        hidden, start = pa.array(self._hidden, pa.uint32()), 0
        for batch in self._index():
            found = rows_matching(batch, search=self._asked.search, status=self._asked.status.value)
            numbers = pc.add(found.cast(pa.uint32()), pa.scalar(start, pa.uint32()))
            if len(hidden):
                numbers = numbers.filter(pc.invert(pc.is_in(numbers, value_set=hidden)))
            yield numbers
            start += batch.num_rows

    def _hidden_rows(self) -> list[int]:
        if not self._erased:
            return []
        return self._store.order(self._name("hidden"), self._find_erased).numbers()

    def _find_erased(self) -> Iterator[pa.Array]:
        start = 0
        for batch in self._index():
            found = pc.indices_nonzero(self._erased.found_in(batch["email"]))
            yield pc.add(found.cast(pa.uint32()), pa.scalar(start, pa.uint32()))
            start += batch.num_rows

    def _keyed(self) -> Iterator[pa.RecordBatch]:
        """The keys of the chosen rows with their numbers."""
        by_status = self._asked.sort == BY_STATUS
        columns = COLUMNS[1:] if by_status else [self._asked.sort]
        hidden = pa.array(self._hidden, pa.uint32())
        start, place = 0, 0
        for batch in self._store.batches(columns):
            numbers = pa.array(range(start, start + batch.num_rows), pa.uint32())
            key = _status_key(batch) if by_status else sort_key(batch.column(0))
            keyed = pa.RecordBatch.from_arrays([key, numbers], names=["key", "row"])
            start += batch.num_rows
            if self._chosen is not None:
                mine = self._chosen.slice(place, batch.num_rows)
                mine = mine[: bisect_left(mine, start)]
                place += len(mine)
                keyed = keyed.take(pa.array([number - (start - batch.num_rows) for number in mine], pa.uint32()))
            elif len(hidden):
                keyed = keyed.filter(pc.invert(pc.is_in(numbers, value_set=hidden)))
            yield keyed

    def _index(self) -> Iterator[pa.RecordBatch]:
        """Addresses, and which dates there are, in a file of their own that is read in a tenth of the time."""
        path = self._store.folder / INDEX
        if not path.exists():
            with written_whole(path) as beside:
                _write_index(self._store.batches(COLUMNS, INDEX_ROWS), beside)
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)

    def _name(self, kind: str, *parts: object) -> str:
        """Of an order of this file, for this choice and these erased people."""
        digests = sorted(digest.hex() for digest in self._erased.digests)
        told = json.dumps([kind, digests, *parts])
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def _status_key(batch: pa.RecordBatch) -> pa.Array:
    """Active, not activated, deactivated, bounced."""
    key = pc.if_else(pc.is_valid(batch["deactivated_at"]), 2, pc.if_else(pc.is_null(batch["activated_at"]), 1, 0))
    return pc.if_else(pc.is_valid(batch["bounced_at"]), 3, key).cast(pa.int8())


def _write_index(batches: Iterable[pa.RecordBatch], path: Path) -> None:
    schema = pa.schema([(COLUMNS[0], pa.string()), *((name, pa.bool_()) for name in COLUMNS[1:])])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            there = [pc.if_else(pc.is_valid(batch[name]), True, pa.scalar(None, pa.bool_())) for name in COLUMNS[1:]]
            writer.write_batch(pa.RecordBatch.from_arrays([batch["email"], *there], schema=schema))
