"""Take: a group's master data, at one instant, as a master-data file.

Reads with COPY and writes Parquet as a stream; memory does not grow with the number of rows. Called by `backups` for
every backup. The caller opens the transaction (a snapshot, or one that has the group locked), so that the revision and
the rows belong together.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection
from psycopg import sql

from recipients.masterdata.encode import TAG_SEPARATOR, tag_lists
from recipients.masterdata.file import Description, FieldDefinition, FieldScope, MasterDataWriter, schema_for
from recipients.models import Group
from recipients.queries import definitions_of

BLOCK_BYTES = 4 * 1024 * 1024  # more than the longest row: 45 values of 10,000 characters, each doubled by quoting


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
    )
    schema = schema_for(fields)
    rows = active = 0
    with (
        MasterDataWriter(path, description, schema) as writer,
        connection.cursor() as cursor,
        cursor.cursor.copy(copy_query(group, fields)) as copy,
    ):
        for batch in batches(copy, schema):
            writer.write(batch)
            rows += batch.num_rows
            active += active_in(batch)
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
        contact = sql.SQL(
            "LEFT JOIN recipients_contact AS contact"
            " ON contact.account_id = recipient.account_id AND contact.email = recipient.email"
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


def batches(copy: psycopg.Copy, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a running COPY in the columns of the master-data file, block by block."""
    pieces: Iterator[bytes | bytearray | memoryview] = iter(copy)
    first = next(pieces, None)
    if first is None:  # Arrow takes a CSV file without a byte for an error
        return
    with open_reader(CopyStream(chain([first], pieces)), schema) as reader:
        for batch in reader:
            yield typed(batch, schema)


def open_reader(stream: io.RawIOBase, schema: pa.Schema) -> pyarrow.csv.CSVStreamingReader:
    """Arrow's CSV reader over what COPY sends. What PostgreSQL writes unquoted and empty is null."""
    types = {column.name: pa.string() if pa.types.is_list(column.type) else untimed(column.type) for column in schema}
    return pyarrow.csv.open_csv(
        stream,
        read_options=pyarrow.csv.ReadOptions(column_names=schema.names, block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            timestamp_parsers=[pyarrow.csv.ISO8601],
        ),
    )


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


class CopyStream(io.RawIOBase):
    """The pieces of a COPY … TO STDOUT as a readable file."""

    def __init__(self, pieces: Iterator[bytes | bytearray | memoryview]) -> None:
        self._pieces = pieces

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At least one byte and not much more than `size`, until the end: empty."""
        # Joined as they come: a list of them all kept the garbage collector busy for a third of the time.
        joined = bytearray()
        for piece in self._pieces:
            joined += piece
            if 0 <= size <= len(joined):
                break
        return bytes(joined)
