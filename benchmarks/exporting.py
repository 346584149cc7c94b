"""S7 and the writing half of S8: exports of a backup, and the memory that they take (`export_once`)."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import openpyxl

from accounts.tenancy import account_scope
from backups.downloads import open_download
from backups.exports.options import Options
from backups.exports.xlsx import write_xlsx
from benchmarks import place
from benchmarks.jobs import ignore, repeated_backup
from benchmarks.measures import Bench
from benchmarks.memory import FLAT, MB
from benchmarks.table import Row
from benchmarks.workbooks import DEFINITIONS
from imports.readers import guess_mapping, read, sniff
from recipients.masterdata.file import MasterDataFile
from recipients.models import Group
from recipients.storage import local_copy

OPTIONS = Options(language="de")
ROWS_A_SECOND, AIMED_AT = 400_000, 800_000
FIRST_BYTE = 0.5  # seconds
MEMORY = {"csv": (350.0, 250.0), "xlsx": (350.0, 250.0)}  # MB: bar and aim, as of a backup (S2)


def stream_csv(bench: Bench, group: Group) -> Iterator[Row]:
    """S7: a backup as CSV, its verification included; beside it, its file read and thrown away."""
    backup = repeated_backup(bench.customer, group)
    firsts, wholes, floor = [], [], []
    for _repeat in range(bench.repeats + 2):
        with local_copy("backups", backup.file_key) as path:
            started = time.perf_counter()
            with path.open("rb") as file:
                while file.read(1024 * 1024):
                    pass
            floor.append(time.perf_counter() - started)
        started = time.perf_counter()
        with account_scope(backup.account_id):
            download = open_download(backup=backup, form="csv", options=OPTIONS)
        next(download)
        firsts.append(time.perf_counter() - started)
        for _chunk in download:
            pass
        wholes.append(time.perf_counter() - started)
        download.close()
    rows = backup.recipient_count or 0
    yield Row("S7", "first byte of a backup as CSV", firsts, None, bar=FIRST_BYTE, aim=FIRST_BYTE)
    speed = f"{rows / median(wholes):,.0f} rows/s; its file read: {median(floor):.3f} s"
    yield Row("", f"all of it ({speed})", wholes, None, bar=rows / ROWS_A_SECOND, aim=rows / AIMED_AT)


def write_workbooks(people: Path, rows: int, repeats: int) -> Row:
    """S8: the same recipients as a workbook, ours and openpyxl's plain way, in turn."""
    source = master_data(people)
    ours, beside = [], []
    with tempfile.TemporaryDirectory(dir=people.parent) as folder:
        for _repeat in range(repeats):
            started = time.perf_counter()
            with MasterDataFile.open(source) as file:
                write_xlsx(file, Path(folder) / "ours.xlsx", language="de", progress=ignore)
            ours.append(time.perf_counter() - started)
            beside.append(seconds_of_openpyxl(source, Path(folder) / "theirs.xlsx"))
    what = f"XLSX of {rows:,} rows written / openpyxl writes it"
    return Row("S8", what, ours, beside, bar=1.0, aim=5.0, at_least=True)


def seconds_of_openpyxl(source: Path, target: Path) -> float:
    """Seconds in which openpyxl writes the rows, which it is given as Python's values."""
    with MasterDataFile.open(source) as file:
        rows = [list(row.values()) for batch in file.batches() for row in batch.to_pylist()]
    started = time.perf_counter()
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    workbook.save(target)
    return time.perf_counter() - started


def master_data(people: Path) -> Path:
    """A generated file as a master-data file, made once."""
    target = people.with_suffix(".parquet")
    if not target.exists():
        sniffed = sniff(people, file_name=people.name)
        read(
            people,
            source=sniffed.source,
            mapping=guess_mapping(sniffed.columns, DEFINITIONS),
            fields=DEFINITIONS,
            target=target,
            rejected=target.with_name("rejected"),
            progress=ignore,
        )
    return target


def memory(bench: Bench, sizes: tuple[int, int]) -> Iterator[Row]:
    """The memory of an export at two sizes. A workbook holds a million at most, and is measured at that and a fifth."""
    most = min(sizes[1], 1_000_000)
    for form, (small, large) in {"csv": sizes, "xlsx": (most // 5, most)}.items():
        low, high = (peak(master_data(bench.file(rows, 0)), form) for rows in (small, large))
        bar, aim = MEMORY[form]
        yield Row("", f"memory of an export as {form.upper()}, {large:,} rows", [high], None, bar, aim, unit="MB")
        yield Row("", f"the same beside that at {small:,} rows", [high], [low], FLAT, FLAT, unit="MB")


def peak(source: Path, form: str) -> float:
    """The most memory that a fresh process had which wrote one export, in MB."""
    target = source.with_name(f"export.{form}")
    command = [sys.executable, "-m", "benchmarks.export_once", str(source), form, str(target)]
    told = subprocess.run(command, cwd=place.ROOT, check=True, capture_output=True, text=True).stdout
    target.unlink()
    return float(told) * 1024 / MB
