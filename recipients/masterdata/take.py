"""Take: a group's master data, at one instant, as a master-data file.

Reads with COPY and writes Parquet as a stream; memory does not grow with the number of rows. Called by `backups` for
every backup. The caller opens the transaction (a snapshot, or one that has the group locked), so that the revision and
the rows belong together.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection
from psycopg import sql

from recipients.masterdata.encode import TAG_SEPARATOR, tag_lists
from recipients.masterdata.file import Description, FieldDefinition, FieldScope, MasterDataWriter, schema_for
from recipients.models import Group
from recipients.queries import definitions_of, patterns_of

BLOCK_BYTES = 2 * 1024 * 1024
BLOCKS_AHEAD = 4  # wait to be written at most, so that memory stays the same

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Taken:
    """What a taken file holds."""

    revision: int
    recipient_count: int
    active_count: int


def take(
    *, group: Group, path: Path, trigger: str, now: datetime, progress: Callable[[int, int | None], None]
) -> Taken:
    """Write the master data of `group`, as the caller's transaction sees it, to a new file at `path`.

    `group` must have been read in that same transaction. Reports progress in rows. On an error no file is left.
    """
    fields = definitions_of(group)
    description = Description(
        group_name=group.name,
        group_note=group.note,
        group_settings=group.settings_for_backup(),
        fields=fields,
        revision=group.revision,
        trigger=trigger,
        taken_at=now,
        block_list=patterns_of(group),
    )
    schema = schema_for(fields)
    rows = active = 0
    with (
        MasterDataWriter(path, description, schema) as writer,
        connection.cursor() as cursor,
        cursor.cursor.copy(copy_query(group, fields)) as copy,
        ThreadPoolExecutor(1) as beside,
    ):

        def write(block: bytearray) -> tuple[int, int]:
            batch = parsed(block, schema)
            writer.write(batch)
            return batch.num_rows, active_in(batch)

        # The database goes on sending while the blocks before are written.
        for written, of_these_active in in_turn(beside, write, blocks(copy)):
            rows += written
            active += of_these_active
            progress(rows, group.recipient_count)
    return Taken(revision=group.revision, recipient_count=rows, active_count=active)


def copy_query(group: Group, fields: Sequence[FieldDefinition]) -> sql.Composed:
    """The COPY that brings a group's rows out, sorted by address, in the columns of the master-data file."""
    values = [
        sql.SQL(", {}.values->>{}").format(
            sql.Identifier("contact" if field.scope is FieldScope.ACCOUNT else "recipient"), sql.Literal(field.key)
        )
        for field in fields
    ]
    contact = sql.SQL("")
    if any(field.scope is FieldScope.ACCOUNT for field in fields):
        # Each looked up by its key, whatever the planner believes of the table: see `rules.CONTACT_JOIN`.
        contact = sql.SQL(
            "LEFT JOIN LATERAL ("
            " SELECT each.values FROM recipients_contact AS each"
            " WHERE each.account_id = recipient.account_id AND each.email = recipient.email OFFSET 0"
            ") AS contact ON true"
        )
    return sql.SQL(
        """
        COPY (
            SELECT recipient.email,
                   recipient.registered_at AT TIME ZONE 'UTC', recipient.activated_at AT TIME ZONE 'UTC',
                   recipient.deactivated_at AT TIME ZONE 'UTC', recipient.bounced_at AT TIME ZONE 'UTC',
                   recipient.source, nullif(array_to_string(recipient.tags, {separator}), '') {values}
            FROM recipients_recipient AS recipient {contact}
            WHERE recipient.account_id = {account} AND recipient.group_id = {group}
            ORDER BY recipient.email
        ) TO STDOUT (FORMAT csv)
        """
    ).format(
        separator=sql.Literal(TAG_SEPARATOR),
        values=sql.SQL("").join(values),
        contact=contact,
        account=sql.Literal(group.account_id),
        group=sql.Literal(group.pk),
    )


def blocks(copy: psycopg.Copy) -> Iterator[bytearray]:
    """What a running COPY sends, whole rows, as many at a time as BLOCK_BYTES hold or one that is longer."""
    # Joined as they come: a list of a million rows kept the garbage collector busy for a third of the time.
    block = bytearray()
    for row in copy:
        block += row
        if len(block) >= BLOCK_BYTES:
            yield block
            block = bytearray()
    if block:
        yield block


def in_turn(pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The function's results, in order, worked out in the pool; no more than BLOCKS_AHEAD items wait for it."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > BLOCKS_AHEAD:
            yield waiting.popleft().result()
    for future in waiting:
        yield future.result()


def parsed(block: bytearray, schema: pa.Schema) -> pa.RecordBatch:
    """The rows of a block with the types of the master-data file. What PostgreSQL writes unquoted and empty is null."""
    types = {column.name: pa.string() if pa.types.is_list(column.type) else untimed(column.type) for column in schema}
    table = pyarrow.csv.read_csv(
        pa.BufferReader(block),
        read_options=pyarrow.csv.ReadOptions(column_names=schema.names, block_size=len(block), use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            timestamp_parsers=[pyarrow.csv.ISO8601],
        ),
    )
    (batch,) = table.to_batches()
    return typed(batch, schema)


def untimed(kind: pa.DataType) -> pa.DataType:
    """A timestamp's type without its zone: PostgreSQL writes UTC, and Arrow's fast parser reads no offset."""
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


def typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch as read, with the types of the master-data file."""
    columns = [
        tag_lists(column) if pa.types.is_list(target.type) else column.cast(target.type)
        for column, target in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def active_in(batch: pa.RecordBatch) -> int:
    """How many rows are active: activated, not deactivated, not bounced."""
    active = pc.and_(
        pc.is_valid(batch["activated_at"]),
        pc.and_(pc.is_null(batch["deactivated_at"]), pc.is_null(batch["bounced_at"])),
    )
    return pc.sum(active).as_py() or 0
