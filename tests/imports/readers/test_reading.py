"""Read: every row of a text arrives or is rejected with its line and a reason; none is lost, whatever the file is."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from imports.readers import (
    ColumnMapping,
    DateFormat,
    DecimalMark,
    InvalidMapping,
    MappingProblem,
    ReadResult,
    read,
)
from imports.readers import delimited as delimited_module
from recipients.masterdata.blocklist import BlockList
from recipients.masterdata.file import FieldType, MasterDataFile
from tests.imports.readers.files import EMAIL, field, ignore_progress, read_file, reject, text_source, write_file

NAME = ColumnMapping("name", 1)
NAME_FIELD = [field("name")]


def test_german_spreadsheet_file_is_read(tmp_path: Path) -> None:
    content = (
        "E-Mail;Vorname;Geburtstag;Umsatz;Anrede;Angemeldet;Tags\r\n"
        'Jürgen@Example.org;Jürgen;31.12.1980;"1.234,50";Herr;01.07.2024 12:00;"vip, b2b"\r\n'
        "anna@example.org;;;;;;\r\n"
    )
    reading = read_file(
        write_file(tmp_path, content.encode("windows-1252")),
        ColumnMapping("vorname", 1),
        ColumnMapping("geburtstag", 2, None, DateFormat.DAY_DOT),
        ColumnMapping("umsatz", 3, None, None, DecimalMark.COMMA),
        ColumnMapping("anrede", 4),
        ColumnMapping("registered_at", 5, None, DateFormat.DAY_DOT),
        ColumnMapping("tags", 6),
        fields=[
            field("vorname"),
            field("umsatz", FieldType.NUMBER),
            field("geburtstag", FieldType.DATE),
            field("anrede", FieldType.GENDER),
            field("ort"),
        ],
        source=text_source(encoding="windows-1252"),
    )
    empty = dict.fromkeys(["registered_at", "tags", "vorname", "umsatz", "geburtstag", "anrede"])
    assert (reading.result, reading.rows, reading.rejected) == (
        ReadResult(rows_total=2, rows_read=2, rejected_by_reason={}, notes={}),
        [
            {
                "email": "jürgen@example.org",
                "registered_at": datetime(2024, 7, 1, 10, tzinfo=UTC),
                "tags": ["vip", "b2b"],
                "vorname": "Jürgen",
                "umsatz": Decimal("1234.5"),
                "geburtstag": date(1980, 12, 31),
                "anrede": "male",
                "line": 2,
            },
            {"email": "anna@example.org", **empty, "line": 3},
        ],
        [],
    )


def test_every_reason_is_told_with_its_line_column_and_cell(tmp_path: Path) -> None:
    mapping = [
        NAME,
        ColumnMapping("activated_at", 2, None, DateFormat.DAY_DOT),
        ColumnMapping("geburtstag", 3, None, DateFormat.DAY_DOT),
        ColumnMapping("umsatz", 4, None, None, DecimalMark.COMMA),
        ColumnMapping("anrede", 5),
    ]
    fields = [
        *NAME_FIELD,
        field("geburtstag", FieldType.DATE),
        field("umsatz", FieldType.NUMBER),
        field("anrede", FieldType.GENDER),
    ]
    rows = [
        "Mail;Name;Aktiv;Geburt;Umsatz;Anrede;Rest",
        ";Max;;;;;",
        "a@example;Max;;;;;",
        "a@example.org;Max;31.02.2024;;;;",
        "a@example.org;Max;;31.02.2024;;;",
        "a@example.org;Max;;;1,2,3;;",
        "a@example.org;Max;;;;Firma;",
        f"a@example.org;{'x' * 10_001};;;;;",
        "a@example.org;M\x00x;;;;;",
        "a@example.org;Max;;;;;x;y",
        "a@example.org;Max",
        'a@example.org;"Max;;;;;',
        "a@example;Max;?;?;?;?;",
        " A@example.org ;'=Max;;;;;\x00",
    ]
    reading = read_file(write_file(tmp_path, "\n".join(rows)), *mapping, fields=fields)
    assert (reading.rejected, [row["line"] for row in reading.rows], reading.rows[0]["name"], reading.result) == (
        [
            reject(2, None, "missing_email", "Mail", None),
            reject(3, "a@example", "invalid_email", "Mail", "a@example"),
            reject(4, "a@example.org", "unreadable_date_time", "Aktiv", "31.02.2024"),
            reject(5, "a@example.org", "unreadable_date", "Geburt", "31.02.2024"),
            reject(6, "a@example.org", "unreadable_number", "Umsatz", "1,2,3"),
            reject(7, "a@example.org", "unknown_gender", "Anrede", "Firma"),
            reject(8, "a@example.org", "text_too_long", "Name", "x" * 1_000),
            reject(9, "a@example.org", "unreadable_character", "Name", "M\ufffdx"),
            reject(10, "a@example.org", "too_many_cells", "", "y"),
            reject(11, "a@example.org", "too_few_cells", "Aktiv", None),
            reject(12, "a@example.org", "broken_quotes", "Name", '"Max'),
            reject(13, "a@example", "invalid_email", "Mail", "a@example"),
        ],
        [14],
        "=Max",
        ReadResult(
            rows_total=13,
            rows_read=1,
            rejected_by_reason={
                "missing_email": 1,
                "invalid_email": 2,
                "unreadable_date_time": 1,
                "unreadable_date": 1,
                "unreadable_number": 1,
                "unknown_gender": 1,
                "text_too_long": 1,
                "unreadable_character": 1,
                "too_many_cells": 1,
                "too_few_cells": 1,
                "broken_quotes": 1,
            },
            notes={},
        ),
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("  x ", "x"),
        ("\u00a0\ufeffx\u200b", "x"),
        ('" x "', "x"),
        ("'=1", "=1"),
        ("''=1", "'=1"),
        ("'x", "'x"),
        ("' =1", "' =1"),
        ("007", "007"),
        ("=1+1", "=1+1"),
        ('"a""b"', 'a"b'),
        ("שלום\u202e", "שלום\u202e"),
        ("👩\u200d👧", "👩\u200d👧"),
        ('""', None),
        ("'\t", "'"),
        ("e\u0301", "e\u0301"),
        ("NULL", "NULL"),
        ("nan", "nan"),
        ("x" * 10_000, "x" * 10_000),
        ("ß" * 10_000, "ß" * 10_000),
    ],
)
def test_text_cell_is_stripped_and_otherwise_kept(tmp_path: Path, cell: str, value: str | None) -> None:
    reading = read_file(write_file(tmp_path, f"Mail;Name\na@example.org;{cell}\n"), NAME, fields=NAME_FIELD)
    assert [row["name"] for row in reading.rows] == [value]


def test_alternative_is_given_to_every_row(tmp_path: Path) -> None:
    mapping = [
        ColumnMapping("source", None, " Messe 2026 "),
        ColumnMapping("registered_at", None, "01.07.2024", DateFormat.DAY_DOT),
        ColumnMapping("tags", None, "vip,b2b"),
        ColumnMapping("name", None, ""),
    ]
    reading = read_file(write_file(tmp_path, "Mail\na@example.org\nb@example.org\n"), *mapping, fields=NAME_FIELD)
    given_values = {
        "registered_at": datetime(2024, 6, 30, 22, tzinfo=UTC),
        "source": "Messe 2026",
        "tags": ["vip", "b2b"],
    }
    assert reading.rows == [
        {"email": "a@example.org", **given_values, "line": 2},
        {"email": "b@example.org", **given_values, "line": 3},
    ]


def test_alternative_is_given_to_no_row_of_a_piece_without_any(tmp_path: Path) -> None:
    path = write_file(tmp_path, 'Mail;Name\na@example.org;"A\n')
    reading = read_file(path, ColumnMapping("tags", None, "vip"))
    assert (reading.rows, reading.result.rejected_by_reason) == ([], {"broken_quotes": 1})


def test_time_zone_is_the_given_one(tmp_path: Path) -> None:
    path = write_file(tmp_path, "Mail;Seit\na@example.org;2024-07-01 12:00\n")
    reading = read_file(path, ColumnMapping("activated_at", 1), time_zone="America/New_York")
    assert [row["activated_at"] for row in reading.rows] == [datetime(2024, 7, 1, 16, tzinfo=UTC)]


@pytest.mark.parametrize("nothing", ["", "0", "0000-00-00 00:00:00", "0000-00-00", '" "'])
def test_status_without_a_date_is_none(tmp_path: Path, nothing: str) -> None:
    path = write_file(tmp_path, f"Mail;Ab\na@example.org;{nothing}\n")
    reading = read_file(path, ColumnMapping("deactivated_at", 1))
    assert (reading.rows, reading.rejected) == ([{"email": "a@example.org", "deactivated_at": None, "line": 2}], [])


def test_blocked_address_is_rejected_before_its_values_are_judged(tmp_path: Path) -> None:
    rows = ["Mail;Geburt", "Spam@Example.org;gestern", "spam@example;", ";", "a@example.org;"]
    reading = read_file(
        write_file(tmp_path, "\n".join(rows)),
        ColumnMapping("geburt", 1),
        fields=[field("geburt", FieldType.DATE)],
        blocked=BlockList(["*@example", "spam@*.org"]),
    )
    assert ([row["email"] for row in reading.rows], reading.rejected) == (
        ["a@example.org"],
        [
            reject(2, "Spam@Example.org", "blocked", "Mail", "Spam@Example.org"),
            reject(3, "spam@example", "invalid_email", "Mail", "spam@example"),
        ],
    )


@pytest.mark.parametrize(
    ("mapping", "code", "target"),
    [
        ([NAME], MappingProblem.NO_EMAIL, "email"),
        ([ColumnMapping("email", None, "a@example.org")], MappingProblem.NO_EMAIL, "email"),
        ([EMAIL, ColumnMapping("ort", 1)], MappingProblem.UNKNOWN_TARGET, "ort"),
        ([EMAIL, NAME, NAME], MappingProblem.TARGET_TWICE, "name"),
        ([EMAIL, ColumnMapping("name", 2)], MappingProblem.NO_SUCH_COLUMN, "name"),
        ([EMAIL, ColumnMapping("bounced_at", None, "gestern")], MappingProblem.BAD_ALTERNATIVE, "bounced_at"),
        ([EMAIL, ColumnMapping("name", None, "a\x00b")], MappingProblem.BAD_ALTERNATIVE, "name"),
    ],
)
def test_mapping_that_does_not_fit_is_refused_and_leaves_no_file(
    tmp_path: Path, mapping: Sequence[ColumnMapping], code: MappingProblem, target: str
) -> None:
    path = write_file(tmp_path, "Mail;Name\na@example.org;A\n")
    with pytest.raises(InvalidMapping) as raised:
        read(
            path,
            source=text_source(),
            mapping=mapping,
            fields=tuple(NAME_FIELD),
            target=tmp_path / "target",
            rejected=tmp_path / "rejected",
            progress=ignore_progress,
        )
    assert (raised.value.code, raised.value.target, list(tmp_path.iterdir())) == (code, target, [path])


def test_progress_goes_up_to_the_number_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_module, "PIECE_BYTES", 100)
    path = write_file(tmp_path, "Mail\n" + "".join(f"{number}@example.org\n" for number in range(10, 30)))
    calls: list[tuple[int, int | None]] = []
    read(
        path,
        source=text_source(),
        mapping=[EMAIL],
        fields=(),
        target=tmp_path / "target",
        rejected=tmp_path / "rejected",
        progress=lambda done, known: calls.append((done, known)),
    )
    assert (calls, sorted(calls)) == ([(6, 20), (12, 20), (18, 20), (20, 20), (20, 20)], calls)


def test_what_progress_raises_ends_the_reading_and_leaves_no_file(tmp_path: Path) -> None:
    def cancel(done: int, known: int | None) -> None:
        raise KeyboardInterrupt

    path = write_file(tmp_path, "Mail\na@example.org\n")
    with pytest.raises(KeyboardInterrupt):
        read(
            path,
            source=text_source(),
            mapping=[EMAIL],
            fields=(),
            target=tmp_path / "target",
            rejected=tmp_path / "rejected",
            progress=cancel,
        )
    assert list(tmp_path.iterdir()) == [path]


def test_file_describes_the_mapped_fields_only(tmp_path: Path) -> None:
    path = write_file(tmp_path, "Mail;Name\na@example.org;A\n")
    read_file(path, NAME, fields=[field("ort"), *NAME_FIELD])
    with MasterDataFile.open(path.with_suffix(".parquet")) as file:
        assert (file.mapped, file.description.fields) == (("email", "name"), tuple(NAME_FIELD))


@pytest.mark.parametrize("full", ["target", "rejected"])
def test_full_disk_leaves_no_file(tmp_path: Path, full: str) -> None:
    path = write_file(tmp_path, "Mail\na@example.org\nb@example\n")
    (tmp_path / full).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        read(
            path,
            source=text_source(),
            mapping=[EMAIL],
            fields=(),
            target=tmp_path / "target",
            rejected=tmp_path / "rejected",
            progress=ignore_progress,
        )
    assert list(tmp_path.iterdir()) == [path]
