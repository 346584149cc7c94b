"""Sheets: what a person sees in a cell is what arrives."""

import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from imports.readers import (
    ColumnMapping,
    DateFormat,
    DecimalMark,
    FileProblem,
    InvalidMapping,
    Kind,
    MappingProblem,
    Source,
    UnreadableFile,
    sniff,
)
from imports.workbook_process import show
from recipients.masterdata.file import FieldType
from tests.imports.readers.files import field, read_file, reject, write_file
from tests.imports.readers.sheets import sheet_with, write_sheet, write_workbook
from tests.imports.readers.xls import workbook_stream, xls_file

MAIL = '<c r="A2" t="str"><v>a@example.org</v></c>'
XLSX = Source(Kind.XLSX, None, None, has_header=True, sheet=None)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("01234", "01234"),
        (12.0, "12"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (491701234567.0, "491701234567"),
        (1e21, "1" + "0" * 21),
        (-0.0, "0"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2024, 5, 1), "2024-05-01"),
        (datetime.fromisoformat("2024-05-01"), "2024-05-01"),
        (datetime.fromisoformat("2024-05-01T12:30"), "2024-05-01 12:30:00"),
        (time(7, 5), "07:05:00"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
    ],
)
def test_cell_is_shown_as_its_program_does(cell: Any, text: str) -> None:
    assert show(cell) == text


def test_every_kind_of_cell_arrives(tmp_path: Path) -> None:
    path = write_sheet(
        tmp_path,
        [
            ["E-Mail", "PLZ", "Umsatz", "Geburtstag", "Aktiviert", "Kundennummer"],
            ["A@example.org", "01234", 1234.5, date(1980, 2, 29), datetime.fromisoformat("2024-07-01T12:00"), 42],
            ["b@example.org", " 007 ", "1.000,25", "1.2.1990", "1.8.2024 12:00", "0042"],
        ],
    )
    reading = read_file(
        path,
        ColumnMapping("plz", 1),
        ColumnMapping("umsatz", 2, None, None, DecimalMark.COMMA),
        ColumnMapping("geburtstag", 3, None, DateFormat.DAY_DOT),
        ColumnMapping("activated_at", 4, None, DateFormat.DAY_DOT),
        ColumnMapping("nummer", 5),
        fields=[field("plz"), field("umsatz", FieldType.NUMBER), field("geburtstag", FieldType.DATE), field("nummer")],
        source=XLSX,
    )
    assert reading.rows == [
        {
            "email": "a@example.org",
            "activated_at": datetime(2024, 7, 1, 10, tzinfo=UTC),
            "plz": "01234",
            "umsatz": Decimal("1234.5"),
            "geburtstag": date(1980, 2, 29),
            "nummer": "42",
            "line": 2,
        },
        {
            "email": "b@example.org",
            "activated_at": datetime(2024, 8, 1, 10, tzinfo=UTC),
            "plz": "007",
            "umsatz": Decimal("1000.25"),
            "geburtstag": date(1990, 2, 1),
            "nummer": "0042",
            "line": 3,
        },
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="B2" t="e"><f>NA()</f><v>#N/A</v></c>', "#N/A"),
        ("<c t='e'><v>#REF!</v></c>", "#REF!"),
        ('<c r="B2" s="1" t="e"><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="B2"><f>1+1</f></c>', "=1+1"),
        ('<c r="B2"><f>A1&amp;"x"</f><v /></c>', '=A1&"x"'),
        ('<c r="B2" t="n" s="0"><f>1+1</f><v></v></c>', "=1+1"),
        ('<c r="B2"><f t="shared" si="0"/></c>', "="),
        ('<c r="B2" t="str"><f>""</f><v></v></c>', ""),
        ('<c r="B2" t="str"><f>""</f></c>', ""),
        ('<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="B2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="B2" s="1"/>', ""),
    ],
)
def test_what_a_cell_fails_to_hold_is_told_from_nothing(tmp_path: Path, cell: str, text: str) -> None:
    header = '<c r="A1" t="str"><v>E-Mail</v></c><c r="B1" t="str"><v>Ab</v></c>'
    rows = f'<row r="1">{header}</row><row r="2">{MAIL}{cell}</row>'
    sniffed = sniff(write_workbook(tmp_path, sheet_with(rows)), file_name="book.xlsx")
    assert sniffed.sample == (("a@example.org", text),)


def test_date_of_a_sign_off_that_is_an_error_is_no_missing_one(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["E-Mail", "Abgemeldet"], ["a@example.org", "=TODAY()"]])
    reading = read_file(path, ColumnMapping("deactivated_at", 1), source=XLSX)
    assert reading.rejected == [reject(2, "a@example.org", "unreadable_date_time", "Abgemeldet", "=TODAY()")]


def test_lines_are_rows_of_the_sheet_also_below_blank_rows(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [[], ["E-Mail"], ["a@example.org"], [], ["b@example"], ["c@example.org"]])
    reading = read_file(path, source=XLSX)
    assert ([row["line"] for row in reading.rows], reading.rejected, reading.result.rows_total) == (
        [3, 6],
        [reject(5, "b@example", "invalid_email", "E-Mail", "b@example")],
        3,
    )


def test_named_sheet_is_read(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["E-Mail"]], others=["x@example.org"])
    source = Source(Kind.XLSX, None, None, has_header=False, sheet="x@example.org")
    assert read_file(path, source=source).rows == [{"email": "x@example.org", "line": 1}]


def test_sheet_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["E-Mail"]])
    with pytest.raises(UnreadableFile) as raised:
        read_file(path, source=Source(Kind.XLSX, None, None, has_header=True, sheet="Kunden"))
    assert (raised.value.code, raised.value.detail) == (FileProblem.NO_SHEET, "Kunden")


