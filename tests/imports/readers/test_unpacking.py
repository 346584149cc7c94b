"""ZIP archives: the one table in them is read, whatever stands beside it; all else is refused, and nothing stays."""

import resource
import struct
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest

from imports.readers import FileProblem, Kind, Source, UnreadableFile, sniff
from imports.readers import archive as archive_module
from tests.imports.readers.files import read_file, text_source, write_file
from tests.imports.readers.sheets import write_sheet
from tests.imports.readers.xls import workbook_stream, xls_file

CSV = b"E-Mail;Name\r\na@example.org;A\r\n"
XLSX = Source(Kind.XLSX, None, None, has_header=True, sheet="Sheet")


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def write_zip(folder: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def problem_of(path: Path) -> tuple[FileProblem, str]:
    """What `sniff` says is wrong with a file."""
    with pytest.raises(UnreadableFile) as raised:
        sniff(path, file_name=path.name)
    return raised.value.code, raised.value.detail


@pytest.mark.parametrize(
    "name",
    ["kunden.csv", "KUNDEN.CSV", "export/2026/kunden.txt", "../../etc/kunden.csv", "/kunden.tsv", "C:\\x\\kunden.csv"],
)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_only_table_is_read(tmp_path: Path, scratch: Path, name: str, method: int) -> None:
    path = write_zip(tmp_path, {name: CSV}, method)
    sniffed = sniff(path, file_name=path.name)
    reading = read_file(path, source=sniffed.source)
    assert (sniffed.source, reading.rows, list(scratch.iterdir()), sorted(tmp_path.iterdir())) == (
        text_source(),
        [{"email": "a@example.org", "line": 2}],
        [],
        sorted([path, scratch, tmp_path / "upload.parquet", tmp_path / "upload.rejected.parquet"]),
    )


def test_name_of_the_table_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"export/Kün\u202e\x07den.csv": CSV})
    assert sniff(path, file_name=path.name).inner_name == "Künden.csv"


def test_file_outside_an_archive_has_no_inner_name(tmp_path: Path) -> None:
    assert sniff(write_file(tmp_path, CSV), file_name="people.csv").inner_name == ""


def test_name_of_the_table_decides_between_equals(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"people.tsv": b"a\tb;c\nd\te;f\n"})
    assert sniff(path, file_name="people.zip").source.delimiter == "\t"


def test_choice_of_the_person_is_shown_as_it_reads(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"people.csv": CSV})
    sniffed = sniff(path, file_name="people.zip", chosen=text_source(has_header=False))
    assert sniffed.sample == (("E-Mail", "Name"), ("a@example.org", "A"))


def test_what_stands_beside_the_table_does_not_matter(tmp_path: Path) -> None:
    others = {
        "__MACOSX/._kunden.csv": b"\x00\x05\x16\x07",
        "export/": b"",
        "export/.DS_Store": b"x",
        "export/.kunden.csv": b"x",
        ".git/kunden.csv": b"x",
        "export/~$kunden.xlsx": b"x",
        "export/Lies mich.pdf": b"%PDF",
        "Thumbs.db": b"x",
    }
    path = write_zip(tmp_path, {**others, "export/kunden.csv": CSV})
    assert read_file(path).rows == [{"email": "a@example.org", "line": 2}]


@pytest.mark.parametrize("name", ["kunden.xlsx", "kunden.csv"])
def test_workbook_in_an_archive_is_read_whatever_its_name(tmp_path: Path, scratch: Path, name: str) -> None:
    content = write_sheet(tmp_path, [["E-Mail"], ["a@example.org"]]).read_bytes()
    path = write_zip(tmp_path, {name: content})
    sniffed = sniff(path, file_name=path.name)
    assert (sniffed.source, read_file(path, source=sniffed.source).rows, list(scratch.iterdir())) == (
        XLSX,
        [{"email": "a@example.org", "line": 2}],
        [],
    )


def test_xls_in_an_archive_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"kunden.xls": xls_file(workbook_stream([["E-Mail"], ["a@example.org"]]))})
    sniffed = sniff(path, file_name=path.name)
    assert read_file(path, source=sniffed.source).rows == [{"email": "a@example.org", "line": 2}]


@pytest.mark.parametrize("members", [{}, {"Foto.png": b"x"}, {"kunden.csv/": b""}, {".kunden.csv": CSV}])
def test_archive_without_a_table_is_named(tmp_path: Path, members: dict[str, bytes]) -> None:
    assert problem_of(write_zip(tmp_path, members)) == (FileProblem.ZIP_WITHOUT_TABLE, "")


def test_member_without_a_name_is_no_table(tmp_path: Path) -> None:
    path = change(write_zip(tmp_path, {"a.csv": CSV}, zipfile.ZIP_STORED), CENTRAL, 46, b"\0.csv")
    assert problem_of(path) == (FileProblem.ZIP_WITHOUT_TABLE, "")


def test_archive_with_several_tables_names_them(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"2025/a.csv": CSV, "b.xlsx": CSV, "c.pdf": CSV, "2026/a\n.csv": CSV})
    assert problem_of(path) == (FileProblem.ZIP_WITH_SEVERAL_TABLES, "2025/a.csv\nb.xlsx\n2026/a.csv")


def test_archive_in_an_archive_is_no_table(tmp_path: Path, scratch: Path) -> None:
    inner = write_zip(tmp_path, {"kunden.csv": CSV}).read_bytes()
    found = [problem_of(write_zip(tmp_path, {name: inner})) for name in ("kunden.zip", "kunden.csv")]
    assert (found, list(scratch.iterdir())) == (
        [(FileProblem.ZIP_WITHOUT_TABLE, ""), (FileProblem.NOT_TEXT, "zip")],
        [],
    )


