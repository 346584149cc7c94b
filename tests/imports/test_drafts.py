"""Drafts as services: what is kept, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.drafts import sniffed_from_json, sniffed_to_json, start_draft
from imports.forms import as_upload
from imports.readers import DateFormat, DecimalMark, Kind, Sniffed, SniffedColumn, Source
from imports.uploads import Upload
from recipients.models import Group
from tests.factories import make_account, make_member
from tests.imports.uploads import drafts, files_in

COLUMN = SniffedColumn(
    position=0,
    name="E-Mail",
    samples=("a@example.org", ""),
    date_formats=(DateFormat.ISO,),
    decimals=(DecimalMark.COMMA,),
    values=("a@example.org", ""),
    likeliest_date_format=DateFormat.ISO,
    likeliest_decimal=DecimalMark.COMMA,
)
SNIFFED = Sniffed(
    source=Source(kind=Kind.XLSX, encoding=None, delimiter=None, has_header=True, sheet="Tabelle1"),
    sheets=("Tabelle1", "Tabelle2"),
    columns=(COLUMN,),
    sample=(("a@example.org",), ("",)),
)


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def pasted() -> Upload:
    return as_upload("E-Mail;Ort\na@example.org;Ulm\n")


def test_what_was_seen_in_a_file_is_kept_whole() -> None:
    assert sniffed_from_json(sniffed_to_json(SNIFFED)) == SNIFFED


def test_what_the_database_cannot_hold_is_not_kept() -> None:
    cells = ("a\x00b", "c\ud800", "x" * 5000)
    kept = sniffed_to_json(Sniffed(SNIFFED.source, (), (replace(COLUMN, values=cells),), (cells,)))
    shown = ["a\ufffdb", "c?", "x" * 200]
    assert (kept["sample"], kept["columns"][0]["values"]) == ([shown], shown)


def test_a_row_that_cannot_be_written_leaves_no_file(account: Account, pasted: Upload, storage: Path) -> None:
    editor = make_member(account)
    gone = Group(pk=2**40, account=account, name="Weg")
    with pasted, account_scope(account.pk), pytest.raises(IntegrityError), transaction.atomic():
        start_draft(group=gone, upload=pasted, actor=editor, now=timezone.now())
    assert (drafts(account.pk), files_in(storage)) == ([], [])


def test_pasted_text_keeps_every_letter_and_its_name_in_the_persons_language(pasted: Upload) -> None:
    with pasted:
        assert (pasted.name, pasted.read().decode("utf-8-sig")) == ("Pasted text", "E-Mail;Ort\na@example.org;Ulm\n")
