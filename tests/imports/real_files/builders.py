"""Builders of files: texts in any encoding, workbooks, archives."""

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import openpyxl

from tests.imports.readers.xls import workbook_stream, xls_file
from tests.imports.real_files.case import Build

PRODUCTS: Final = Path(__file__).parents[1] / "readers" / "products"
_NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def text(content: str, encoding: str = "utf-8", *, mark: bytes = b"") -> Build:
    """A text; `mark` is its byte order mark."""
    return lambda: mark + content.encode(encoding)


def raw(content: bytes) -> Build:
    """These bytes."""
    return lambda: content


def product(name: str) -> Build:
    """The export of another product, as the tests of the readers have it."""
    return (PRODUCTS / f"{name}.csv").read_bytes


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], *, hidden: Collection[str] = ()) -> Build:
    """An XLSX workbook, its sheets in this order."""

    def build() -> bytes:
        book = openpyxl.Workbook(write_only=True)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            sheet.sheet_state = "hidden" if name in hidden else "visible"
            for row in rows:
                sheet.append(list(row))
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()

    return build


def workbook_of_cells(cells: str) -> Build:
    """An XLSX workbook whose sheet has the rows of this XML, which Excel writes and openpyxl cannot."""

    def build() -> bytes:
        sheet = f'<worksheet xmlns="{_NAMESPACE}"><sheetData>{cells}</sheetData></worksheet>'
        return with_members(workbook({"Tabelle1": [["x"]]})(), {"xl/worksheets/sheet1.xml": sheet.encode()})

    return build


def with_members(archive: bytes, members: Mapping[str, bytes]) -> bytes:
    """An archive with some members put in or replaced."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        contents = {name: old.read(name) for name in old.namelist()}
    return zipped({**contents, **members})()


def zipped(members: Mapping[str, bytes]) -> Build:
    """A ZIP archive."""

    def build() -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, member in members.items():
                archive.writestr(name, member)
        return content.getvalue()

    return build


def xls(rows: Sequence[Sequence[str | float]]) -> Build:
    """An XLS workbook of Excel 97 with one sheet."""
    return lambda: xls_file(workbook_stream(rows))