def test_document_is_no_archive_of_tables(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>", "a.csv": CSV})
    assert problem_of(path) == (FileProblem.NOT_TEXT, "zip")


def test_opendocument_in_an_archive_is_named(tmp_path: Path) -> None:
    inner = write_zip(tmp_path, {"mimetype": b"x", "content.xml": b"<x/>"}).read_bytes()
    assert problem_of(write_zip(tmp_path, {"kunden.ods": inner})) == (FileProblem.UNSUPPORTED_WORKBOOK, "ods")


def change(path: Path, signature: bytes, offset: int, value: bytes) -> Path:
    """Change bytes at a place behind the first signature."""
    content = bytearray(path.read_bytes())
    place = content.find(signature) + offset
    content[place : place + len(value)] = value
    path.write_bytes(content)
    return path


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@pytest.mark.parametrize("flag", [0x01, 0x41])
def test_password_is_named(tmp_path: Path, flag: int) -> None:
    path = change(write_zip(tmp_path, {"kunden.csv": CSV}), CENTRAL, 8, bytes([flag]))
    assert problem_of(path) == (FileProblem.ZIP_PASSWORD_PROTECTED, "")


def test_password_of_a_modern_packer_is_named(tmp_path: Path) -> None:
    path = change(write_zip(tmp_path, {"kunden.csv": CSV}), CENTRAL, 8, bytes([0x01, 0x00, 99, 0]))
    assert problem_of(path) == (FileProblem.ZIP_PASSWORD_PROTECTED, "")


def test_password_of_another_file_does_not_matter(tmp_path: Path) -> None:
    path = change(write_zip(tmp_path, {"Foto.png": b"x", "kunden.csv": CSV}), CENTRAL, 8, b"\x01")
    assert read_file(path).rows == [{"email": "a@example.org", "line": 2}]


def test_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, scratch: Path) -> None:
    path = write_zip(tmp_path, {"kunden.csv": b" " * 100_000_000})
    assert (problem_of(path), list(scratch.iterdir())) == ((FileProblem.ZIP_BOMB, ""), [])


def test_table_that_claims_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_UNPACKED_BYTES", 20)
    assert problem_of(write_zip(tmp_path, {"kunden.csv": CSV})) == (FileProblem.ZIP_BOMB, "")


def test_large_table_of_usual_text_is_no_bomb(tmp_path: Path) -> None:
    rows = b"".join(b"%d@example.org;%d\n" % (number, number * number) for number in range(2_500_000))
    path = write_zip(tmp_path, {"kunden.csv": b"E-Mail;Nr\n" + rows})
    assert (len(rows) > 64 * 1024 * 1024, len(sniff(path, file_name=path.name).columns)) == (True, 2)


def test_table_that_claims_too_little_is_unpacked_no_further(tmp_path: Path, scratch: Path) -> None:
    path = write_zip(tmp_path, {"kunden.csv": CSV * 1_000})
    path = change(path, CENTRAL, 24, struct.pack("<I", 100))
    assert (problem_of(path)[0], list(scratch.iterdir())) == (FileProblem.DAMAGED_ZIP, [])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_method_without_a_bound_is_not_unpacked(tmp_path: Path, method: int) -> None:
    assert problem_of(write_zip(tmp_path, {"kunden.csv": CSV}, method)) == (
        FileProblem.DAMAGED_ZIP,
        f"The member is packed by method {method}.",
    )


def test_workbook_packed_by_a_method_without_a_bound_is_not_unpacked(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path = write_zip(tmp_path, members, zipfile.ZIP_BZIP2)
    assert problem_of(path) == (FileProblem.DAMAGED_WORKBOOK, "The member is packed by method 12.")


def test_wrong_bytes_are_damage(tmp_path: Path, scratch: Path) -> None:
    path = change(write_zip(tmp_path, {"kunden.csv": CSV * 100}), LOCAL, 50, b"\xff\xff\xff\xff")
    assert (problem_of(path)[0], list(scratch.iterdir())) == (FileProblem.DAMAGED_ZIP, [])


def test_name_that_is_not_in_the_encoding_that_it_claims_is_damage(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"kündin.csv": CSV})
    content = path.read_bytes()
    path.write_bytes(content.replace("ü".encode(), b"\xfc_"))
    assert problem_of(path)[0] is FileProblem.DAMAGED_WORKBOOK


def test_member_before_the_beginning_is_damage(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"kunden.csv": CSV})
    place = path.read_bytes().find(CENTRAL)
    path = change(path, END, 16, struct.pack("<I", place + 10))
    assert problem_of(path) == (FileProblem.DAMAGED_ZIP, "A member begins at -10.")


def test_workbook_with_a_member_before_the_beginning_is_damaged(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["E-Mail"]])
    place = path.read_bytes().find(CENTRAL)
    path = change(path, END, 16, struct.pack("<I", place + 10))
    assert problem_of(path)[0] is FileProblem.DAMAGED_WORKBOOK


def test_huge_table_of_contents_is_not_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {f"{number:0100}": b"" for number in range(30_000)} | {"kunden.csv": CSV})
    assert problem_of(path)[0] is FileProblem.DAMAGED_WORKBOOK


def test_full_disk_leaves_no_file(tmp_path: Path, scratch: Path) -> None:
    path = write_zip(tmp_path, {"kunden.csv": b"E-Mail\n" + b"x@example.org\n" * 100_000})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            sniff(path, file_name=path.name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(scratch.iterdir()) == []
