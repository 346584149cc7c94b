"""What kind of file it is; what must not be opened; what a person is told about it."""

import zipfile
from pathlib import Path

import pytest

from imports.readers import FileProblem, Kind, UnreadableFile, sniff
from imports.readers import archive as archive_module
from imports.readers import workbook as workbook_module
from imports.readers.kinds import detect_kind
from tests.imports.readers.files import write_file
from tests.imports.readers.sheets import NAMESPACE, sheet_with, write_workbook
from tests.imports.readers.xls import workbook_stream, xls_file

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(50)


def problem_of(path: Path) -> tuple[FileProblem, str]:
    """What `sniff` says is wrong with a file."""
    with pytest.raises(UnreadableFile) as raised:
        sniff(path, file_name=path.name)
    return raised.value.code, raised.value.detail


def problem_in_reading(path: Path) -> tuple[FileProblem, str]:
    """What reading says is wrong with a file whose beginning looks right."""
    source = sniff(path, file_name=path.name).source
    with pytest.raises(UnreadableFile) as raised, workbook_module.Sheet(path, source) as sheet:
        list(sheet.blocks([0], []))
    return raised.value.code, raised.value.detail


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "jpeg"),
        (b"GIF89a\x01\x00", "gif"),
        (b"BM\x36\x00\x0c\x00\x00\x00\x00\x00\x01\x02", "bmp"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"MZ\x90\x00\x03\x00", "exe"),
        (b"{\\rtf1 E-Mail}", "rtf"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML><table>", "html"),
        (b"<?xml version='1.0'?><Workbook/>", "xml"),
        (b'[\n  {"email": "a@example.org"}\n]', "json"),
        (b'\xef\xbb\xbf{"people": []}', "json"),
        (b"[]\n", "json"),
        (b"BEGIN:VCARD\r\nVERSION:4.0\r\n", "vcard"),
        (bytes(range(32)) * 30, "binary"),
        (OLE + bytes(600), "ole"),
    ],
)
def test_file_that_is_no_table_is_refused_whatever_its_name(tmp_path: Path, content: bytes, detail: str) -> None:
    assert problem_of(write_file(tmp_path, content)) == (FileProblem.NOT_TEXT, detail)


@pytest.mark.parametrize(
    "content", ["BMW;a@example.org\n", "MZ;a@example.org\n", "PK;a@example.org\n", "[Mail];{Ort}\n"]
)
def test_text_that_begins_like_a_signature_is_text(tmp_path: Path, content: str) -> None:
    assert detect_kind(write_file(tmp_path, content)) is Kind.CSV


@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", b";;;\n;;\n", b"\xef\xbb\xbf"])
def test_file_without_content_is_empty(tmp_path: Path, content: bytes) -> None:
    assert problem_of(write_file(tmp_path, content)) == (FileProblem.EMPTY, "")


def test_workbook_with_a_password_is_named(tmp_path: Path) -> None:
    directory = "EncryptedPackage".encode("utf-16-le")
    path = write_file(tmp_path, OLE + bytes(1016) + directory + bytes(480), "book.xlsx")
    assert problem_of(path) == (FileProblem.PASSWORD_PROTECTED, "")


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ("xl/workbook.bin", (FileProblem.UNSUPPORTED_WORKBOOK, "xlsb")),
        ("Index/Document.iwa", (FileProblem.UNSUPPORTED_WORKBOOK, "numbers")),
        ("[Content_Types].xml", (FileProblem.NOT_TEXT, "zip")),
    ],
)
def test_other_archive_is_named(tmp_path: Path, member: str, problem: tuple[FileProblem, str]) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    assert problem_of(path) == problem


def test_opendocument_is_named(tmp_path: Path) -> None:
    path = tmp_path / "book.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert problem_of(path) == (FileProblem.UNSUPPORTED_WORKBOOK, "ods")


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_workbook(tmp_path, sheet_with("<!--" + " " * 100_000_000 + "-->"))
    assert path.stat().st_size < 200_000
    assert problem_of(path) == (FileProblem.ZIP_BOMB, "")


def test_archive_that_claims_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_UNPACKED_BYTES", 1_000)
    assert problem_of(write_workbook(tmp_path, {})) == (FileProblem.ZIP_BOMB, "")


def test_archive_that_claims_too_little_is_damaged(tmp_path: Path) -> None:
    path = write_workbook(tmp_path, sheet_with("<row r='1'/>" * 1_000))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    assert problem_of(path)[0] is FileProblem.DAMAGED_WORKBOOK


def test_two_cells_far_apart_are_refused(tmp_path: Path) -> None:
    cells = (
        '<row r="1"><c r="A1" t="str"><v>E-Mail</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>'
    )
    assert problem_of(write_workbook(tmp_path, sheet_with(cells)))[0] is FileProblem.WORKBOOK_TOO_LARGE


def test_text_that_very_many_cells_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_module, "MEMORY_BYTES", 512 * 1024 * 1024)
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 20_001))
    texts = {"xl/sharedStrings.xml": f'<sst xmlns="{NAMESPACE}"><si><t>{"x" * 30_000}</t></si></sst>'}
    path = write_workbook(tmp_path, sheet_with(cells) | texts)
    assert (path.stat().st_size < 200_000, problem_in_reading(path)) == (True, (FileProblem.WORKBOOK_TOO_LARGE, ""))


def test_workbook_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_module, "SECONDS", 1)
    row = f"<row>{'<c><v>1</v></c>' * 20}</row>"
    path = write_workbook(tmp_path, sheet_with(row * 150_000))
    assert problem_in_reading(path) == (FileProblem.WORKBOOK_TOO_LARGE, "")


def test_one_cell_far_away_is_no_large_sheet(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1" t="str"><v>E-Mail</v></c></row><row r="200000"><c r="A200000"><v>1</v></c></row>'
    path = write_workbook(tmp_path, sheet_with(cells))
    assert [column.name for column in sniff(path, file_name="book.xlsx").columns] == ["E-Mail"]


def test_old_workbook_with_an_error_in_a_cell_is_named(tmp_path: Path) -> None:
    path = write_file(tmp_path, xls_file(workbook_stream([["E-Mail", "Abgemeldet"], ["a@example.org", None]])))
    assert problem_of(path) == (FileProblem.XLS_WITH_ERRORS, "")


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(100), b"PK\x05\x06"])
def test_damaged_archive_is_named(tmp_path: Path, content: bytes) -> None:
    assert problem_of(write_file(tmp_path, content, "book.xlsx"))[0] is FileProblem.DAMAGED_WORKBOOK


def test_damaged_xls_is_named(tmp_path: Path) -> None:
    content = OLE + bytes(1016) + "Workbook".encode("utf-16-le") + bytes(496)
    assert problem_of(write_file(tmp_path, content, "book.xls"))[0] is FileProblem.DAMAGED_WORKBOOK


def test_workbook_with_broken_xml_is_named(tmp_path: Path) -> None:
    path = write_workbook(tmp_path, {"xl/workbook.xml": "<workbook"})
    assert problem_of(path)[0] is FileProblem.DAMAGED_WORKBOOK


def test_member_with_a_password_is_named(tmp_path: Path) -> None:
    path = write_workbook(tmp_path, {})
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    path.write_bytes(content)
    assert problem_of(path) == (FileProblem.PASSWORD_PROTECTED, "")
