"""Workbooks of which no more than the beginning is read: what that tells is what the whole sheet says."""

import zipfile
from pathlib import Path

import pytest

from imports.readers import FileProblem, Source, UnreadableFile, sniff
from imports.readers import workbook as workbook_module
from imports.readers.choices import Kind
from tests.imports.readers.sheets import sheet_with, write_sheet, write_workbook

ROWS = 5
HEADER = '<row r="1"><c r="A1" t="str"><v>E-Mail</v></c></row>'


def cells(path: Path, *, rows: int | None = ROWS) -> list[str]:
    """The first column of a sheet, its header included."""
    source = Source(kind=Kind.XLSX, encoding=None, delimiter=None, has_header=False, sheet=None)
    with workbook_module.Sheet(path, source, rows=rows) as sheet:
        return [cell for block in sheet.blocks([0], []) for cell in block.columns[0].to_pylist()]


def row(number: int, value: object) -> str:
    return f'<row r="{number}"><c r="A{number}"><v>{value}</v></c></row>'


def many(count: int) -> str:
    return HEADER + "".join(row(number, number) for number in range(2, count + 1))


def test_the_first_rows_alone_are_read(tmp_path: Path) -> None:
    path = write_workbook(tmp_path, sheet_with(many(5_000)))
    assert (cells(path), len(cells(path, rows=None))) == (["E-Mail", "2", "3", "4", "5"], 5_000)


@pytest.mark.parametrize("count", [1, ROWS - 1, ROWS, ROWS + 1])
def test_a_short_sheet_is_read_to_its_end(tmp_path: Path, count: int) -> None:
    found = cells(write_workbook(tmp_path, sheet_with(many(count))))
    assert found == ["E-Mail", "2", "3", "4", "5"][:count]


@pytest.mark.parametrize("cell", ['<c r="A{}" s="0"/>', '<c r="A{}" t="inlineStr"><is><t></t></is></c>'])
def test_a_sheet_that_begins_with_many_blank_rows_is_read_to_where_it_begins(tmp_path: Path, cell: str) -> None:
    blank = "".join(f'<row r="{number}">{cell.format(number)}</row>' for number in range(1, 100))
    assert cells(write_workbook(tmp_path, sheet_with(blank + row(100, 7)))) == ["7"]


def test_names_of_the_workbook_may_have_a_prefix(tmp_path: Path) -> None:
    parts = sheet_with(many(5_000))
    prefixed = {
        name: text.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
        if name.endswith("sheet1.xml")
        else text
        for name, text in parts.items()
    }
    assert cells(write_workbook(tmp_path, prefixed)) == ["E-Mail", "2", "3", "4", "5"]


def test_an_error_in_the_beginning_is_shown(tmp_path: Path) -> None:
    error = '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></row>'
    assert cells(write_workbook(tmp_path, sheet_with(HEADER + error + row(3, 3) * 100)))[:2] == ["E-Mail", "#N/A"]


def test_damage_behind_the_beginning_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = write_workbook(tmp_path, sheet_with(many(5_000) + "<row r="))
    source = sniff(path, file_name=path.name).source
    with pytest.raises(UnreadableFile) as raised, workbook_module.Sheet(path, source) as sheet:
        list(sheet.blocks([0], []))
    assert raised.value.code == FileProblem.DAMAGED_WORKBOOK


def test_the_first_sheet_with_cells_is_chosen_though_its_beginning_has_none(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["first"]], others=["second"])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    no_cells = "".join(f'<row r="{number}"></row>' for number in range(1, 100))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | sheet_with(no_cells + row(100, 7))).items():
            archive.writestr(name, content)
    assert cells(path) == ["7"]
