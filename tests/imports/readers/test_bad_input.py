"""What people really upload: each is read, row by row, or refused with a reason and a place; nothing stays behind."""

import re
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from imports.readers import ColumnMapping, DateFormat, FileProblem, UnreadableFile, guess_mapping, sniff
from imports.wording import file_problem
from recipients.masterdata.file import FieldDefinition, FieldType
from tests.imports.readers.files import EMAIL, field, read_file, text_source, write_file
from tests.imports.readers.sheets import sheet_with, write_sheet, write_workbook
from tests.imports.readers.xls import workbook_stream, xls_file

Rows = list[tuple[Any, ...]]
Rejected = list[tuple[int, str, str]]

PLAIN = "E-Mail;Name\na@example.org;Jürgen\n"
READ: Rows = [("a@example.org", "Jürgen")]
FIELDS = (field("name"),)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def come_in(path: Path, *mapping: ColumnMapping, fields: Sequence[FieldDefinition] = FIELDS) -> tuple[Rows, Rejected]:
    """What comes in of a file as Listkeep understands it, and what does not, with the first column at fault."""
    sniffed = sniff(path, file_name=path.name)
    reading = read_file(
        path, *(mapping or guess_mapping(sniffed.columns, fields)), fields=fields, source=sniffed.source
    )
    rows = [tuple(value for key, value in row.items() if key != "line") for row in reading.rows]
    return rows, [(row["line"], row["reason"], row["column"]) for row in reading.rejected]


def columns(count: int) -> str:
    """A file of so many columns."""
    header = ["E-Mail", "Name", *(f"Spalte {place}" for place in range(3, count + 1))]
    return ";".join(header) + "\na@example.org;Jürgen" + ";x" * (count - 2) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PLAIN, id="as_it_should_be"),
        pytest.param("E-Mail;Name;Name;E-Mail\na@example.org;Jürgen;x;y\n", id="duplicate_headers"),
        pytest.param(columns(500), id="500_columns"),
        pytest.param("\n\n;;\n" + PLAIN + "\n;\n", id="blank_lines"),
        pytest.param("\ufeff" + PLAIN, id="byte_order_mark"),
        pytest.param(PLAIN.encode("utf-16"), id="utf_16_with_mark"),
        pytest.param(PLAIN.encode("utf-16-le"), id="utf_16_little_endian"),
        pytest.param(PLAIN.encode("utf-16-be"), id="utf_16_big_endian"),
        pytest.param(PLAIN.encode("utf-32"), id="utf_32"),
        pytest.param(PLAIN.encode("windows-1252"), id="windows_1252"),
        pytest.param(PLAIN.replace("\n", "\r"), id="carriage_returns"),
        pytest.param(PLAIN.replace("\n", "\r\n", 1), id="mixed_line_ends"),
        pytest.param(PLAIN.rstrip(), id="no_line_end"),
        pytest.param("sep=;\r\n" + PLAIN, id="line_for_excel"),
        *(
            pytest.param(PLAIN.replace(";", delimiter), id=f"delimiter_{ord(delimiter)}")
            for delimiter in ",\t|^~\x01#:"
        ),
        pytest.param('"E-Mail";"Name"\n"a@example.org";"Jürgen"\n', id="all_quoted"),
        pytest.param(' E-Mail ;\tName\n a@example.org\u00a0;" Jürgen "\n', id="blanks_around_cells"),
        pytest.param("E-Mail;Name\nA@EXAMPLE.org;Ju\u0308rgen\n".replace("u\u0308", "ü"), id="capitals"),
    ],
)
def test_file_is_read_whatever_its_shape(tmp_path: Path, content: bytes | str) -> None:
    assert come_in(write_file(tmp_path, content)) == (READ, [])


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        (["b@example.org"], []),
        (["b@example.org;B;"], []),
        (["b@example.org;B;x"], [(3, "too_many_cells", "")]),
        (["b@example.org;B\x00"], [(3, "unreadable_character", "Name")]),
        (['b@example.org;"B'], [(3, "broken_quotes", "Name")]),
        (['"b@example.org;B', "c@example.org;C"], [(3, "broken_quotes", "E-Mail")]),
        (['b@example.org;"B" x'], [(3, "broken_quotes", "Name")]),
        ([";B"], [(3, "missing_email", "E-Mail")]),
        (["Summe: 1;"], [(3, "invalid_email", "E-Mail")]),
        ([f"b@example.org;{'x' * 10_001}"], [(3, "text_too_long", "Name")]),
        ([f'b@example.org;"{"x" * 10_000_000}"'], [(3, "text_too_long", "Name")]),
        (["b@example.org;=1+1", "c@example.org;+49 170", "d@example.org;007"], []),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, list) and value and isinstance(value[0], str) else "",
)
def test_bad_row_is_rejected_with_its_place_and_no_other(tmp_path: Path, rows: list[str], rejected: Rejected) -> None:
    path = write_file(tmp_path, PLAIN + "\n".join([*rows, "z@example.org;Z"]) + "\n")
    read, found = come_in(path)
    assert (found, read[0], read[-1], len(read)) == (
        rejected,
        READ[0],
        ("z@example.org", "Z"),
        2 + len(rows) - len(rejected),
    )


