"""A sheet of an XLSX or XLS workbook as blocks of rows."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import compress, islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from imports.readers.archive import check_archive
from imports.readers.blocks import Block, check_width
from imports.readers.choices import ColumnMapping, DecimalMark, Kind, Source
from imports.readers.problems import FileProblem, UnreadableFile
from recipients.masterdata.values import format_number

Cell = int | float | str | bool | time | date | datetime | timedelta
NumberedRow = tuple[int, list[Cell]]

_BLOCK_ROWS: Final = 10_000
# Excel keeps and shows 15 significant digits; the rest of a binary fraction is noise.
_DIGITS: Final = ".15g"


class Sheet:
    """One sheet of a workbook. Raises UnreadableFile when there is no such sheet, no row in it, or too many columns.

    Where a column goes to a number field whose texts have a decimal comma, its numbers are written with one as well, so
    that one notation holds for the whole column.
    """

    def __init__(self, path: Path, source: Source, mapping: Sequence[ColumnMapping] = ()) -> None:
        self._has_header = source.has_header
        self._with_comma = {entry.column for entry in mapping if entry.decimal is DecimalMark.COMMA}
        self._workbook = _open_workbook(path, source.kind)
        try:
            self.sheets = _sheet_names(self._workbook)
            sheet = self._find_sheet(source.sheet)
            self.sheet: str | None = sheet.name
            self.rows_known: int | None = max(0, sheet.height - (1 if self._has_header else 0))
            self._rows = _numbered_rows(sheet)
            first = next(self._rows, None)
            if first is None:
                raise UnreadableFile(FileProblem.EMPTY)
            check_width(len(first[1]))
        except UnreadableFile:
            self._workbook.close()
            raise
        self.header = [show(cell) if self._has_header else "" for cell in first[1]]
        self._waiting = [] if self._has_header else [first]

    def _find_sheet(self, name: str | None) -> CalamineSheet:
        """The sheet of that name; without a name the first one that has cells, or else the first one."""
        names = self.sheets if name is None else [each for each in self._workbook.sheet_names if each == name]
        if not names:
            raise UnreadableFile(FileProblem.NO_SHEET, detail=name or "")
        try:
            for each in names:
                sheet = self._workbook.get_sheet_by_name(each)
                if sheet.height:
                    return sheet
        except CalamineError as error:
            raise UnreadableFile(FileProblem.DAMAGED_WORKBOOK, detail=str(error)) from error
        raise UnreadableFile(FileProblem.EMPTY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._workbook.close()

    def blocks(self, wanted: Sequence[int], never_missing: Sequence[int]) -> Iterator[Block]:
        """All rows, with the wanted columns. No row of a sheet is too short or too long."""
        while True:
            rows = [*self._waiting, *islice(self._rows, _BLOCK_ROWS)]
            self._waiting = []
            if not rows:
                return
            columns = {position: self._column(rows, position) for position in wanted}
            yield Block(pa.array([number for number, _ in rows], pa.int64()), columns, partial(self._whole, rows))

    def _whole(self, rows: Sequence[NumberedRow], chosen: pa.Array) -> list[pa.Array]:
        some = list(compress(rows, chosen.to_pylist()))
        return [self._column(some, position) for position in range(len(self.header))]

    def _column(self, rows: Sequence[NumberedRow], position: int) -> pa.Array:
        """The texts of one column. Most cells are texts already, which need no call."""
        cells = [row[position] for _, row in rows]
        comma = position in self._with_comma
        return pa.array([cell if type(cell) is str else show(cell, comma=comma) for cell in cells], pa.string())


def _open_workbook(path: Path, kind: Kind) -> CalamineWorkbook:
    """The open workbook. Raises UnreadableFile."""
    if kind is Kind.XLSX:
        check_archive(path)
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise UnreadableFile(FileProblem.PASSWORD_PROTECTED) from error
    except CalamineError as error:
        raise UnreadableFile(FileProblem.DAMAGED_WORKBOOK, detail=str(error)) from error


def _sheet_names(workbook: CalamineWorkbook) -> tuple[str, ...]:
    """The names of the sheets that hold cells: the visible ones, or all when none is visible."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return tuple(sheet.name for sheet in visible or sheets)


def _numbered_rows(sheet: CalamineSheet) -> Iterator[NumberedRow]:
    """The rows that are not blank, with their numbers in the sheet. All have the width of the sheet."""
    return ((number, row) for number, row in enumerate(sheet.iter_rows(), 1) if row.count("") < len(row))


def show(cell: Cell, *, comma: bool = False) -> str:
    """A cell as text: numbers as a spreadsheet program shows them in full, dates and times in ISO notation."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        number = format_number(Decimal(format(cell, _DIGITS)))
        return number.replace(".", ",") if comma else number
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    hours, rest = divmod(round(cell.total_seconds()), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
