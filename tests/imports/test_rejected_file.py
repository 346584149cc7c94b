"""Rejected rows as a file: in the layout of the person's own, to be mended and imported again; harmless when opened."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from imports.models import Import
from imports.readers import ColumnMapping, DateFormat, ReadResult, Source, header_mark, read, sniff
from imports.readers.cells import clean
from imports.rejected import _harmless
from recipients.masterdata.file import FieldDefinition, FieldScope, FieldType, MasterDataFile
from tests.factories import NOW, make_account, make_group, make_member, sign_in

pytestmark = pytest.mark.django_db

CONTENT = """\
E-Mail; Name ;Geburtstag;Abgemeldet;=HYPERLINK(1);Name
a@example.org;A;31.12.1980;;x;
kein at;B;;01.02.2024;;"Ort; Land"
c@example.org;=C;gestern;;;'=c
d@example.org;D;;;;-1;zu;viel
e@example.org;E
f@example.org;"F;;;;'x
;G;;;;"mit ""Zitat""
und Zeile"
"""
FIELDS = (
    FieldDefinition("name", "Name", FieldType.TEXT, FieldScope.LIST),
    FieldDefinition("born", "Geburtstag", FieldType.DATE, FieldScope.LIST),
    FieldDefinition("note", "Notiz", FieldType.TEXT, FieldScope.LIST),
)
MAPPING = (
    ColumnMapping("email", 0),
    ColumnMapping("name", 1),
    ColumnMapping("born", 2, None, DateFormat.DAY_DOT),
    ColumnMapping("deactivated_at", 3, None, DateFormat.DAY_DOT),
    ColumnMapping("note", 5),
)
ADDED = ["Line", "Reason", "Column"]
HEADER = ["E-Mail", " Name ", "Geburtstag", "Abgemeldet", "'=HYPERLINK(1)", "Name"]


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, Role.READER))


def read_content(
    folder: Path, content: str | bytes, mapping: Sequence[ColumnMapping] = MAPPING, *, source: Source | None = None
) -> tuple[ReadResult, list[dict[str, Any]]]:
    """A file as an import reads it, into `rows` and `rejected`."""
    path = folder / "upload.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = read(
        path,
        source=source or sniff(path, file_name=path.name).source,
        mapping=mapping,
        fields=FIELDS,
        target=folder / "rows",
        rejected=folder / "rejected",
        progress=lambda _done, _known: None,
    )
    with MasterDataFile.open(folder / "rows") as file:
        return result, [row for batch in file.batches() for row in batch.to_pylist()]


def make_run(account: Account, storage: Path, folder: Path, file_name: str = "Kunden März.csv") -> Import:
    """A done import whose rejected rows are those that were read last in the folder."""
    group = make_group(account)
    with account_scope(account.pk):
        run = Import.objects.create(
            account=account, group=group, status="done", file_name=file_name, file_size=1, created_at=NOW
        )
        run.rejected_key = f"{account.pk}/{run.pk}/rejected.parquet"
        run.save(update_fields=["rejected_key"])
    path = storage / "imports" / run.rejected_key
    path.parent.mkdir(parents=True)
    path.write_bytes((folder / "rejected").read_bytes())
    return run


def url_of(run: Import) -> str:
    return reverse("imports:rejected", args=[run.account_id, run.pk])


def parts_of(response: Any) -> list[bytes]:
    return list(response.streaming_content)


def content(response: Any) -> bytes:
    return b"".join(parts_of(response))


def rows_of(csv_file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_file.decode("utf-8-sig"), newline=""), delimiter=";"))


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue()


def test_rows_come_in_their_own_layout_with_line_and_reason_behind(
    client: Client, account: Account, storage: Path, tmp_path: Path
) -> None:
    read_content(tmp_path, CONTENT)
    response = client.get(url_of(make_run(account, storage, tmp_path)))
    assert rows_of(content(response)) == [
        [*HEADER, *ADDED],
        ["kein at", "B", "", "01.02.2024", "", "Ort; Land", "3", "Invalid e-mail address", "E-Mail"],
        ["c@example.org", "'=C", "gestern", "", "", "'=c", "4", "Unreadable date", "Geburtstag"],
        ["d@example.org", "D", "", "", "", "'-1", "5", "More cells than columns", "", "zu", "viel"],
        ["e@example.org", "E", "", "?", "", "", "6", "The row ends too early", "Abgemeldet"],
        ["f@example.org", '"F', "", "", "", "'x", "7", "A quotation mark is not closed", "Name"],
        ["", "G", "", "", "", 'mit "Zitat"\nund Zeile', "8", "No e-mail address", "E-Mail"],
    ]


def test_mended_rows_are_imported_with_the_same_mapping(
    client: Client, account: Account, storage: Path, tmp_path: Path
) -> None:
    read_content(tmp_path, CONTENT)
    header, *rows = rows_of(content(client.get(url_of(make_run(account, storage, tmp_path)))))
    rows[0][0] = "b@example.org"
    rows[1][2] = "01.04.1990"
    rows[2] = rows[2][:-2]
    rows[3][3] = ""
    rows[4][1] = "F"
    rows[5][0] = "g@example.org"
    result, read_rows = read_content(tmp_path, as_csv([header, *rows]))
    assert (result, [(row["email"], row["name"], row["note"]) for row in read_rows]) == (
        ReadResult(6, 6, {}, {}),
        [
            ("b@example.org", "B", "Ort; Land"),
            ("c@example.org", "=C", "=c"),
            ("d@example.org", "D", "-1"),
            ("e@example.org", "E", None),
            ("f@example.org", "F", "'x"),
            ("g@example.org", "G", 'mit "Zitat"\nund Zeile'),
        ],
    )


def test_rows_that_nobody_mended_are_rejected_again(
    client: Client, account: Account, storage: Path, tmp_path: Path
) -> None:
    read_content(tmp_path, CONTENT)
    first = content(client.get(url_of(make_run(account, storage, tmp_path))))
    result, rows = read_content(tmp_path, first)
    # A quotation mark that was never closed is quoted now, and so a part of the name.
    assert (result.rejected_by_reason, [row["name"] for row in rows]) == (
        {
            "invalid_email": 1,
            "unreadable_date": 1,
            "too_many_cells": 1,
            "unreadable_date_time": 1,
            "missing_email": 1,
        },
        ['"F'],
    )


@pytest.mark.parametrize("first_language", ["en", "de"])
def test_what_was_added_is_not_added_twice(
    client: Client, account: Account, storage: Path, tmp_path: Path, first_language: str
) -> None:
    read_content(tmp_path, CONTENT)
    first = client.get(url_of(make_run(account, storage, tmp_path)), headers={"Accept-Language": first_language})
    read_content(tmp_path, content(first))
    header, *rows = rows_of(content(client.get(url_of(make_run(account, storage, tmp_path)))))
    assert (header, rows[0], rows[2]) == (
        [*HEADER, *ADDED],
        ["kein at", "B", "", "01.02.2024", "", "Ort; Land", "2", "Invalid e-mail address", "E-Mail"],
        ["d@example.org", "D", "", "", "", "'-1", "4", "More cells than columns", "", "zu", "viel"],
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_mapping_is_remembered_for_the_rejected_rows_of_its_file(
    client: Client, account: Account, storage: Path, tmp_path: Path, language: str
) -> None:
    read_content(tmp_path, CONTENT)
    before = sniff(tmp_path / "upload.csv", file_name="upload.csv")
    response = client.get(url_of(make_run(account, storage, tmp_path)), headers={"Accept-Language": language})
    (tmp_path / "again.csv").write_bytes(content(response))
    again = sniff(tmp_path / "again.csv", file_name="again.csv")
    marks = [header_mark([column.name for column in sniffed.columns]) for sniffed in (before, again)]
    assert (len(again.columns) - len(before.columns), marks[0]) == (3, marks[1])


def test_columns_without_names_get_some(client: Client, account: Account, storage: Path, tmp_path: Path) -> None:
    mapping = [ColumnMapping("email", 0)]
    result, _ = read_content(tmp_path, "a@example.org;A\nb@example;B\nc@example;C\n", mapping)
    downloaded = content(client.get(url_of(make_run(account, storage, tmp_path))))
    (tmp_path / "again.csv").write_bytes(downloaded)
    found = sniff(tmp_path / "again.csv", file_name="again.csv")
    assert (result.rows_read, rows_of(downloaded), found.source.has_header) == (
        1,
        [
            ["Column 1", "Column 2", *ADDED],
            ["b@example", "B", "2", "Invalid e-mail address", ""],
            ["c@example", "C", "3", "Invalid e-mail address", ""],
        ],
        True,
    )


def test_the_file_is_in_the_persons_language(client: Client, account: Account, storage: Path, tmp_path: Path) -> None:
    read_content(tmp_path, "E-Mail\nkein at\n", MAPPING[:1])
    response = client.get(url_of(make_run(account, storage, tmp_path)), headers={"Accept-Language": "de"})
    assert content(response).decode("utf-8-sig").splitlines() == [
        "E-Mail;Zeile;Grund;Spalte",
        "kein at;2;Ungültige E-Mail-Adresse;E-Mail",
    ]


def test_the_file_is_a_download_and_never_a_page(
    client: Client, account: Account, storage: Path, tmp_path: Path
) -> None:
    read_content(tmp_path, CONTENT)
    response = client.get(url_of(make_run(account, storage, tmp_path, file_name='<b>"x".html')))
    assert {
        name: response.headers[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="rejected rows of <b>\\"x\\".csv"',
        "X-Content-Type-Options": "nosniff",
    }
    content(response)


def test_many_rows_are_sent_in_parts(client: Client, account: Account, storage: Path, tmp_path: Path) -> None:
    read_content(tmp_path, "E-Mail\n" + "kein at\n" * 20_000, MAPPING[:1])
    parts = parts_of(client.get(url_of(make_run(account, storage, tmp_path))))
    assert (len(parts) > 2, sum(part.count(b"\r\n") for part in parts)) == (True, 20_001)


@pytest.mark.parametrize("key", ["", "1/gone/rejected.parquet"])
def test_what_is_no_longer_kept_is_not_there(
    client: Client, account: Account, storage: Path, tmp_path: Path, key: str
) -> None:
    read_content(tmp_path, CONTENT)
    run = make_run(account, storage, tmp_path)
    with account_scope(account.pk):
        Import.objects.update(rejected_key=key)
    assert client.get(url_of(run)).status_code == 404


@settings(max_examples=300)
@given(st.lists(st.text("'=+-@\t\r \u00a0ax", max_size=6), min_size=1))
def test_guarded_cell_is_read_as_the_cell_itself(cells: list[str]) -> None:
    texts = pa.array(cells, pa.string())
    guarded = _harmless(texts)
    assert (
        clean(pa.array(guarded, pa.string())).to_pylist(),
        [cell for cell in guarded if cell and cell[0] in "=+-@\t\r"],
    ) == (clean(texts).to_pylist(), [])
