"""A file's rows as the standard library and openpyxl read them, told how: the independent half of the model."""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import openpyxl

from imports.readers import Kind
from tests.imports.real_files.case import Readable

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")
_LARGEST_CELL = 1024 * 1024


@dataclass(frozen=True)
class Table:
    """The header, and the rows below that are neither blank nor rejected, each with its line.

    `short`: how many of them end before the last column.
    """

    header: list[str]
    rows: list[tuple[int, list[str]]]
    short: int


def table_of(case: Readable, content: bytes) -> Table:
    """The rows of a case's file."""
    found = [(line, row) for line, row in _numbered(case, _unpacked(content)) if any(cell.strip() for cell in row)]
    header = found.pop(0)[1] if case.source.has_header else []
    width = len(header) or max(len(_without_empty_end(row)) for _, row in found)
    rows = [(line, row) for line, row in found if line not in case.rejected]
    return Table(
        header=header,
        rows=[(line, row + [""] * (width - len(row))) for line, row in rows],
        short=sum(len(row) < width for _, row in rows),
    )


def _unpacked(content: bytes) -> bytes:
    """The only table in an archive; any other file, a workbook too, is itself."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" in names:
            return content
        (name,) = [name for name in names if name.endswith((".csv", ".xlsx")) and not name.startswith("__MACOSX")]
        return archive.read(name)


def _numbered(case: Readable, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """All rows with their lines."""
    if case.rows is not None:
        yield from enumerate(map(list, case.rows), 1)
    elif case.source.kind is Kind.CSV:
        yield from _records(_text(case, content), case.source.delimiter or "\x1f", blanked=case.rejected)
    else:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        for line, cells in enumerate(book[case.source.sheet or ""].iter_rows(values_only=True), 1):
            yield line, [_shown(cell) for cell in cells]


def _text(case: Readable, content: bytes) -> str:
    return content.decode(case.source.encoding or "", errors="replace").removeprefix("\ufeff")


def _records(text: str, delimiter: str, *, blanked: Collection[int]) -> Iterator[tuple[int, list[str]]]:
    """The records with the lines that they begin in. Rejected lines are blanked first, as their cells are unknown."""
    lines = _LINE.findall(text)
    for place, line in enumerate(lines):
        if place + 1 in blanked or (place == 0 and line.lower().startswith("sep=")):
            lines[place] = line[len(line.rstrip("\r\n")) :]
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter)
    begins = 1
    for record in reader:
        yield begins, record
        begins = reader.line_num + 1


def _shown(cell: object) -> str:
    """What a spreadsheet program shows of a cell, dates in ISO notation."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case float():
            return f"{cell:.15g}"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return str(cell)
    return str(cell)


def _without_empty_end(row: Sequence[str]) -> list[str]:
    length = max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)
    return list(row[:length])
