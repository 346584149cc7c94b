"""The file of rejected rows."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from imports.readers.blocks import BadRow, Block
from imports.readers.cells import clean_cells
from imports.readers.convert import Check
from recipients.masterdata.labels import Language

SHOWN_CHARACTERS: Final = 1_000
KEPT_CHARACTERS: Final = 32_767
"""What a cell of a spreadsheet program holds at most."""
_HEADER_KEY: Final = b"listkeep.header"
_WAITING_BYTES: Final = 4 * 1024 * 1024

REJECTED_SCHEMA: Final = pa.schema(
    [
        ("line", pa.int64()),
        ("email", pa.string()),
        ("reason", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("cells", pa.list_(pa.string())),
    ]
)
"""One row per rejected row, in the order of the source file: its line, the address as written (null when there is
none), the `Reason`, the header of the column that it is about ("" when it has none), that cell, and all cells in their
order, as written.

Address and cell are cut after 1,000 characters, those of `cells` after 32,767; what is no character is shown as U+FFFD.
`cells` are as many as `original_header`, or more where a row has more. Of a row with broken quotation marks they are
what could be told apart; where a row ends too early, status dates that it does not have are "?"."""


ADDED_NAMES: Final[dict[Language, tuple[str, str, str]]] = {
    "de": ("Zeile", "Grund", "Spalte"),
    "en": ("Line", "Reason", "Column"),
}
"""The columns that rejected rows have behind their own when a person gets them back: line, reason, column at fault."""


def without_added(names: Sequence[str]) -> list[str]:
    """The names of a file's columns without ADDED_NAMES, if it is one of rejected rows, in whatever language."""
    for added in ADDED_NAMES.values():
        if tuple(names[-len(added) :]) == added:
            return list(names[: -len(added)])
    return list(names)


def original_header(rejected: pq.ParquetFile) -> list[str]:
    """The names of all columns of the source file, as written; each "" when it has no header."""
    header: list[str] = json.loads(rejected.schema_arrow.metadata[_HEADER_KEY])
    return header


class RejectedRows:
    """Writes the file of rejected rows as a stream; removed again when the block fails. `counts`: rows by reason."""

    def __init__(self, path: Path, *, header: Sequence[str], email_column: int) -> None:
        """`header` is as written."""
        self.counts: Counter[str] = Counter()
        self._path = path
        self._header = header
        self._names = clean_cells(list(header))
        self._email_column = email_column
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0

    def __enter__(self) -> Self:
        header = json.dumps([_shown_text(name, KEPT_CHARACTERS) or "" for name in self._header])
        schema = REJECTED_SCHEMA.with_metadata({_HEADER_KEY: header})
        try:
            self._parquet = pq.ParquetWriter(self._path, schema, compression="zstd")
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        return self

    def add(self, block: Block, checks: Sequence[Check]) -> pa.Array | None:
        """Write the rows of a block that fail a check, each with the first one, and its bad rows.

        Returns a boolean array, true for the rows that may stay, or None when all may.
        """
        tables: list[pa.Table] = []
        kept: pa.Array | None = None
        for check in checks:
            failed = check.failed if kept is None else pc.and_(check.failed, kept)
            if pc.any(failed, min_count=0).as_py():
                tables.append(self._rows(block, failed, check))
                kept = pc.invert(failed) if kept is None else pc.and_(kept, pc.invert(failed))
        if kept is not None:
            # Rows with the same reason stand together so far, `whole` gives them in the order of the file.
            cells = _as_lists([_shown(column, KEPT_CHARACTERS) for column in block.whole(pc.invert(kept))])
            tables = [pa.concat_tables(tables).sort_by("line").append_column(REJECTED_SCHEMA.field("cells"), cells)]
        if block.bad_rows:
            tables.append(pa.Table.from_pylist([self._bad_row(row) for row in block.bad_rows], REJECTED_SCHEMA))
        if tables:
            self._write(pa.concat_tables(tables).sort_by("line"))
        return kept

    def _rows(self, block: Block, failed: pa.Array, check: Check) -> pa.Table:
        """The rows that fail a check, without their cells."""
        lines = block.lines.filter(failed)
        return pa.table(
            [
                lines,
                _null_when_empty(_shown(block.columns[self._email_column].filter(failed), SHOWN_CHARACTERS)),
                pa.repeat(check.reason.value, len(lines)),
                pa.repeat(self._names[check.column], len(lines)),
                _null_when_empty(_shown(block.columns[check.column].filter(failed), SHOWN_CHARACTERS)),
            ],
            schema=pa.schema(list(REJECTED_SCHEMA)[:-1]),
        )

    def _bad_row(self, row: BadRow) -> dict[str, object]:
        return {
            "line": row.line,
            "email": _shown_text(row.cells[self._email_column], SHOWN_CHARACTERS),
            "reason": row.reason.value,
            "column": (self._names[row.column : row.column + 1] or [""])[0],
            "value": _shown_text(row.value, SHOWN_CHARACTERS),
            "cells": [_shown_text(cell, KEPT_CHARACTERS) or "" for cell in row.cells],
        }

    def _write(self, table: pa.Table) -> None:
        """Write so many rows at once that reading them again needs few steps, and little memory."""
        self.counts.update(table["reason"].to_pylist())
        self._waiting.append(table)
        self._waiting_bytes += table.nbytes
        if self._waiting_bytes >= _WAITING_BYTES:
            self._write_waiting()

    def _write_waiting(self) -> None:
        if self._waiting:
            self._parquet.write_table(pa.concat_tables(self._waiting))
        self._waiting, self._waiting_bytes = [], 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        complete = False
        try:
            if kind is None:
                self._write_waiting()
            self._parquet.close()
            complete = kind is None
        finally:
            if not complete:
                self._path.unlink(missing_ok=True)


def _as_lists(columns: Sequence[pa.Array]) -> pa.Array:
    """Columns of equal length as one column of rows."""
    width, rows = len(columns), len(columns[0])
    places = pa.arange(0, width * rows)
    row = pc.divide(places, width)
    column = pc.subtract(places, pc.multiply(row, width))
    cells = pa.concat_arrays(columns).take(pc.add(pc.multiply(column, rows), row))
    return pa.ListArray.from_arrays(pa.arange(0, width * rows + 1, width).cast(pa.int32()), cells)


def _shown(cells: pa.Array, most: int) -> pa.Array:
    """Cells as they may be shown and stored: of at most so many characters, without NUL, "" when empty."""
    short = pc.replace_substring(pc.utf8_slice_codeunits(cells, 0, most), "\x00", "\ufffd")
    return pc.fill_null(short, "")


def _null_when_empty(cells: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)


def _shown_text(cell: str, most: int) -> str | None:
    """`_shown` for one cell, null when empty."""
    return cell[:most].replace("\x00", "\ufffd") or None