@pytest.mark.parametrize(("content", "names"), [('"\n', [""]), ('"x;y;z\n"a;b\n', ["", "", ""])])
def test_file_of_broken_rows_alone_has_columns(tmp_path: Path, content: str, names: list[str]) -> None:
    path = write_file(tmp_path, content)
    sniffed = sniff(path, file_name=path.name, chosen=text_source(has_header=False))
    rejected = read_file(path, EMAIL, source=sniffed.source).rejected
    assert ([column.name for column in sniffed.columns], {row["reason"] for row in rejected}) == (
        names,
        {"broken_quotes"},
    )


def test_delimiter_that_nobody_expects_is_seen_in_the_columns_and_loses_no_row(tmp_path: Path) -> None:
    path = write_file(tmp_path, PLAIN.replace(";", "§"))
    sniffed = sniff(path, file_name=path.name)
    assert ([column.name for column in sniffed.columns], come_in(path, EMAIL)) == (
        ["E-Mail§Name"],
        ([], [(2, "invalid_email", "E-Mail§Name")]),
    )


@pytest.mark.parametrize(
    ("cells", "date_format"),
    [
        (["2026-12-31", "2026-12-31 23:59:59"], DateFormat.ISO),
        (["31.12.2026", "31.12.2026 23:59"], DateFormat.DAY_DOT),
        (["31/12/2026"], DateFormat.DAY_SLASH),
        (["12/31/2026", "12/31/2026 11:59 PM"], DateFormat.MONTH_SLASH),
        (["31-12-2026"], DateFormat.DAY_DASH),
        (["20261231"], DateFormat.COMPACT),
        (["46387", "46387.5", "46387,5"], DateFormat.EXCEL),
        (["1798750000"], DateFormat.UNIX),
    ],
)
def test_dates_are_read_in_their_notation(tmp_path: Path, cells: list[str], date_format: DateFormat) -> None:
    path = write_file(tmp_path, "E-Mail;Datum\n" + "".join(f"a@example.org;{cell}\n" for cell in cells))
    fields = [field("datum", FieldType.DATE)]
    mapping = guess_mapping(sniff(path, file_name=path.name).columns, fields)
    assert (mapping[1].date_format, come_in(path, fields=fields)) == (
        date_format,
        ([("a@example.org", date(2026, 12, 31))] * len(cells), []),
    )


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.234,50", "0,5", "-7"], ["1234.5", "0.5", "-7"]),
        (["1,234.50", "0.5"], ["1234.5", "0.5"]),
        (["1 234,5", "2'000,5"], ["1234.5", "2000.5"]),
        (["1e3", "1.5E-2"], ["1000", "0.015"]),
    ],
)
def test_numbers_are_read_in_their_notation(tmp_path: Path, cells: list[str], numbers: list[str]) -> None:
    path = write_file(tmp_path, "E-Mail;Umsatz\n" + "".join(f"a@example.org;{cell}\n" for cell in cells))
    assert come_in(path, fields=[field("umsatz", FieldType.NUMBER)]) == (
        [("a@example.org", Decimal(number)) for number in numbers],
        [],
    )


ALLOWED = [
    "simple@example.org",
    "very.common@example.org",
    "user.name+tag@example.org",
    "!#$%&'*+/=?^_`{|}~-@example.org",
    "x@sub.sub.example.co.uk",
    "müller@example.org",
    "用户@例子.公司",
    "a@bücher.example.org",
    "δοκιμή@παράδειγμα.ελ",
    f"{'l' * 64}@example.org",
]
FORBIDDEN = [
    "plain",
    "@example.org",
    "a@",
    "a@b@example.org",
    "a..b@example.org",
    ".a@example.org",
    "a.@example.org",
    "a b@example.org",
    "a@example",
    "a@-example.org",
    "a@example..org",
    "a@[192.0.2.1]",
    "Ada <ada@example.org>",
    "a@example.org, b@example.org",
    "a\u202e@example.org",
    f"{'l' * 65}@example.org",
    f"a@{'d' * 64}.org",
]