def test_sniff_shows_sheets_and_takes_the_first_one_with_cells(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [], others=["Kunden", "Archiv"])
    sniffed = sniff(path, file_name="book.xlsx")
    assert (sniffed.sheets, sniffed.source) == (
        ("Sheet", "Kunden", "Archiv"),
        Source(Kind.XLSX, None, None, has_header=True, sheet="Kunden"),
    )


def test_sniff_finds_a_sheet_without_header(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["a@example.org", "Anna"], ["b@example.org", "Bo"]])
    sniffed = sniff(path, file_name="book.xlsx")
    assert (sniffed.source.has_header, [column.name for column in sniffed.columns], sniffed.sample) == (
        False,
        ["", ""],
        (("a@example.org", "Anna"), ("b@example.org", "Bo")),
    )


def test_workbook_without_cells_is_empty(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        sniff(write_sheet(tmp_path, []), file_name="book.xlsx")
    assert raised.value.code is FileProblem.EMPTY


def test_more_rows_than_a_block_arrive_in_order(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["E-Mail"], *([f"{number}@example.org"] for number in range(10_001))])
    rows = read_file(path, source=XLSX).rows
    assert (len(rows), rows[-1]) == (10_001, {"email": "10000@example.org", "line": 10_002})


def test_xls_of_1997_is_read(tmp_path: Path) -> None:
    path = tmp_path / "book.xls"
    path.write_bytes(xls_file(workbook_stream([["E-Mail", "Stadt", "PLZ"], ["a@example.org", "Köln", 50667.0]])))
    sniffed = sniff(path, file_name="book.xls")
    reading = read_file(
        path,
        ColumnMapping("ort", 1),
        ColumnMapping("plz", 2),
        fields=[field("ort"), field("plz")],
        source=sniffed.source,
    )
    assert (sniffed.source.kind, sniffed.sheets, reading.rows) == (
        Kind.XLS,
        ("Tabelle1",),
        [{"email": "a@example.org", "ort": "Köln", "plz": "50667", "line": 2}],
    )


def test_xls_with_a_password_is_named(tmp_path: Path) -> None:
    path = tmp_path / "book.xls"
    path.write_bytes(xls_file(workbook_stream([["E-Mail"]], password=True)))
    with pytest.raises(UnreadableFile) as raised:
        sniff(path, file_name="book.xls")
    assert raised.value.code is FileProblem.PASSWORD_PROTECTED


def test_mapping_that_does_not_fit_the_sheet_is_refused(tmp_path: Path) -> None:
    mapping = [
        ColumnMapping("umsatz", 5, None, None, DecimalMark.COMMA),
        ColumnMapping("rabatt", None, "1,5", None, DecimalMark.COMMA),
    ]
    fields = [field("umsatz", FieldType.NUMBER), field("rabatt", FieldType.NUMBER)]
    with pytest.raises(InvalidMapping) as raised:
        read_file(write_sheet(tmp_path, [["E-Mail"], ["a@example.org"]]), *mapping, fields=fields, source=XLSX)
    assert (raised.value.code, raised.value.target) == (MappingProblem.NO_SUCH_COLUMN, "umsatz")


def test_workbook_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    content = xls_file(workbook_stream([["E-Mail"], ["a@example.org"]]))
    old, new = write_file(tmp_path, content, "old.xlsx"), tmp_path / "new.xls"
    write_sheet(tmp_path, [["E-Mail"], ["a@example.org"]]).rename(new)
    assert [sniff(path, file_name=path.name).source.kind for path in (old, new)] == [Kind.XLS, Kind.XLSX]


def test_1001_columns_are_refused_with_their_line(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [[], ["E-Mail", *[""] * 999, "x"]])
    with pytest.raises(UnreadableFile) as raised:
        sniff(path, file_name="book.xlsx")
    assert (raised.value.code, raised.value.line) == (FileProblem.TOO_MANY_COLUMNS, 2)


def test_old_workbook_with_cells_far_apart_is_refused(tmp_path: Path) -> None:
    path = write_file(tmp_path, xls_file(workbook_stream([["E-Mail"]], far_cell=(65_535, 65_535))), "book.xls")
    with pytest.raises(UnreadableFile) as raised:
        sniff(path, file_name="book.xls")
    assert (path.stat().st_size < 10_000, raised.value.code) == (True, FileProblem.WORKBOOK_TOO_LARGE)


def test_process_that_does_not_answer_is_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="ended with 1"):
        sniff(write_sheet(tmp_path, [["E-Mail"]]), file_name="book.xlsx")


def test_no_process_stays_when_only_the_first_rows_are_looked_at(tmp_path: Path) -> None:
    before = psutil.Process().children()
    sniff(write_sheet(tmp_path, [["E-Mail"], *[["x" * 1_000]] * 30_000]), file_name="book.xlsx")
    assert psutil.Process().children() == before


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        ([1234.5, "12,5"], DecimalMark.COMMA),
        ([1234.5, 0.25], DecimalMark.POINT),
        ([1234.5, "1.000,25", ""], DecimalMark.COMMA),
        ([0.25, 0.5, "viel"], DecimalMark.POINT),
    ],
)
def test_decimal_mark_is_that_of_the_cells_somebody_wrote(
    tmp_path: Path, cells: list[float | str], mark: DecimalMark
) -> None:
    path = write_sheet(
        tmp_path, [["E-Mail", "Umsatz"], *([f"{nr}@example.org", cell] for nr, cell in enumerate(cells))]
    )
    assert sniff(path, file_name="book.xlsx").columns[1].likeliest_decimal == mark
