"""The file of rejected rows."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from imports.readers.blocks import BadRow, Block
from imports.readers.convert import Check

SHOWN_CHARACTERS: Final = 1_000
REJECTED_SCHEMA: Final = pa.schema(
    [
        ("line", pa.int64()),
        ("email", pa.string()),
        ("reason", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
    ]
)
"""One row per rejected row, in the order of the source file: its line, the address as written (null when there is
none), the `Reason`, the header of the column that it is about ("" when it has none; null when it is about the whole
row), and that cell. Address and cell are cut after 1,000 characters; what is no character is shown as U+FFFD."""


class RejectedRows:
    """Writes the file of rejected rows as a stream; removed again when the block fails. `counts`: rows by reason."""

    def __init__(self, path: Path, *, header: Sequence[str], email_column: int) -> None:
        self.counts: Counter[str] = Counter()
        self._path = path
        self._header = header
        self._email_column = email_column

    def __enter__(self) -> Self:
        try:
            self._parquet = pq.ParquetWriter(self._path, REJECTED_SCHEMA, compression="zstd")
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
        if block.bad_rows:
            tables.append(pa.Table.from_pylist([self._bad_row(row) for row in block.bad_rows], REJECTED_SCHEMA))
        if tables:
            table = pa.concat_tables(tables).sort_by("line")
            self.counts.update(table["reason"].to_pylist())
            self._parquet.write_table(table)
        return kept

    def _rows(self, block: Block, failed: pa.Array, check: Check) -> pa.Table:
        lines = block.lines.filter(failed)
        return pa.table(
            [
                lines,
                _shown(block.columns[self._email_column].filter(failed)),
                pa.repeat(check.reason.value, len(lines)),
                pa.repeat(self._header[check.column], len(lines)),
                _shown(block.columns[check.column].filter(failed)),
            ],
            schema=REJECTED_SCHEMA,
        )

    def _bad_row(self, row: BadRow) -> dict[str, object]:
        email = row.cells[self._email_column] if self._email_column < len(row.cells) else ""
        return {
            "line": row.line,
            "email": _shown_text(email),
            "reason": row.reason.value,
            "column": None if row.column is None else (self._header[row.column : row.column + 1] or [""])[0],
            "value": _shown_text(row.value),
        }

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        complete = False
        try:
            self._parquet.close()
            complete = kind is None
        finally:
            if not complete:
                self._path.unlink(missing_ok=True)


def _shown(cells: pa.Array) -> pa.Array:
    """Cells as they may be shown and stored: short, without NUL, null when empty."""
    short = pc.replace_substring(pc.utf8_slice_codeunits(cells, 0, SHOWN_CHARACTERS), "\x00", "\ufffd")
    return pc.if_else(pc.equal(short, ""), pa.scalar(None, pa.string()), short)


def _shown_text(cell: str) -> str | None:
    """`_shown` for one cell."""
    return cell[:SHOWN_CHARACTERS].replace("\x00", "\ufffd") or None
