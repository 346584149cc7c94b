"""Rejected rows as a file: complete, for a spreadsheet program, and harmless in it."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from imports.models import Import
from imports.readers import REJECTED_SCHEMA
from tests.factories import NOW, make_account, make_group, make_member, sign_in

pytestmark = pytest.mark.django_db

ROWS: list[dict[str, Any]] = [
    {"line": 2, "email": "kein at", "reason": "invalid_email", "column": "E-Mail", "value": "kein at"},
    {"line": 3, "email": "a@example.org", "reason": "unreadable_date", "column": "=HYPERLINK(1)", "value": "@SUM(A1)"},
    {"line": 4, "email": None, "reason": "missing_email", "column": None, "value": None},
    {
        "line": 5,
        "email": "-1+1@x",
        "reason": "text_too_long",
        "column": "Notiz; lang",
        "value": 'mit "Zitat"\nund Zeile',
    },
]


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, Role.READER))


def make_run(account: Account, storage: Path, rows: list[dict[str, Any]], file_name: str = "Kunden März.csv") -> Import:
    """A done import with rejected rows in the storage."""
    group = make_group(account)
    with account_scope(account.pk):
        run = Import.objects.create(
            account=account, group=group, status="done", file_name=file_name, file_size=1, created_at=NOW
        )
        run.rejected_key = f"{account.pk}/{run.pk}/rejected.parquet"
        run.save(update_fields=["rejected_key"])
    path = storage / "imports" / run.rejected_key
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, REJECTED_SCHEMA), path, row_group_size=2)
    return run


def url_of(run: Import) -> str:
    return reverse("imports:rejected", args=[run.account_id, run.pk])


def parts_of(response: Any) -> list[bytes]:
    return list(response.streaming_content)


def content(response: Any) -> bytes:
    return b"".join(parts_of(response))


def test_all_rows_come_as_csv_with_reasons_in_words(client: Client, account: Account, storage: Path) -> None:
    text = content(client.get(url_of(make_run(account, storage, ROWS)))).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=";")) == [
        ["Line", "E-mail", "Reason", "Column", "Value"],
        ["2", "kein at", "Invalid e-mail address", "E-Mail", "kein at"],
        ["3", "a@example.org", "Unreadable date", "'=HYPERLINK(1)", "'@SUM(A1)"],
        ["4", "", "No e-mail address", "", ""],
        ["5", "'-1+1@x", "Text too long", "Notiz; lang", 'mit "Zitat"\nund Zeile'],
    ]


def test_the_file_is_in_the_persons_language(client: Client, account: Account, storage: Path) -> None:
    response = client.get(url_of(make_run(account, storage, ROWS[:1])), headers={"Accept-Language": "de"})
    assert content(response).decode("utf-8-sig").splitlines() == [
        "Zeile;E-Mail;Grund;Spalte;Wert",
        "2;kein at;Ungültige E-Mail-Adresse;E-Mail;kein at",
    ]


def test_the_file_is_a_download_and_never_a_page(client: Client, account: Account, storage: Path) -> None:
    response = client.get(url_of(make_run(account, storage, ROWS, file_name='<b>"x".html')))
    assert {
        name: response.headers[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="rejected rows of <b>\\"x\\".csv"',
        "X-Content-Type-Options": "nosniff",
    }
    content(response)


def test_many_rows_are_sent_in_parts(client: Client, account: Account, storage: Path) -> None:
    many = [ROWS[0] | {"line": n} for n in range(20_000)]
    parts = parts_of(client.get(url_of(make_run(account, storage, many))))
    assert (len(parts) > 2, sum(part.count(b"\r\n") for part in parts)) == (True, 20_001)


@pytest.mark.parametrize("key", ["", "1/gone/rejected.parquet"])
def test_what_is_no_longer_kept_is_not_there(client: Client, account: Account, storage: Path, key: str) -> None:
    run = make_run(account, storage, ROWS)
    with account_scope(account.pk):
        Import.objects.update(rejected_key=key)
    assert client.get(url_of(run)).status_code == 404
