"""The Backups tab of one list, and the row that asks for itself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from backups.models import Backup
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, sign_in
from tests.page_content import notices, read, rows

pytestmark = pytest.mark.django_db

# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership; list,
# number of backups, rows, strip; the person's accounts for the switcher
QUERIES = 13
# as above up to the membership, then the row
QUERIES_OF_A_ROW = 9


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    """A reader's browser."""
    return sign_in(make_member(account, Role.READER))


def url_of(group: Group, query: str = "") -> str:
    return f"{reverse('backups:group', args=[group.account_id, group.pk])}{query}"


def test_list_shows_its_own_backups_newest_first(account: Account, client: Client) -> None:
    group, now = make_group(account), timezone.now()
    for hours in range(3):
        make_backup(group, requested_at=now - timedelta(hours=hours), label=f"{hours}.csv")
    make_backup(make_group(account, "Messe"), label="messe.csv")
    response = client.get(url_of(group))
    assert [row[2] for row in rows(response)] == ["Import of 0.csv", "Import of 1.csv", "Import of 2.csv"]
    assert read(response).all("h1")[0].text == "Kunden 2026"


def test_list_without_backups_says_what_the_page_is_for(account: Account, client: Client) -> None:
    page = read(client.get(url_of(make_group(account))))
    assert [state.all("h2")[0].text for state in page.all(css_class="empty-state")] == ["No backups of this list yet"]


@pytest.mark.parametrize(("role", "steps"), [(Role.READER, []), (Role.EDITOR, ["Add data"])])
def test_list_without_backups_leads_who_may_to_the_first_step(role: Role, steps: list[str], account: Account) -> None:
    editor = sign_in(make_member(account, role))
    (state,) = read(editor.get(url_of(make_group(account)))).all(css_class="empty-state")
    assert [link.text for link in state.all("a")] == steps


def test_list_whose_switch_is_off_is_warned(account: Account, client: Client) -> None:
    group = make_group(account, automatic_backups=False)
    assert [text.split(" Imports")[0] for text in notices(client.get(url_of(group)))] == [
        "Automatic backups of this list are off"
    ]


def test_list_of_an_account_without_backups_is_warned_once_for_both() -> None:
    account = make_account(automatic_backups=False)
    client = sign_in(make_member(account, Role.READER))
    said = notices(client.get(url_of(make_group(account, automatic_backups=False))))
    assert [text.split(" Imports")[0] for text in said] == ["Automatic backups are off"]


def test_deleted_list_leads_to_its_backups_in_the_overview(account: Account, client: Client) -> None:
    group = make_group(account, deleted_at=timezone.now())
    response = client.get(url_of(group))
    assert (response.status_code, response.headers["Location"]) == (
        302,
        f"{reverse('backups:overview', args=[account.pk])}?group={group.pk}",
    )


def test_list_of_another_account_is_not_found(account: Account, client: Client) -> None:
    strange = make_group(make_account("Andere AG"), "Geheim")
    make_backup(strange)
    response = client.get(reverse("backups:group", args=[account.pk, strange.pk]))
    assert (response.status_code, b"eheim" in response.content) == (404, False)


def test_many_backups_stand_on_several_pages(account: Account, client: Client) -> None:
    group, now = make_group(account), timezone.now()
    for hours in range(51):
        make_backup(group, requested_at=now - timedelta(hours=hours), label=f"{hours}.csv")
    assert [row[2] for row in rows(client.get(url_of(group, "?page=2")))] == ["Import of 50.csv"]


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_as_often_for_one_backup_as_for_three(
    number: int, account: Account, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    group = make_group(account)
    for one in range(number):
        make_backup(group, requested_at=timezone.now() - one * DAY)
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(group))
    assert len(rows(response)) == number


# --- one row ---------------------------------------------------------------------------------------------------------


def test_row_is_the_one_of_the_page(account: Account, client: Client) -> None:
    backup = make_backup(make_group(account), status=Backup.Status.PENDING, rows_done=5, rows_known=10)
    alone = client.get(reverse("backups:row", args=[account.pk, backup.pk]))
    (in_page,) = [row for row in read(client.get(url_of(backup.group))).all("tr") if row.attributes.get("id")]
    (row,) = read(alone).all("tr")
    assert row == in_page


def test_row_of_a_complete_backup_asks_no_more(account: Account, client: Client) -> None:
    backup = make_backup(make_group(account))
    (row,) = read(client.get(reverse("backups:row", args=[account.pk, backup.pk]))).all("tr")
    assert row.attributes == {"id": f"backup-{backup.pk}"}


@pytest.mark.parametrize("kind", ["unknown", "being deleted", "of another account"])
def test_row_that_cannot_be_known_is_not_found(kind: str, account: Account, client: Client) -> None:
    pks = {
        "unknown": uuid4(),
        "being deleted": make_backup(make_group(account), status=Backup.Status.PURGING).pk,
        "of another account": make_backup(make_group(make_account("Andere AG"))).pk,
    }
    assert client.get(reverse("backups:row", args=[account.pk, pks[kind]])).status_code == 404


def test_row_asks_little(account: Account, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    backup = make_backup(make_group(account))
    with django_assert_num_queries(QUERIES_OF_A_ROW):
        client.get(reverse("backups:row", args=[account.pk, backup.pk]))
