"""Differing: the rows of a master-data file that a list does not have just so, and whom the list has besides.

A restore changes few of many recipients. Comparing two sorted streams costs a fraction of staging all rows and joining
them; only what differs goes on to `plan` and `apply`. Called by `imports.preview` for restores.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection

from recipients.masterdata.file import FieldDefinition, MasterDataFile, MasterDataWriter, schema_for
from recipients.masterdata.merging import Columns, Stream, same_rows, windows
from recipients.masterdata.take import blocks, copy_query, in_turn, parsed
from recipients.models import Group
from recipients.queries import definitions_of

ABSENT_SCHEMA: Final = pa.schema([("email", pa.string())])


@dataclass(frozen=True)
class Differences:
    """Two files: the `rows` that differ or are not in the list, and the addresses that are in the list alone.

    `same` rows of the file are in the list as they stand there; `revision` is the list's when it was read.
    """

    rows: Path
    absent: Path
    same: int
    revision: int


def find_differences(
    *,
    file: MasterDataFile,
    group: Group,
    folder: Path,
    ignoring: frozenset[str],
    progress: Callable[[int, int | None], None],
) -> Differences:
    """Compare a file that is sorted by address, as backups are, with a list as the caller's transaction sees it.

    `ignoring`: keys of fields of the list whose values do not matter. Memory stays the same however long both are.
    Writes into `folder`. Raises what the file raises when it is damaged.
    """
    fields = definitions_of(group)
    revision = Group.objects.values_list("revision", flat=True).get(account_id=group.account_id, pk=group.pk)
    found = Differences(folder / "differing.parquet", folder / "absent.parquet", 0, revision)
    present = schema_for(fields)
    columns = Columns.of(file.schema, present, ignoring=sorted(ignoring - set(file.schema.names)))
    same = done = 0
    with (
        MasterDataWriter(found.rows, file.description, file.schema) as rows,
        pq.ParquetWriter(found.absent, ABSENT_SCHEMA, compression="zstd") as absent,
    ):
        for theirs, mine in windows(Stream.of(file), Stream(present, _rows_of(group, fields))):
            at = pc.index_in(theirs["email"], mine["email"])
            known = pc.is_valid(at)
            pairs = theirs.filter(known)
            equal = same_rows(pairs, mine.take(at.filter(known)), columns)
            unlike = pc.replace_with_mask(pa.repeat(pa.scalar(True), len(known)), _flat(known), _flat(pc.invert(equal)))
            for batch in theirs.filter(unlike).to_batches():
                rows.write(batch)
            gone = mine.filter(pc.invert(pc.is_in(mine["email"], value_set=_flat(theirs["email"]))))
            absent.write_table(gone.select(["email"]))
            same += pc.sum(equal).as_py() or 0
            done += theirs.num_rows
            progress(done, file.row_count)
    return Differences(found.rows, found.absent, same, revision)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    flat = column.combine_chunks()
    return pa.concat_arrays(flat.chunks) if isinstance(flat, pa.ChunkedArray) else flat


def _rows_of(group: Group, fields: tuple[FieldDefinition, ...]) -> Iterator[pa.RecordBatch]:
    """The list's rows as `take` reads them; the database goes on sending while they are parsed."""
    schema = schema_for(fields)
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(copy_query(group, fields)) as copy,
        ThreadPoolExecutor(1) as beside,
    ):
        yield from in_turn(beside, lambda block: parsed(block, schema), blocks(copy))
