"""Read: a person's file becomes a master-data file, and the rows that cannot be read a file of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from imports.readers.blocks import Block, RowSource
from imports.readers.choices import ColumnMapping, Kind, Source
from imports.readers.convert import Check, TargetColumn, email_column, target_columns
from imports.readers.delimited import DelimitedText
from imports.readers.parquet import ParquetTable
from imports.readers.problems import Reason
from imports.readers.rejects import RejectedRows
from imports.readers.status_column import StatusColumn
from imports.readers.unpacking import unpacked
from imports.readers.workbook import Sheet
from recipients.masterdata.file import (
    LINE,
    STATUS_COLUMNS,
    Description,
    FieldDefinition,
    MasterDataWriter,
    schema_for,
)

Progress = Callable[[int, int | None], None]
_PRIORITY: Final = {reason: place for place, reason in enumerate(Reason)}


class BlockList(Protocol):
    """Addresses that must not come in."""

    def matches(self, emails: pa.Array) -> pa.Array:
        """A boolean array without nulls: which of the addresses (canonical) are blocked."""


class Erased(Protocol):
    """People who were erased from the account."""

    def __bool__(self) -> bool:
        """Whether there is anybody."""

    def found_in(self, emails: pa.Array) -> pa.Array:
        """A boolean array without nulls: which of the addresses (canonical) are theirs."""


@dataclass(frozen=True)
class ReadResult:
    """What was read. `rows_total` = `rows_read` + all rejected; blank rows are not counted.

    `notes` counts what the person should know though no row was lost: "short_rows" (rows that end before the last
    column; the missing cells count as empty). A count of 0 is left out, here and in `rejected_by_reason`.
    """

    rows_total: int
    rows_read: int
    rejected_by_reason: dict[str, int]
    notes: dict[str, int]


def read(
    path: Path,
    *,
    source: Source,
    mapping: Sequence[ColumnMapping],
    fields: tuple[FieldDefinition, ...],
    target: Path,
    rejected: Path,
    progress: Progress,
    time_zone: str = "Europe/Berlin",
    blocked: BlockList | None = None,
    erased: Erased | None = None,
    now: datetime | None = None,
) -> ReadResult:
    """Read the file at `path` into a master-data file at `target`, with `line` and the mapped columns only.

    A column of statuses in words is mapped to STATUS_TARGET and becomes sign-offs and bounces; those without a date are
    of `now`, by default the moment when the reading starts.
    Of a ZIP archive the one table in it is read, as `source` says.
    Rows that cannot be read, or whose address is `blocked` or `erased`, go to `rejected`, a Parquet file with
    REJECTED_SCHEMA.
    Dates and times without an offset are taken as local in `time_zone`. Doubles are not looked for.
    `progress(rows done, rows known or None)` is called after each block; what it raises ends the reading. On any error
    neither file is left.
    Raises UnreadableFile and InvalidMapping.
    """
    with unpacked(path) as (table, _), _opened(table, source, mapping) as rows:
        addresses = email_column(mapping)
        now = now or datetime.now(UTC)
        width = len(rows.header)
        columns = target_columns(mapping, fields, zone=ZoneInfo(time_zone), width=width, now=now)
        status = StatusColumn.of(mapping, width=width, now=now)
        mapped = {column.mapping.target for column in columns}.union(status.fills if status else ())
        schema = schema_for(fields, with_line=True, only=mapped)
        description = Description(
            group_name="",
            group_note="",
            group_settings={},
            fields=tuple(field for field in fields if field.key in mapped),
            revision=0,
            trigger="import",
            taken_at=now,  # of what the file says without a date
        )
        try:
            with (
                RejectedRows(rejected, header=rows.header, email_column=addresses) as rejects,
                MasterDataWriter(target, description, schema) as writer,
            ):
                return _read_blocks(
                    rows,
                    columns,
                    status,
                    blocked=blocked,
                    erased=erased or None,
                    schema=schema,
                    writer=writer,
                    rejects=rejects,
                    progress=progress,
                )
        except BaseException:
            # The file of rejected rows may fail last of all, when the other one is complete.
            target.unlink(missing_ok=True)
            raise


def _opened(path: Path, source: Source, mapping: Sequence[ColumnMapping]) -> DelimitedText | Sheet | ParquetTable:
    if source.kind is Kind.PARQUET:
        return ParquetTable(path)
    return DelimitedText(path, source) if source.kind is Kind.CSV else Sheet(path, source, mapping)


def _read_blocks(
    rows: RowSource,
    columns: Sequence[TargetColumn],
    status: StatusColumn | None,
    *,
    blocked: BlockList | None,
    erased: Erased | None,
    schema: pa.Schema,
    writer: MasterDataWriter,
    rejects: RejectedRows,
    progress: Progress,
) -> ReadResult:
    positions = {
        column.mapping.target: column.mapping.column for column in columns if column.mapping.column is not None
    }
    never_missing = [position for target, position in positions.items() if target in STATUS_COLUMNS]
    if status is not None and status.position is not None:
        never_missing.append(status.position)
    wanted = sorted({*positions.values(), *never_missing})
    constants = {column.mapping.target: column.alternative() for column in columns if column.mapping.column is None}
    rows_read = rows_total = short_rows = 0
    for block in rows.blocks(wanted, never_missing):
        values, checks = _convert(block, columns, constants, blocked, erased)
        if status is not None:
            checks += status.fill(values, block)
        checks.sort(key=lambda check: _PRIORITY[check.reason])
        values[LINE] = block.lines
        batch = pa.RecordBatch.from_arrays([values[name] for name in schema.names], schema=schema)
        kept = rejects.add(block, checks)
        if kept is not None:
            batch = batch.filter(kept)
        writer.write(batch)
        rows_read += batch.num_rows
        rows_total += len(block.lines) + len(block.bad_rows)
        short_rows += block.short_rows
        progress(rows_total, None if rows.rows_known is None else max(rows.rows_known, rows_total))
    progress(rows_total, rows_total)
    return ReadResult(
        rows_total=rows_total,
        rows_read=rows_read,
        rejected_by_reason=dict(rejects.counts),
        notes={"short_rows": short_rows} if short_rows else {},
    )


def _convert(
    block: Block,
    columns: Sequence[TargetColumn],
    constants: dict[str, pa.Scalar],
    blocked: BlockList | None,
    erased: Erased | None,
) -> tuple[dict[str, pa.Array], list[Check]]:
    """The columns of a block by their names in the master-data file, and every check on them."""
    values: dict[str, pa.Array] = {}
    checks: list[Check] = []
    for column in columns:
        position = column.mapping.column
        if position is None:
            value, rows = constants[column.mapping.target], len(block.lines)
            # Arrow repeats no list zero times.
            values[column.mapping.target] = pa.repeat(value, rows) if rows else pa.array([], value.type)
            continue
        array, found = column.values(block.columns[position], position, has_nul=block.has_nul)
        values[column.mapping.target] = array
        checks += found
        if blocked is not None and column.mapping.target == "email":
            checks.append(Check(blocked.matches(array), Reason.BLOCKED, position))
        if erased is not None and column.mapping.target == "email":
            checks.append(Check(erased.found_in(array), Reason.ERASED, position))
    return values, checks
