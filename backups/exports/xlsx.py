"""A master-data file as an XLSX workbook, written as a stream (ADR 14).

Cells have types: numbers of up to 15 significant digits are numbers and dates are dates, as far as Excel's calendar
goes; everything else is text that no program runs, leading zeros and all. Moments stay ISO 8601 texts in UTC, because a
workbook knows no time zones. Listkeep's own reader makes the same data of it again.
"""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.compute as pc

from accounts.formula_guard import guard_guarded
from backups.exports import sheet_xml
from backups.exports.refusals import CellTooLong, SheetTooLarge, TooManyRows
from backups.exports.rows import People, names_of, rows_of
from backups.exports.workbook_parts import parts_of
from recipients.masterdata.file import FieldDefinition, MasterDataFile
from recipients.masterdata.labels import Language, export_headers
from recipients.masterdata.texts import as_texts, is_written_by_people

MAX_ROWS: Final = 1_048_576  # of a sheet, its header included
MAX_CHARACTERS: Final = 32_767  # of a cell, as UTF-16 counts them
MAX_SHEET_BYTES: Final = 2_000_000_000  # unpacked: beyond 2 GiB programs disagree, and Listkeep's own reader refuses
_EXACT_DIGITS: Final = 15  # what a binary fraction of 64 bits keeps of a decimal one
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_FIRST_DAY: Final = date(1900, 3, 1)  # before it, Excel's calendar has a day that never was
_BATCH_ROWS: Final = 8_192
_COMPRESSION: Final = 1  # level 6 is a fifth smaller and takes three times as long

Progress = Callable[[int, int | None], None]


def refuse_too_many(recipients: int) -> None:
    """Raise TooManyRows when so many recipients and a header do not fit into a sheet."""
    if recipients >= MAX_ROWS:
        raise TooManyRows


def write_xlsx(
    file: MasterDataFile, path: Path, *, language: Language, progress: Progress, left_out: People | None = None
) -> int:
    """Write the file's rows as a workbook at `path`; gives how many. Memory does not grow with the rows.

    `progress(rows done, rows known)` is called after each block; what it raises ends the writing. On any error no file
    is left. Raises Unwritable and DamagedMasterData.
    """
    refuse_too_many(file.row_count)
    labels = export_headers(file.description.fields, language)
    fields = {field.key: field for field in file.description.fields}
    names = names_of(file)
    headers = [labels[name] for name in names]
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
            with archive.open("xl/worksheets/sheet1.xml", "w") as target:
                sheet = _Sheet(target, headers)
                for batch in rows_of(file, names, left_out=left_out, batch_size=_BATCH_ROWS):
                    columns = [
                        _cells(batch.column(name), fields.get(name), language, header)
                        for name, header in zip(names, headers, strict=True)
                    ]
                    sheet.write(columns, batch.num_rows)
                    progress(sheet.rows, file.row_count)
                sheet.end()
            for name, content in parts_of(
                title=file.description.group_name, language=language, columns=len(headers), rows=sheet.rows
            ).items():
                archive.writestr(name, content)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return sheet.rows


class _Sheet:
    """The XML of a sheet on its way into the archive. `rows` are those written, without the header."""

    def __init__(self, target: IO[bytes], headers: list[str]) -> None:
        self.rows = 0
        self._target = target
        self._headers = headers
        self._bytes = 0
        self._begun = False

    def write(self, columns: list[sheet_xml.Column], rows: int) -> None:
        """Write the next rows."""
        self._begin(columns)
        self._put(sheet_xml.rows_xml(columns, first_row=self.rows + 2, rows=rows))
        self.rows += rows

    def end(self) -> None:
        """Write what stands below the rows."""
        self._begin([])
        self._put(sheet_xml.end_xml(len(self._headers), self.rows))

    def _begin(self, columns: list[sheet_xml.Column]) -> None:
        if not self._begun:
            self._begun = True
            self._put(sheet_xml.beginning_xml(self._headers, columns))

    def _put(self, xml: bytes | memoryview) -> None:
        self._bytes += len(xml)
        if self._bytes > MAX_SHEET_BYTES:
            raise SheetTooLarge
        self._target.write(xml)


def _cells(column: pa.Array, field: FieldDefinition | None, language: Language, header: str) -> sheet_xml.Column:
    """What the cells of a column hold, and how."""
    texts = as_texts(column, field, language)
    if pa.types.is_decimal(column.type):
        return sheet_xml.Column(texts, is_plain=_is_exact(texts), style=sheet_xml.Style.GENERAL)
    if pa.types.is_date(column.type):
        days = pc.subtract(pc.cast(column, pa.int32()), (_EXCEL_EPOCH - date(1970, 1, 1)).days)
        is_known = pc.greater_equal(column, pa.scalar(_FIRST_DAY, pa.date32()))
        serials = pc.if_else(is_known, pc.cast(days, pa.string()), texts)
        return sheet_xml.Column(serials, is_plain=is_known, style=sheet_xml.Style.DATE)
    if is_written_by_people(column.type, field):
        texts = guard_guarded(texts)
        _refuse_too_long(texts, header)
        return sheet_xml.Column(sheet_xml.escaped(texts), is_plain=None, style=sheet_xml.Style.TEXT)
    return sheet_xml.Column(texts, is_plain=None, style=sheet_xml.Style.TEXT)


def _is_exact(texts: pa.Array) -> pa.Array:
    """Which numbers a workbook keeps to their last digit."""
    return pc.less_equal(pc.utf8_length(pc.replace_substring_regex(texts, "[-.]", "")), _EXACT_DIGITS)


def _refuse_too_long(texts: pa.Array, header: str) -> None:
    """Raise CellTooLong where a text has more characters than a cell holds."""
    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= MAX_CHARACTERS:  # bytes, of which a character has one or more
        return
    beyond = pc.count_substring_regex(texts, "[\U00010000-\U0010ffff]")  # two each in UTF-16
    if (pc.max(pc.add(pc.utf8_length(texts), beyond)).as_py() or 0) > MAX_CHARACTERS:
        raise CellTooLong(column=header)
