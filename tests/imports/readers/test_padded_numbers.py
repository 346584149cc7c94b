"""Numbers that are shown with zeros before them, as Excel's format for postcodes does: they arrive with these zeros."""

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell import WriteOnlyCell

from imports.readers import ColumnMapping, DateFormat, DecimalMark, FileProblem, Kind, Source, UnreadableFile, sniff
from imports.workbook_padding import padded_copy
from imports.workbook_styles import Padding
from recipients.masterdata.file import FieldType
from tests.imports.readers.files import field, read_file
from tests.imports.readers.sheets import NAMESPACE, sheet_with, write_workbook

XLSX = Source(Kind.XLSX, None, None, has_header=True, sheet=None)
HEADER = '<row r="1"><c r="A1" t="str"><v>E-Mail</v></c><c r="B1" t="str"><v>PLZ</v></c></row>'
MAIL = '<c r="A2" t="str"><v>a@example.org</v></c>'


def write_formatted(folder: Path, rows: Sequence[Sequence[tuple[Any, str]]], *, header: Sequence[str]) -> Path:
    """A workbook with this header and rows of cells, each with its number format."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Sheet")
    sheet.append(list(header))
    for row in rows:
        cells = [WriteOnlyCell(sheet, value) for value, _ in row]
        for cell, (_, number_format) in zip(cells, row, strict=True):
            cell.number_format = number_format
        sheet.append(cells)
    workbook.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def write_postcodes(folder: Path, *postcodes: Any, number_format: str = "00000") -> Path:
    """A workbook with an address and a postcode in each row."""
    rows = [[(f"{nr}@example.org", "@"), (code, number_format)] for nr, code in enumerate(postcodes)]
    return write_formatted(folder, rows, header=["E-Mail", "PLZ"])


def postcodes_of(path: Path) -> list[str | None]:
    """The postcodes that come in; those of the first rows must be those that the mapping page shows."""
    shown = [row[1] for row in sniff(path, file_name="book.xlsx").sample]
    rows = read_file(path, ColumnMapping("plz", 1), fields=[field("plz")], source=XLSX).rows
    read = [row["plz"] for row in rows]
    assert shown == [code or "" for code in read[: len(shown)]]
    return read


def styles(formats: str, *, before: str = "") -> dict[str, str]:
    """The member of a workbook that is its styles: the second one of cells has format 164."""
    cells = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    return {
        "xl/styles.xml": f'{before}<styleSheet xmlns="{NAMESPACE}"><numFmts>{formats}</numFmts>{cells}</styleSheet>'
    }


def write_cell(folder: Path, cell: str, members: dict[str, str] | None = None) -> Path:
    """A workbook whose one postcode is this XML; its second style is 00000, unless its styles are given."""
    styled = styles('<numFmt numFmtId="164" formatCode="00000"/>') if members is None else members
    return write_workbook(folder, sheet_with(f'{HEADER}<row r="2">{MAIL}{cell}</row>') | styled)


@pytest.mark.parametrize(
    ("code", "padding"),
    [
        ("00000", (5, 5)),
        ("00", (2, 2)),
        ("[$-407]00000", (5, 5)),
        ("[Red]00000", (5, 5)),
        ("00000;@", (5, 5)),
        ("00000;[Red]-00000", (5, 5)),
        ("00000;-00000;000;@", (5, 3)),
        ("00000;-00000;;@", (5, 1)),
        ("00000;-00000;@", (5, 5)),
        ("00000;0;General", (5, 1)),
        ('"D-"00000', (5, 5)),
        ('"a;b"00000', (5, 5)),
        ("\\D\\-00000_ ", (5, 5)),
        ("##00000", (5, 5)),
        ("0" * 255, (255, 255)),
        ("0" * 256, None),
        ("", None),
        ("0", None),
        ("General", None),
        ("@", None),
        ("#,##0", None),
        ("0,000", None),
        ("00000.00", None),
        ("00000%", None),
        ("00000,", None),
        ("00000E+00", None),
        ("00000\\-0000", None),
        ('"0"0000', None),
        ('00000"7"', None),
        ('"00000"', None),
        ("-00000", None),
        ("*00000", None),
        ("[<=99999]00000;0", None),
        ("[h]:00", None),
        ("dd.mm.yyyy", None),
        ('"00000', None),
    ],
)
def test_format_of_zeros_alone_pads(code: str, padding: tuple[int, int] | None) -> None:
    assert Padding.of(code) == padding


@pytest.mark.parametrize("number_format", ["00000", "[$-407]00000", "00000;@", '"D-"00000'])
def test_postcode_keeps_the_zero_that_a_person_sees(tmp_path: Path, number_format: str) -> None:
    path = write_postcodes(tmp_path, 1067, 20095, 7, number_format=number_format)
    assert postcodes_of(path) == ["01067", "20095", "00007"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1067.0, "01067"),
        (1067.0000000000002, "01067"),
        (123456, "123456"),
        (0, "00000"),
        (1.5, "1.5"),
        (-7, "-7"),
        (1e15, "1000000000000000"),
        ("1067", "1067"),
        (True, "TRUE"),
        (None, None),
        (date(2024, 5, 1), "2024-05-01"),
    ],
)
def test_only_a_whole_number_is_padded(tmp_path: Path, value: Any, text: str | None) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["E-Mail", "PLZ"])
    sheet.append(["a@example.org", value])
    if not isinstance(value, date):
        sheet["B2"].number_format = "00000"
    sheet["C2"].number_format = "00000"
    workbook.save(tmp_path / "book.xlsx")
    assert postcodes_of(tmp_path / "book.xlsx") == [text]


def test_zero_that_is_shown_otherwise_stays(tmp_path: Path) -> None:
    assert postcodes_of(write_postcodes(tmp_path, 0, 1067, number_format="00000;-00000;;@")) == ["0", "01067"]


def test_other_columns_are_read_as_without_the_format(tmp_path: Path) -> None:
    header = ["E-Mail", "PLZ", "Nummer", "Umsatz", "Quote", "Seit", "Text"]
    row = [
        ("a@example.org", "General"),
        (1067, "00000"),
        (1067, "General"),
        (1067.5, "#,##0.00"),
        (0.25, "0%"),
        (date(2024, 5, 1), "dd.mm.yyyy"),
        ("007", "@"),
    ]
    path = write_formatted(tmp_path, [row, [*row[:1], (1067, "0"), *row[2:]]], header=header)
    sniffed = sniff(path, file_name="book.xlsx")
    others = ("1067", "1067.5", "0.25", "2024-05-01", "007")
    assert sniffed.sample == (("a@example.org", "01067", *others), ("a@example.org", "1067", *others))


@pytest.mark.parametrize("decimal", DecimalMark)
def test_number_field_reads_a_padded_cell_as_its_number(tmp_path: Path, decimal: DecimalMark) -> None:
    path = write_formatted(
        tmp_path,
        [
            [("a@example.org", "@"), (1067, "00000")],
            [("b@example.org", "@"), (0, "00000")],
            [("c@example.org", "@"), (12, "0" * 200)],
            [("d@example.org", "@"), (1067.5, "00000")],
        ],
        header=["E-Mail", "Punkte"],
    )
    reading = read_file(
        path,
        ColumnMapping("punkte", 1, None, None, decimal),
        fields=[field("punkte", FieldType.NUMBER)],
        source=XLSX,
    )
    assert ([row["punkte"] for row in reading.rows], reading.rejected) == (
        [Decimal(1067), Decimal(0), Decimal(12), Decimal("1067.5")],
        [],
    )


@pytest.mark.parametrize(
    ("date_format", "number", "number_format"),
    [(DateFormat.COMPACT, 20240501, "00000000"), (DateFormat.EXCEL, 45413, "000000")],
)
def test_date_field_reads_a_padded_cell_as_its_date(
    tmp_path: Path, date_format: DateFormat, number: int, number_format: str
) -> None:
    reading = read_file(
        write_postcodes(tmp_path, number, number_format=number_format),
        ColumnMapping("seit", 1, None, date_format),
        fields=[field("seit", FieldType.DATE)],
        source=XLSX,
    )
    assert ([row["seit"] for row in reading.rows], reading.rejected) == ([date(2024, 5, 1)], [])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="B2" s="1"><v>1067</v></c>', "01067"),
        ("<c s='1' r='B2'><v>1067</v></c>", "01067"),
        ('<c r="B2" s="1" t="n"><v>1.067E3</v></c>', "01067"),
        ('<c r="B2" s="1">\n  <v>1067.0</v>\n</c>', "01067"),
        ('<c r="B2" s="1"><f>1000+67</f><v>1067</v></c>', "01067"),
        ('<c r="B2" s="1"><f t="shared" si="0"/><v>1067</v></c>', "01067"),
        ('<c r="B2" s="1"><f>A2&gt;"x"</f></c>', '=A2>"x"'),
        ('<c r="B2" s="1" t="str"><f>"1067"</f><v>1067</v></c>', "1067"),
        ('<c r="B2" s="1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="B2" s="1" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="B2" s="1"/>', ""),
        ('<c r="B2"><v>1067</v></c>', "1067"),
        ('<c r="B2" s="0"><v>1067</v></c>', "1067"),
    ],
)
def test_cell_of_any_writer_is_told_by_its_style_and_type(tmp_path: Path, cell: str, text: str) -> None:
    sniffed = sniff(write_cell(tmp_path, cell), file_name="book.xlsx")
    assert sniffed.sample == (("a@example.org", text),)


def test_cell_without_a_style_has_the_first_one(tmp_path: Path) -> None:
    members = styles('<numFmt numFmtId="164" formatCode="00000"/>')
    first = {name: content.replace('numFmtId="0"', 'numFmtId="164"') for name, content in members.items()}
    assert postcodes_of(write_cell(tmp_path, '<c r="B2"><v>1067</v></c>', first)) == ["01067"]


def test_members_with_prefixes_are_read(tmp_path: Path) -> None:
    members = sheet_with(f'{HEADER}<row r="2">{MAIL}<c r="B2" s="1"><v>1067</v></c></row>') | styles(
        '<numFmt numFmtId="164" formatCode="00000"/>'
    )
    prefixed = {
        name: content.replace("</", "</\0").replace("<", "<x:").replace("<x:/\0", "</x:").replace("xmlns=", "xmlns:x=")
        for name, content in members.items()
    }
    assert postcodes_of(write_workbook(tmp_path, prefixed)) == ["01067"]


def test_rows_below_the_first_piece_are_padded(tmp_path: Path) -> None:
    path = write_postcodes(tmp_path, *range(10_000))
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert (size > 512 * 1024, postcodes_of(path)) == (True, [f"{code:05}" for code in range(10_000)])


def test_sheet_with_a_padded_number_and_an_error_tells_both(tmp_path: Path) -> None:
    path = write_cell(tmp_path, '<c r="B2" s="1"><v>1067</v></c><c r="C2" t="e"><v>#N/A</v></c>')
    assert sniff(path, file_name="book.xlsx").sample == (("a@example.org", "01067", "#N/A"),)
    reading = read_file(
        path, ColumnMapping("plz", 1), ColumnMapping("x", 2), fields=[field("plz"), field("x")], source=XLSX
    )
    assert reading.rows == [{"email": "a@example.org", "plz": "01067", "x": "#N/A", "line": 2}]


@pytest.mark.parametrize("number_format", ["General", "0", "#,##0", "dd.mm.yyyy", "0.00", "@"])
def test_workbook_without_such_a_format_is_not_copied(tmp_path: Path, number_format: str) -> None:
    assert padded_copy(io.BytesIO(write_postcodes(tmp_path, 1067, number_format=number_format).read_bytes())) is None


def test_workbook_whose_format_no_cell_has_is_not_copied(tmp_path: Path) -> None:
    path = write_cell(tmp_path, '<c r="B2"><v>1067</v></c>')
    assert (padded_copy(io.BytesIO(path.read_bytes())), postcodes_of(path)) == (None, ["1067"])


def test_format_of_a_conditional_style_or_of_a_base_style_is_none_of_cells(tmp_path: Path) -> None:
    path = write_cell(
        tmp_path,
        '<c r="B2" s="1"><v>1067</v></c>',
        {
            "xl/styles.xml": f'<styleSheet xmlns="{NAMESPACE}">'
            '<numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts>'
            '<cellStyleXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellStyleXfs>'
            '<cellXfs><xf numFmtId="0"/><xf numFmtId="165"/></cellXfs>'
            '<dxfs><dxf><numFmt numFmtId="165" formatCode="00000"/></dxf></dxfs></styleSheet>'
        },
    )
    assert postcodes_of(path) == ["1067"]


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(
            styles(
                '<numFmt numFmtId="164" formatCode="&zeros;"/>',
                before='<!DOCTYPE styleSheet [<!ENTITY zeros "00000">]>',
            ),
            id="entity",
        ),
        pytest.param(
            styles(
                '<numFmt numFmtId="164" formatCode="00000"/>',
                before='<!DOCTYPE styleSheet SYSTEM "file:///etc/passwd">',
            ),
            id="other_document",
        ),
        pytest.param(
            styles('<numFmt numFmtId="164" formatCode="00000"/>', before='<?xml version="1.0" encoding="none"?>'),
            id="unknown_encoding",
        ),
        pytest.param(
            styles('<numFmt numFmtId="164" formatCode="00000"/>', before='<?xml version="1.0" encoding="utf-7"?>'),
            id="encoding_of_several_bytes",
        ),
        pytest.param(
            {"xl/styles.xml": styles('<numFmt numFmtId="164" formatCode="00000"/>')["xl/styles.xml"][:-20]},
            id="cut_off",
        ),
        pytest.param(styles('<numFmt numFmtId="164" formatCode="' + "0" * 1_000_000 + '"/>'), id="endless_format"),
    ],
)
def test_styles_that_no_program_writes_pad_nothing(tmp_path: Path, hostile: dict[str, str]) -> None:
    path = write_cell(tmp_path, '<c r="B2" s="1"><v>1067</v></c>', hostile)
    assert padded_copy(io.BytesIO(path.read_bytes())) is None


def test_styles_larger_than_any_that_excel_writes_pad_nothing(tmp_path: Path) -> None:
    zeros = styles('<numFmt numFmtId="164" formatCode="00000"/>' + " " * 64 * 1024 * 1024)
    path = write_cell(tmp_path, '<c r="B2" s="1"><v>1067</v></c>', zeros)
    assert padded_copy(io.BytesIO(path.read_bytes())) is None
    with pytest.raises(UnreadableFile) as raised:
        sniff(path, file_name="book.xlsx")
    assert raised.value.code is FileProblem.ZIP_BOMB


def test_as_many_styles_as_excel_knows_are_told_apart(tmp_path: Path) -> None:
    formats = "".join(f'<numFmt numFmtId="{nr}" formatCode="{"0" * (nr % 7)}"/>' for nr in range(164, 414))
    cells = "".join(f'<xf numFmtId="{164 + nr % 250}"/>' for nr in range(65_490))
    members = {
        "xl/styles.xml": f'<styleSheet xmlns="{NAMESPACE}"><numFmts>{formats}</numFmts><cellXfs>{cells}</cellXfs>'
        "</styleSheet>"
    }
    path = write_cell(tmp_path, '<c r="B2" s="65253"><v>7</v></c>', members)  # format 167, of six zeros
    assert postcodes_of(path) == ["000007"]


def test_style_of_a_number_that_python_would_not_read_is_none(tmp_path: Path) -> None:
    path = write_cell(tmp_path, f'<c r="B2" s="{"1" * 5_000}"><v>1067</v></c><c r="C2" s="1"><v>7</v></c>')
    copy = padded_copy(io.BytesIO(path.read_bytes()))
    assert copy is not None
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert (b"<v>1067</v>" in sheet, b"<v>00007</v>" in sheet) == (True, True)


def test_style_that_two_pieces_of_a_sheet_share_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_cell(tmp_path, '<c r="B2" s="1"><v>1067</v></c>')) as archive:
        place = archive.read("xl/worksheets/sheet1.xml").index(b'"1"><v>1067')
    path = write_cell(tmp_path, " " * (256 * 1024 - place) + '<c r="B2" s="1"><v>1067</v></c>')
    assert postcodes_of(path) == ["01067"]


def test_copy_of_a_large_sheet_takes_the_memory_of_some_rows(tmp_path: Path) -> None:
    row = '<row><c t="inlineStr"><is><t>a@example.org</t></is></c><c s="1"><v>1067</v></c></row>'
    members = sheet_with(row * 80_000) | styles('<numFmt numFmtId="164" formatCode="00000"/>')
    content = write_workbook(tmp_path, members).read_bytes()
    tracemalloc.start()
    try:
        copy = padded_copy(io.BytesIO(content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert copy is not None
    assert peak < len(members["xl/worksheets/sheet1.xml"]) / 2
