"""Rejected rows: all their cells are kept as they were written, in the file's order, so that they can be mended."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from imports.readers import ColumnMapping, DateFormat, DecimalMark, Kind, Source, original_header
from imports.readers import delimited as delimited_module
from imports.readers import rejects as rejects_module
from recipients.masterdata.file import FieldType
from tests.imports.readers.files import field, read_file, text_source, write_file
from tests.imports.readers.sheets import write_sheet

NAME = ColumnMapping("name", 1)
NAME_FIELD = [field("name")]
HEADER = "Mail;Name;Ort;Notiz\n"
ENDED = ColumnMapping("deactivated_at", 3)


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("a@example;Max; Köln ;x", ["a@example", "Max", " Köln ", "x"]),
        ("a@example;;;", ["a@example", "", "", ""]),
        ('a@example;"";"x;y";"5"" Rohr"', ["a@example", "", "x;y", '5" Rohr']),
        ("a@example;'=1;=2;007", ["a@example", "'=1", "=2", "007"]),
        ('a@example;Max;"Köln\r\nDeutz";x', ["a@example", "Max", "Köln\r\nDeutz", "x"]),
        ("a@example;Max", ["a@example", "Max", "", ""]),
        ("a@example;Max;;;;", ["a@example", "Max", "", ""]),
        ("a@example;M\x00x;;", ["a@example", "M\ufffdx", "", ""]),
        ("a@example.org;Max;Köln;x;zu;viel", ["a@example.org", "Max", "Köln", "x", "zu", "viel"]),
        ('a@example.org;"Max;"Köln";x', ["a@example.org", '"Max', "Köln", "x"]),
        ('a@example.org;"Max"imilian;"Köln;x', ["a@example.org", '"Max"imilian', '"Köln', "x"]),
        ('"a@example.org', ['"a@example.org', "", "", ""]),
    ],
)
def test_every_cell_of_a_rejected_row_is_kept(tmp_path: Path, row: str, cells: list[str]) -> None:
    content = f"{HEADER}a@example.org;A;B;C\n{row}\nb@example.org;;;\n"
    reading = read_file(write_file(tmp_path, content), NAME, fields=NAME_FIELD)
    assert (reading.rejected_cells, len(reading.rows)) == ([cells], 2)


def test_header_is_kept_as_written(tmp_path: Path) -> None:
    path = write_file(tmp_path, 'Mail; Name ;;"Na""me";Name\na@example;;;;\n')
    read_file(path)
    with pq.ParquetFile(path.with_suffix(".rejected.parquet")) as rejected:
        assert original_header(rejected) == ["Mail", " Name ", "", 'Na"me', "Name"]


def test_file_without_header_has_unnamed_columns(tmp_path: Path) -> None:
    path = write_file(tmp_path, "a@example;x\n")
    read_file(path, source=text_source(has_header=False))
    with pq.ParquetFile(path.with_suffix(".rejected.parquet")) as rejected:
        assert original_header(rejected) == ["", ""]


@pytest.mark.parametrize("row", ["a@example.org;Max", 'a@example.org;"Max'])
def test_status_date_that_is_missing_is_no_empty_one(tmp_path: Path, row: str) -> None:
    reading = read_file(write_file(tmp_path, f"{HEADER}{row}\n"), ENDED)
    assert [cells[2:] for cells in reading.rejected_cells] == [["", "?"]]


def test_row_that_is_only_a_byte_order_mark_is_kept(tmp_path: Path) -> None:
    content = "Mail\na@example.org\n\ufeff\nb@example.org\n"
    reading = read_file(write_file(tmp_path, content), source=text_source(delimiter=""))
    assert (reading.rejected_cells, len(reading.rows)) == ([["\ufeff"]], 2)


def test_rows_rejected_for_several_reasons_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ["b@example;1;;", "c@example.org;2;;;x", ";3;;", "d@example.org;4", "e@example;5;;", "f@example.org;6;;?"]
    reading = read_file(write_file(tmp_path, HEADER + "\n".join(rows)), NAME, ENDED, fields=NAME_FIELD)
    assert [(row["line"], cells[1]) for row, cells in zip(reading.rejected, reading.rejected_cells, strict=True)] == [
        (2, "1"),
        (3, "2"),
        (4, "3"),
        (5, "4"),
        (6, "5"),
        (7, "6"),
    ]


def test_rows_of_all_pieces_are_kept_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_module, "PIECE_BYTES", 100)
    monkeypatch.setattr(rejects_module, "_WAITING_BYTES", 500)
    rows = [f'{number}@example{".org" if number % 3 else ""};"{number}";x;' for number in range(100)]
    path = write_file(tmp_path, HEADER + "\n".join(rows))
    reading = read_file(path, NAME, fields=NAME_FIELD)
    assert reading.rejected_cells == [[f"{n}@example", str(n), "x", ""] for n in range(0, 100, 3)]


def test_overlong_cell_is_cut_at_what_a_spreadsheet_holds(tmp_path: Path) -> None:
    path = write_file(tmp_path, f"{HEADER}a@example;;{'x' * 32_768};{'ß' * 32_767}\n")
    assert read_file(path).rejected_cells == [["a@example", "", "x" * 32_767, "ß" * 32_767]]


def test_text_too_long_for_a_field_is_kept_whole(tmp_path: Path) -> None:
    path = write_file(tmp_path, f"{HEADER}a@example.org;{'x' * 10_001};;\n")
    assert read_file(path, NAME, fields=NAME_FIELD).rejected_cells == [["a@example.org", "x" * 10_001, "", ""]]


def test_row_of_very_many_cells_keeps_the_last_of_them_together(tmp_path: Path) -> None:
    path = write_file(tmp_path, f"{HEADER}a@example.org;{';'.join(map(str, range(3_000)))}\n")
    (cells,) = read_file(path).rejected_cells
    assert (len(cells), cells[1999], cells[2000][:9]) == (2_001, "1998", "1999;2000")


def test_cells_of_a_sheet_are_kept_as_they_are_shown(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["E-Mail", "Umsatz", "PLZ", "Zahl"],
        ["a@example", 1234.5, "01067", 1.5],
        ["b@example.org", 1, "", 2],
    ]
    reading = read_file(
        write_sheet(tmp_path, rows),
        ColumnMapping("umsatz", 1, None, None, DecimalMark.COMMA),
        fields=[field("umsatz", FieldType.NUMBER)],
        source=Source(Kind.XLSX, None, None, has_header=True, sheet=None),
    )
    assert reading.rejected_cells == [["a@example", "1234,5", "01067", "1.5"]]


def test_other_columns_of_a_row_without_fault_are_not_kept(tmp_path: Path) -> None:
    path = write_file(tmp_path, f"{HEADER}a@example.org;A;B;31.12.2024\n")
    reading = read_file(path, ColumnMapping("registered_at", 3, None, DateFormat.DAY_DOT))
    assert (reading.rejected, reading.rejected_cells) == ([], [])
