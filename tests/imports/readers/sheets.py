"""A writer of small XLSX files."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write_sheet(folder: Path, rows: Sequence[Sequence[Any]], *, others: Sequence[str] = ()) -> Path:
    """A workbook with these rows in its first sheet; each of the other sheets holds its name."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Sheet")
    for row in rows:
        sheet.append(list(row))
    for name in others:
        workbook.create_sheet(name).append([name])
    workbook.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def write_workbook(folder: Path, members: dict[str, str]) -> Path:
    """An archive with the members of a workbook, of which some are given."""
    path = folder / "book.xlsx"
    workbook = openpyxl.Workbook()
    workbook.save(path)
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (contents | members).items():
            archive.writestr(name, content)
    return path


def sheet_with(cells: str) -> dict[str, str]:
    """The member of a workbook that is its sheet, with rows in XML."""
    return {"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{NAMESPACE}"><sheetData>{cells}</sheetData></worksheet>'}
