"""My Account > Extras > Audit log."""

from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, AuditAction, Role, User
from accounts.services import record
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, make_user, sign_in
from tests.page_content import read, rows

pytestmark = pytest.mark.django_db

# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership;
# count, entries; the person's accounts for the switcher
QUERIES = 11


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def reader(account: Account) -> User:
    return make_member(account, Role.READER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


def add(account: Account, count: int, actor: User | None = None) -> None:
    """Entries whose subjects count from 1, a minute apart."""
    with account_scope(account.pk):
        for number in range(1, count + 1):
            record(
                account_id=account.pk,
                actor_id=actor.pk if actor else None,
                action=AuditAction.GROUP_CREATED,
                subject=str(number),
                now=NOW + timedelta(minutes=number),
            )


def url_of(account: Account) -> str:
    return reverse("accounts:audit_log", args=[account.pk])


def subjects(response: object) -> list[str]:
    return [cells[1] for cells in rows(response)]


def test_the_audit_log_tells_what_whom_who_and_when_newest_first(account: Account, reader: User) -> None:
    add(make_account("Andere AG"), 1)
    with account_scope(account.pk):
        made, purged = AuditAction.BACKUP_MADE, AuditAction.BACKUP_PURGED
        record(account_id=account.pk, actor_id=reader.pk, action=made, subject="Kunden", now=NOW)
        record(account_id=account.pk, actor_id=None, action=purged, subject="", now=NOW + timedelta(hours=1))
    found = rows(sign_in(reader).get(url_of(account)))
    assert [[*cells[:3], cells[3][:18]] for cells in found] == [
        ["Backup deleted after its time", "–", "Listkeep", "2 Mar 2026, 11:30 "],
        ["Backup made", "Kunden", "Anna Berger", "2 Mar 2026, 10:30 "],
    ]


def test_entries_of_one_instant_stand_newest_first_too(account: Account, reader: User) -> None:
    with account_scope(account.pk):
        for subject in ("first", "second"):
            record(account_id=account.pk, actor_id=None, action=AuditAction.IMPORT_DONE, subject=subject, now=NOW)
    assert subjects(sign_in(reader).get(url_of(account))) == ["second", "first"]


def test_an_empty_audit_log_says_what_it_is_for(account: Account, reader: User) -> None:
    assert read(sign_in(reader).get(url_of(account))).all("h2")[0].text == "Nothing has happened yet"


@pytest.mark.parametrize(
    ("page", "shown"),
    [("1", range(51, 1, -1)), ("2", range(1, 0, -1)), ("99", range(1, 0, -1)), ("x", range(51, 1, -1))],
)
def test_the_audit_log_has_pages_of_fifty(account: Account, reader: User, page: str, shown: range) -> None:
    add(account, 51)
    response = sign_in(reader).get(url_of(account), {"page": page})
    assert subjects(response) == [str(number) for number in shown]


def test_the_pages_link_to_each_other(account: Account, reader: User) -> None:
    add(account, 51)
    (navigation,) = read(sign_in(reader).get(url_of(account))).all(css_class="pagination")
    assert navigation.text == "1 to 50 of 51 1 2 Next"
    assert [link.attributes["href"] for link in navigation.all("a")] == ["?page=1", "?page=2", "?page=2"]


@pytest.mark.parametrize("entries", [1, 3])
def test_the_audit_log_asks_as_often_for_one_entry_as_for_three(
    account: Account, reader: User, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(account, entries, actor=reader)
    client = sign_in(reader)
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(account))
    assert len(rows(response)) == entries
