"""Staging: the rows of a master-data file in a temporary table `staged`, beside the group that they are for.

The table has the same columns whatever the file's fields are, so that every statement after it is fixed text. It ends
with the transaction. Called by `plan` and `apply`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from recipients.masterdata.blocklist import BlockList
from recipients.masterdata.differing import Differences
from recipients.masterdata.encode import array_literals, copy_text, json_objects
from recipients.masterdata.file import BASE_COLUMNS, LINE, Description, FieldDefinition, FieldScope, MasterDataFile

BATCH_ROWS = 32_768
_Piece = TypeVar("_Piece")

CREATE = """
CREATE TEMPORARY TABLE staged (
    line bigint NOT NULL,
    email varchar(254) COLLATE "C" NOT NULL,
    registered_at timestamptz,
    activated_at timestamptz,
    deactivated_at timestamptz,
    bounced_at timestamptz,
    source text,
    tags text[],
    values jsonb NOT NULL,
    contact_values jsonb NOT NULL,
    barred boolean NOT NULL
) ON COMMIT DROP
"""

DROP_DOUBLES = """
DELETE FROM staged USING (
    SELECT email, min(line) AS first_line FROM staged GROUP BY email HAVING count(*) > 1
) AS doubled
WHERE staged.email = doubled.email AND staged.line > doubled.first_line
"""

# What rows are matched, sorted and chosen by; of the values nothing is asked, and they would take most of the time.
ANALYZE = "ANALYZE staged (line, email, registered_at, activated_at, deactivated_at, bounced_at)"


class MasterDataRows(Protocol):
    """What is staged: an open master-data file, or rows in memory (`rows.RowsInMemory`)."""

    description: Description
    mapped: tuple[str, ...]
    row_count: int
    schema: pa.Schema

    def batches(self, columns: Sequence[str] | None = None, batch_size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows in their order."""


@dataclass(frozen=True)
class Staged:
    """What stands in `staged`."""

    rows: int  # one per address, those included that were left out because the list has them just so
    doubled: int  # rows left out because an earlier line of the file has their address
    mapped: frozenset[str]  # base columns and field keys that the file speaks of
    fields: tuple[FieldDefinition, ...]  # the mapped fields
    said_at: datetime | None  # the date of sign-offs and bounces that the file tells of without one
    revision: int | None = None  # of the list that the rows were compared with; None: nothing was left out

    @property
    def list_fields(self) -> list[FieldDefinition]:
        """Mapped fields of the list."""
        return [field for field in self.fields if field.scope is FieldScope.LIST]

    @property
    def account_fields(self) -> list[FieldDefinition]:
        """Mapped account-wide fields."""
        return [field for field in self.fields if field.scope is FieldScope.ACCOUNT]


def stage(
    file: MasterDataRows, *, progress: Callable[[int, int | None], None], blocked: BlockList | None = None
) -> Staged:
    """Bring the rows of `file` into a new table `staged`, in the caller's transaction. Reports progress in rows.

    Of rows with the same address the first line counts. Those whose address `blocked` has are marked: `restoring` adds
    none of them. Raises what the file raises when it is damaged.
    """
    mapped = frozenset(file.mapped)
    fields = tuple(field for field in file.description.fields if field.key in mapped)
    rows = 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged")
        cursor.execute(CREATE)
        with cursor.copy("COPY staged FROM STDIN (FORMAT csv)") as copy:
            for count, text in _one_ahead(_texts(file, fields, blocked)):
                copy.write(text)
                rows += count
                progress(rows, file.row_count)
        cursor.execute(DROP_DOUBLES)
        doubled = cursor.rowcount
        cursor.execute(ANALYZE)
    said_at = file.description.taken_at if LINE in file.schema.names else None  # a backup's dates all are known
    return Staged(rows=rows - doubled, doubled=doubled, mapped=mapped, fields=fields, said_at=said_at)


def stage_differences(
    found: Differences, *, progress: Callable[[int, int | None], None], blocked: BlockList | None = None
) -> Staged:
    """As `stage`, of the rows that differ from the list; and who is in the list alone, into a new table `absent`."""
    with MasterDataFile.open(found.rows) as file:
        staged = stage(file, progress=progress, blocked=blocked)
    with connection.cursor() as cursor, pq.ParquetFile(found.absent) as absent:
        cursor.execute("DROP TABLE IF EXISTS absent")
        cursor.execute('CREATE TEMPORARY TABLE absent (email varchar(254) COLLATE "C" NOT NULL) ON COMMIT DROP')
        with cursor.copy("COPY absent FROM STDIN (FORMAT csv)") as copy:
            for batch in absent.iter_batches(batch_size=BATCH_ROWS):
                copy.write(copy_text({"email": batch["email"]}))
        cursor.execute("ANALYZE absent")
    return replace(staged, rows=staged.rows + found.same, revision=found.revision)


def _texts(
    file: MasterDataRows, fields: tuple[FieldDefinition, ...], blocked: BlockList | None
) -> Iterator[tuple[int, memoryview]]:
    """The rows as COPY reads them, in pieces, each with its number of rows."""
    for columns in staged_columns(file, fields):
        rows = len(columns[LINE])
        columns["barred"] = pa.repeat(pa.scalar(False), rows) if blocked is None else blocked.matches(columns["email"])
        yield len(columns[LINE]), copy_text(columns)


def _one_ahead(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """The same pieces; while one is used, the next is made by another thread. Half the time of staging is either."""
    end = object()
    with ThreadPoolExecutor(max_workers=1) as other:
        following = other.submit(next, pieces, end)
        while (piece := following.result()) is not end:
            following = other.submit(next, pieces, end)
            yield piece  # type: ignore[misc]  # the end alone is no piece


def staged_columns(file: MasterDataRows, fields: tuple[FieldDefinition, ...]) -> Iterator[dict[str, pa.Array]]:
    """The file's batches in the columns of `staged`. A file without line numbers (a backup) is numbered from 1."""
    list_fields = [field for field in fields if field.scope is FieldScope.LIST]
    account_fields = [field for field in fields if field.scope is FieldScope.ACCOUNT]
    before = 0
    for batch in file.batches(batch_size=BATCH_ROWS):
        names = set(batch.schema.names)
        columns = {LINE: batch[LINE] if LINE in names else pa.array(range(before + 1, before + 1 + batch.num_rows))}
        for name, kind in BASE_COLUMNS.items():
            if name not in names:
                columns[name] = pa.nulls(batch.num_rows, pa.string())
            else:
                columns[name] = array_literals(batch[name]) if pa.types.is_list(kind) else batch[name]
        columns["values"] = json_objects(batch, list_fields)
        columns["contact_values"] = json_objects(batch, account_fields)
        yield columns
        before += batch.num_rows
