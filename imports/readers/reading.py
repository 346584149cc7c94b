"""Read: a person's file becomes a master-data file, and the rows that cannot be read a file of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from imports.readers.choices import ColumnMapping, Source
from recipients.masterdata.file import FieldDefinition

Progress = Callable[[int, int | None], None]

REJECTED_SCHEMA: Final = pa.schema(
    [
        ("line", pa.int64()),
        ("email", pa.string()),
        ("reason", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
    ]
)
"""Rejected rows: line, the address as written, `Reason`, the header of the offending column, its cell (first 200 characters)."""


@dataclass(frozen=True)
class ReadResult:
    """What was read. `rows_total` = `rows_read` + all rejected; blank rows are not counted.

    `notes` counts what the person should know though no row was lost: "blank_rows", "short_rows" (rows that end before
    the last column; the missing cells count as empty).
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
) -> ReadResult:
    """Read the file at `path` into a master-data file at `target`, with `line` and the mapped columns only.

    Rows that cannot be read go to `rejected`, a Parquet file with REJECTED_SCHEMA. Dates and times without an offset are
    taken as local in `time_zone`. Doubles are not looked for. `progress(rows done, rows known or None)` is called after
    each block; what it raises ends the reading. On any error neither file is left.
    Raises UnreadableFile and InvalidMapping.
    """
    raise NotImplementedError
