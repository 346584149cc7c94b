"""The CSV export: readable, safe to open, and the same data again when it is read (P5)."""

import csv
import io
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backups.exports.csv import Dialect, Encoding, check_encoding, csv_chunks
from backups.exports.refusals import NotInEncoding
from imports.readers import Kind, Source, guess_mapping, read, sniff
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.labels import LANGUAGES, Language
from tests.backups.exports.reading import EMPTY, ignore_progress, restored
from tests.recipients.masterdata.rows import FIELDS, HOSTILE, rows, storable, write_rows

UNICODE: Final[tuple[Encoding, ...]] = ("utf-8-sig", "utf-8", "utf-16")


def export(
    folder: Path,
    some_rows: list[dict[str, Any]],
    *,
    language: Language = "de",
    delimiter: str = ";",
    encoding: Encoding = "utf-8-sig",
) -> bytes:
    """The CSV of a backup with these rows."""
    write_rows(folder / "backup.parquet", some_rows)
    with MasterDataFile.open(folder / "backup.parquet") as file:
        return b"".join(csv_chunks(file, language=language, dialect=Dialect(delimiter, encoding)))


def read_back(folder: Path, content: bytes) -> list[dict[str, Any]]:
    """The rows that a person gets who uploads the CSV."""
    path = folder / "export.csv"
    path.write_bytes(content)
    return restored(path)