def test_addresses_come_in_when_the_rules_of_mail_allow_them(tmp_path: Path) -> None:
    lines = [*ALLOWED, *(f'"{address}"' for address in FORBIDDEN)]
    read, rejected = come_in(write_file(tmp_path, "E-Mail\n" + "\n".join(lines) + "\n"))
    assert ([address for (address,) in read], rejected) == (
        ALLOWED,
        [(line, "invalid_email", "E-Mail") for line in range(12, 12 + len(FORBIDDEN))],
    )


def bomb(folder: Path) -> Path:
    return write_workbook(folder, sheet_with("<!--" + " " * 100_000_000 + "-->"))


def truncated(folder: Path) -> Path:
    path = write_sheet(folder, [["E-Mail"], ["a@example.org"]])
    path.write_bytes(path.read_bytes()[:-100])
    return path


def hostile(content: bytes | str) -> Callable[[Path], Path]:
    return lambda folder: write_file(folder, content)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016)


@pytest.mark.parametrize(
    ("make", "problem", "place"),
    [
        pytest.param(hostile(b""), FileProblem.EMPTY, (None, None), id="empty"),
        pytest.param(hostile(b"\r\n \n;;\n"), FileProblem.EMPTY, (None, None), id="blank"),
        pytest.param(hostile(b"\xff\xfe"), FileProblem.EMPTY, (None, None), id="mark_alone"),
        pytest.param(hostile(bytes(10_000)), FileProblem.NOT_TEXT, (None, None), id="zeros"),
        pytest.param(hostile(b"\x89PNG\r\n\x1a\n" + bytes(99)), FileProblem.NOT_TEXT, (None, None), id="image"),
        pytest.param(hostile(b"%PDF-1.7\n"), FileProblem.NOT_TEXT, (None, None), id="pdf"),
        pytest.param(hostile("\n\n" + columns(1_001)), FileProblem.TOO_MANY_COLUMNS, (3, None), id="1001_columns"),
        pytest.param(hostile('\nE-Mail;"Name\na@example.org;A\n'), FileProblem.BROKEN_HEADER, (2, 2), id="header"),
        pytest.param(
            hostile(PLAIN + "x" * 40_000_000), FileProblem.ROW_TOO_LONG, (3, None), id="40_megabytes_in_a_row"
        ),
        pytest.param(bomb, FileProblem.ZIP_BOMB, (None, None), id="bomb"),
        pytest.param(truncated, FileProblem.DAMAGED_WORKBOOK, (None, None), id="half_a_workbook"),
        pytest.param(
            hostile(OLE + "EncryptedPackage".encode("utf-16-le") + bytes(480)),
            FileProblem.PASSWORD_PROTECTED,
            (None, None),
            id="password",
        ),
        pytest.param(
            hostile(xls_file(workbook_stream([["E-Mail"]], password=True))),
            FileProblem.PASSWORD_PROTECTED,
            (None, None),
            id="password_of_1997",
        ),
        pytest.param(
            hostile(xls_file(workbook_stream([["E-Mail"]], far_cell=(65_535, 65_535)))),
            FileProblem.WORKBOOK_TOO_LARGE,
            (None, None),
            id="cells_far_apart",
        ),
    ],
)
def test_file_that_cannot_be_read_is_refused_and_leaves_nothing(
    tmp_path: Path,
    scratch: Path,
    make: Callable[[Path], Path],
    problem: FileProblem,
    place: tuple[int | None, int | None],
) -> None:
    path = make(tmp_path)
    with pytest.raises(UnreadableFile) as raised:
        come_in(path)
    assert (raised.value.code, (raised.value.line, raised.value.column)) == (problem, place)
    assert (sorted(tmp_path.iterdir()), list(scratch.iterdir())) == (sorted([path, scratch]), [])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("problem", FileProblem)
def test_what_is_told_names_the_next_step(problem: FileProblem, language: str) -> None:
    with translation.override(language):
        sentence = file_problem(UnreadableFile(problem, line=7, column=3, detail="a.csv\nb.csv"))
    step = {"en": r"\b(choose|save|delete|mend|pack|put|upload|open)\b", "de": r"\bSie\b"}[language]
    assert (bool(re.search(step, sentence, re.IGNORECASE)), "%(" in sentence, sentence.count("7")) == (True, False, 1)
