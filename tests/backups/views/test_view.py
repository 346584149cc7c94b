"""The page of what a backup holds: columns, choice, paging, one recipient, and what is not shown."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group
from recipients.storage import place
from tests.backups.catalogue import make_backup, take_backup_of
from tests.backups.erasures import advance, again, erase
from tests.backups.test_viewing import no_kept_files  # noqa: F401 - used by its name
from tests.factories import (
    NOW,
    make_account,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.page_content import Element, read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_kept_files")]
QUERIES = 12  # four of them for the test's own transaction around the request's


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, Role.READER))


@pytest.fixture
def group(account: Account, storage: Path) -> Group:
    group = make_group(account, "Kunden")
    make_field(account, "Umsatz", FieldType.NUMBER, group=group, key="umsatz")
    make_field(account, "Geburtstag", FieldType.DATE, key="geburtstag")
    make_recipient(group, "anna@example.org", values={"umsatz": Decimal("1234.5")}, tags=["vip", "neu"], source="Messe")
    make_recipient(group, "bert@example.org", deactivated_at=NOW)
    make_recipient(group, "carl@example.org", bounced_at=NOW)
    make_contact(account, "anna@example.org", {"geburtstag": "1990-12-31"})
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def url_of(backup: Backup) -> str:
    return reverse("backups:view", args=[backup.account_id, backup.pk])


def table(client: Client, backup: Backup, **query: Any) -> list[list[str]]:
    """The table's lines, head first."""
    return [
        [cell.text for cell in row.content if isinstance(cell, Element)]
        for row in read(client.get(url_of(backup), query)).all("tr")
    ]


def addresses(client: Client, backup: Backup, **query: Any) -> list[str]:
    return [line[0] for line in table(client, backup, **query)[1:]]


def test_rows_stand_there_as_they_were_with_the_labels_of_then(backup: Backup, group: Group, client: Client) -> None:
    with account_scope(group.account_id):
        Field.objects.filter(account_id=group.account_id, key="umsatz").update(label="Revenue today")
    head, anna, bert, _carl = table(client, backup)
    assert head == [
        "E-mail",
        "Status",
        "Umsatz",
        "Geburtstag",
        "Registered",
        "Activated",
        "Deactivated",
        "Bounced",
        "Source",
        "Tags",
    ]
    assert anna[:4] + anna[-2:] == ["anna@example.org", "Active", "1,234.5", "31 Dec 1990", "Messe", "vip, neu"]
    assert bert[:3] == ["bert@example.org", "Deactivated", "–"]


def test_search_status_and_sort_choose_together(backup: Backup, client: Client) -> None:
    assert addresses(client, backup, q="AN") == ["anna@example.org"]
    assert addresses(client, backup, status="bounced") == ["carl@example.org"]
    assert addresses(client, backup, sort="umsatz") == ["anna@example.org", "bert@example.org", "carl@example.org"]
    assert addresses(client, backup, down="on", q="r") == ["carl@example.org", "bert@example.org", "anna@example.org"]


def test_unknown_column_sorts_by_address(backup: Backup, client: Client) -> None:
    assert addresses(client, backup, sort="nothing") == ["anna@example.org", "bert@example.org", "carl@example.org"]


def test_htmx_gets_the_table_alone(backup: Backup, client: Client) -> None:
    response = client.get(url_of(backup), {"q": "anna"}, headers={"hx-request": "true"})
    assert response.templates[0].name == "backups/_view_rows.html"
    assert "<html" not in response.content.decode()


def test_search_without_a_hit_says_what_to_do(backup: Backup, client: Client) -> None:
    page = client.get(url_of(backup), {"q": "<b>"}).content.decode()
    assert "Nobody found" in page
    assert escape("“<b>”") in page
    assert "Show all recipients" in page


def test_backup_of_nobody_says_so(account: Account, client: Client, tmp_path: Path, storage: Path) -> None:
    backup = take_backup_of(make_group(account), tmp_path)
    assert "This backup holds no recipients" in client.get(url_of(backup)).content.decode()


def test_one_recipient_is_shown_whole(backup: Backup, client: Client) -> None:
    page = client.get(url_of(backup), {"recipient": "anna@example.org"}).content.decode()
    for text in ("Umsatz", "1,234.5", "31 Dec 1990", "vip, neu", "Messe"):
        assert text in page


def test_recipient_whom_the_backup_does_not_hold_is_404(backup: Backup, client: Client) -> None:
    assert client.get(url_of(backup), {"recipient": "dora@example.org"}).status_code == 404


def test_deleted_list_is_marked(backup: Backup, group: Group, client: Client) -> None:
    with account_scope(group.account_id):
        Group.objects.filter(pk=group.pk).update(deleted_at=NOW)
    assert "deleted" in read(client.get(url_of(backup))).text


@pytest.mark.parametrize(("status", "code"), [("pending", 409), ("failed", 409), ("purging", 404)])
def test_backup_that_is_not_complete_is_not_shown(group: Group, client: Client, status: str, code: int) -> None:
    assert client.get(url_of(make_backup(group, status=status))).status_code == code


def test_damaged_file_is_not_shown_and_written_down(backup: Backup, client: Client) -> None:
    Path(place("backups").path(backup.file_key)).write_bytes(b"not what was kept")
    response = client.get(url_of(backup))
    assert (response.status_code, response.templates[0].name) == (410, "backups/download_refused.html")
    assert again(backup).damage == Backup.Damage.DIFFERS


def test_purged_backup_is_not_shown_from_the_copy(backup: Backup, client: Client) -> None:
    assert client.get(url_of(backup)).status_code == 200
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).delete()
    assert client.get(url_of(backup)).status_code == 404


def test_erased_person_is_gone_at_once_and_when_the_file_is_rewritten(
    backup: Backup, account: Account, client: Client
) -> None:
    assert "anna@example.org" in addresses(client, backup)
    erasure = erase(account, make_member(account, Role.OWNER), "anna@example.org")
    assert addresses(client, backup) == ["bert@example.org", "carl@example.org"]
    assert client.get(url_of(backup), {"recipient": "anna@example.org"}).status_code == 404
    advance(erasure)
    assert addresses(client, backup) == ["bert@example.org", "carl@example.org"]


@pytest.mark.parametrize("count", [1, 120])
def test_page_asks_the_database_the_same_for_one_row_and_for_many(
    count: int, group: Group, client: Client, tmp_path: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_recipient(group, f"r{number}@example.org")
    backup = take_backup_of(group, tmp_path)
    client.get(url_of(backup))
    with django_assert_num_queries(QUERIES):
        client.get(url_of(backup), {"q": "r", "sort": "source"})
