"""S8: an XLSX workbook read, beside openpyxl's plain way. The one written: `exporting`."""

import csv
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl

from benchmarks.data import FIELDS
from benchmarks.jobs import ignore
from benchmarks.steps import Step
from benchmarks.table import Row
from imports.readers import guess_mapping, read, sniff
from recipients.masterdata.file import FieldDefinition, FieldScope, FieldType

DEFINITIONS = tuple(
    FieldDefinition(key=f"f{place}", label=label, type=FieldType(kind), scope=FieldScope.LIST)
    for place, (label, kind) in enumerate(FIELDS.items())
)
KINDS = ["text", *FIELDS.values()]
TYPED: dict[str, Callable[[str], date | Decimal]] = {"date": date.fromisoformat, "number": Decimal}


def write_workbook(path: Path, people: Path) -> None:
    """Write a generated file as a workbook: dates as dates, numbers as numbers, all else as text."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("People")
    with people.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        sheet.append(next(rows))
        for row in rows:
            sheet.append([TYPED[kind](cell) if kind in TYPED else cell for kind, cell in zip(KINDS, row, strict=True)])
    workbook.save(path)


def workbook(people: Path) -> Path:
    """A generated file as a workbook, made once."""
    path = people.with_suffix(".xlsx")
    if not path.exists():
        write_workbook(path, people)
    return path


def measure(people: Path, rows: int, repeats: int) -> Row:
    """S8, both in turn."""
    path = workbook(people)
    ours, beside = [], []
    for _repeat in range(repeats):
        ours.append(sum(step.seconds for step in steps(path, rows)))
        beside.append(seconds_of_openpyxl(path, rows))
    what = f"XLSX of {rows:,} rows looked at and read / openpyxl reads it"
    return Row("S8", what, ours, beside, bar=5.0, aim=10.0, at_least=True)


def steps(path: Path, rows: int) -> list[Step]:
    """The look at the upload, and the way from there to the master-data file."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        started = time.perf_counter()
        sniffed = sniff(path, file_name=path.name)
        mapping = guess_mapping(sniffed.columns, DEFINITIONS)
        looked = time.perf_counter()
        result = read(
            path,
            source=sniffed.source,
            mapping=mapping,
            fields=DEFINITIONS,
            target=Path(folder) / "rows",
            rejected=Path(folder) / "rejected",
            progress=ignore,
        )
        ended = time.perf_counter()
    if result.rows_read != rows or len(mapping) != len(KINDS):
        raise RuntimeError(f"Not everything was read: {result}, {mapping}")
    return [Step("sniff", 0, looked - started), Step("read", looked - started, ended - looked)]


def seconds_of_openpyxl(path: Path, rows: int) -> float:
    """Seconds of `load_workbook` and a walk over all cells."""
    started = time.perf_counter()
    workbook = openpyxl.load_workbook(path)
    cells = sum(1 for row in workbook.worksheets[0].iter_rows() for cell in row if cell.value is not None)
    seconds = time.perf_counter() - started
    if cells < rows:
        raise RuntimeError(f"openpyxl read {cells:,} cells.")
    return seconds
