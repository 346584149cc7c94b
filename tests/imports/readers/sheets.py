"""A writer of small XLSX files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl


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
