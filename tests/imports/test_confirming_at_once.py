"""Several presses of one button at the same instant, with commits that are real."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

from accounts.models import Account, AuditAction, AuditEntry
from accounts.tenancy import account_scope
from imports.models import Import
from tests.factories import make_account, make_group, make_member, sign_in
from tests.imports.filled_form import Data, form_data
from tests.imports.previewed import finished, form_mark, page_of
from tests.imports.uploads import draft, drafts

PRESSES = 4


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def run(account: Account, client: Client) -> Import:
    return draft(client, make_group(account))


def press(client: Client, url: str, data: Data) -> list[str]:
    """Press the button several times at once; gives where each press leads."""

    def once(_number: int) -> str:
        try:
            return str(client.post(url, data).headers.get("Location"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PRESSES) as pool:
        return list(pool.map(once, range(PRESSES)))


def started(account: Account) -> int:
    """How many imports were started, by the audit trail."""
    with account_scope(account.pk):
        return AuditEntry.objects.filter(action=AuditAction.IMPORT_STARTED).count()


@pytest.mark.parametrize(
    ("button", "page", "starts", "status"), [({"skip": "1"}, "run", 1, "reading"), ({}, "preview", 0, "previewing")]
)
def test_several_presses_of_next_go_on_once_and_plan_each_field_once(
    account: Account, client: Client, run: Import, *, button: Data, page: str, starts: int, status: str
) -> None:
    url = page_of(run, "mapping")
    answers = press(client, url, form_data(client.get(url), "mapping") | button)
    assert answers == [page_of(run, page)] * PRESSES
    (now,) = drafts(account.pk)
    labels = [one["label"] for one in now.new_fields]
    assert (labels, started(account), now.status) == (["Vorname", "Geburtstag", "Umsatz", "PLZ"], starts, status)


def test_several_presses_in_the_preview_start_one_import(account: Account, client: Client, run: Import) -> None:
    url = page_of(run, "mapping")
    client.post(url, form_data(client.get(url), "mapping"))
    finished(run)
    answers = press(client, page_of(run, "confirm"), form_mark(client, run))
    assert answers == [page_of(run, "run")] * PRESSES
    (now,) = drafts(account.pk)
    assert (started(account), now.status) == (1, Import.Status.WAITING)