@settings(max_examples=150)
@given(rows(), st.sampled_from(LANGUAGES), st.sampled_from([";", ",", "\t"]), st.sampled_from(UNICODE))
def test_export_read_again_is_the_backup(
    some_rows: list[dict[str, Any]], language: Language, delimiter: str, encoding: Encoding
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = export(folder, some_rows, language=language, delimiter=delimiter, encoding=encoding)
        assert read_back(folder, content) == some_rows


@pytest.mark.parametrize("text", [text for text in HOSTILE if storable(text)])
def test_hostile_text_is_the_same_when_read_again(tmp_path: Path, text: str) -> None:
    row = {**EMPTY, "email": "a@example.org", "source": text, "vorname": text, "notiz": text}
    assert read_back(tmp_path, export(tmp_path, [row])) == [row]


@pytest.mark.parametrize("word", ["BOUNCED", "abgemeldet", "aktiv", "ja"])
def test_word_for_a_status_in_a_field_is_no_status_when_read_again(tmp_path: Path, word: str) -> None:
    row = {**EMPTY, "email": "a@example.org", "source": word, "vorname": word, "notiz": word, "quelle": word}
    assert read_back(tmp_path, export(tmp_path, [row])) == [row]


@pytest.mark.parametrize("tags", [['"vip"'], ['"'], ['""'], ['""vip""', "b2b", '"a'], ['" vip "']])
def test_tags_in_quotation_marks_are_the_same_when_read_again(tmp_path: Path, tags: list[str]) -> None:
    empty = {**EMPTY, "email": "a@example.org"}
    some_rows = [empty, {**empty, "email": "b@example.org", "tags": tags}, empty | {"email": "c@example.org"}]
    assert read_back(tmp_path, export(tmp_path, some_rows)) == some_rows


def test_row_is_written_in_words_and_plain_notation(tmp_path: Path) -> None:
    row = {
        **EMPTY,
        "email": "a@example.org",
        "registered_at": datetime(2024, 7, 1, 10, 0, 5, tzinfo=UTC),
        "bounced_at": datetime(2024, 7, 1, 10, 0, 5, tzinfo=UTC),
        "source": "=HYPERLINK(1)",
        "tags": ["vip", "b2b"],
        "vorname": 'Jürgen "J"',
        "umsatz": Decimal("-1234.5"),
        "geburtstag": date(1980, 2, 29),
        "anrede": "male",
    }
    content = export(tmp_path, [row]).decode("utf-8-sig")
    header, values = csv.reader(io.StringIO(content), delimiter=";")
    assert dict(zip(header, values, strict=True)) == {
        "E-Mail": "a@example.org",
        "Registriert am": "2024-07-01T10:00:05+00:00",
        "Aktiviert am": "",
        "Deaktiviert am": "",
        "Bounced am": "2024-07-01T10:00:05+00:00",
        "Quelle": "'=HYPERLINK(1)",
        "Tags": "vip, b2b",
        "Vorname": 'Jürgen "J"',
        "'=Notiz; „intern\"": "",
        "Umsatz 2026": "-1234.5",
        "Geburtstag": "1980-02-29",
        "Anrede": "männlich",
        "Quelle [quelle]": "",
    }


def test_microseconds_are_written_where_there_are_some(tmp_path: Path) -> None:
    row = {**EMPTY, "email": "a@example.org", "activated_at": datetime(2024, 7, 1, 10, 0, 0, 5, tzinfo=UTC)}
    assert b'"2024-07-01T10:00:00.000005+00:00"' in export(tmp_path, [row])


@pytest.mark.parametrize(
    ("encoding", "start"),
    [("utf-8-sig", b'\xef\xbb\xbf"E-mail";'), ("utf-8", b'"E-mail";'), ("utf-16", b'\xff\xfe"\x00E\x00')],
)
def test_encoding_begins_as_programs_expect(tmp_path: Path, encoding: Encoding, start: bytes) -> None:
    assert export(tmp_path, [], language="en", encoding=encoding)[: len(start)] == start


def written(folder: Path, some_rows: list[dict[str, Any]]) -> str:
    """All that a CSV of these rows says."""
    return export(folder, some_rows, encoding="utf-8").decode()


@settings(max_examples=100)
@given(rows())
def test_old_encoding_gives_every_character_back_or_says_which_it_lacks(some_rows: list[dict[str, Any]]) -> None:
    chosen = Source(kind=Kind.CSV, encoding="windows-1252", delimiter=";", has_header=True, sheet=None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        missing = {one for one in written(folder, some_rows) if not one.encode("cp1252", "ignore")}
        with MasterDataFile.open(folder / "backup.parquet") as file:
            dialect = Dialect(encoding="windows-1252")
            if missing:
                with pytest.raises(NotInEncoding) as refused:
                    check_encoding(file, language="de", dialect=dialect)
                assert set(refused.value.detail["characters"]) <= missing
                with pytest.raises(NotInEncoding):
                    list(csv_chunks(file, language="de", dialect=dialect))
                return
            check_encoding(file, language="de", dialect=dialect)
            (folder / "export.csv").write_bytes(b"".join(csv_chunks(file, language="de", dialect=dialect)))
        assert restored(folder / "export.csv", source=chosen) == some_rows


def test_lines_end_as_rfc_4180_says(tmp_path: Path) -> None:
    content = export(tmp_path, [{**EMPTY, "email": "a@example.org"}])
    assert (content.count(b"\r\n"), content.count(b"\n"), content[-2:]) == (2, 2, b"\r\n")


def test_first_chunk_is_the_header_before_any_row_is_read(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": f"{number}@example.org"} for number in range(500)])
    damaged = bytearray((tmp_path / "backup.parquet").read_bytes())
    damaged[4:400] = bytes(396)
    (tmp_path / "backup.parquet").write_bytes(damaged)
    with MasterDataFile.open(tmp_path / "backup.parquet") as file:
        assert next(csv_chunks(file, language="de", dialect=Dialect(encoding="utf-8"))).startswith(
            b'"E-Mail";"Registriert am"'
        )


def test_import_file_is_written_without_its_lines(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"E-Mail\r\na@example.org\r\n")
    restored_source = sniff(tmp_path / "people.csv", file_name="people.csv")
    read(
        tmp_path / "people.csv",
        source=restored_source.source,
        mapping=guess_mapping(restored_source.columns, FIELDS),
        fields=FIELDS,
        target=tmp_path / "import.parquet",
        rejected=tmp_path / "rejected.parquet",
        progress=ignore_progress,
    )
    with MasterDataFile.open(tmp_path / "import.parquet") as file:
        assert (
            b"".join(csv_chunks(file, language="de", dialect=Dialect(encoding="utf-8")))
            == b'"E-Mail"\r\n"a@example.org"\r\n'
        )
