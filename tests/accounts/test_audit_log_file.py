"""The audit trail as a CSV file, and how long it is kept."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, AuditAction, AuditEntry, Role, User, Via
from accounts.services import record
from accounts.tenancy import account_scope
from accounts.tidying import tidy_accounts
from tests.factories import DAY, NOW, make_account, make_member, make_user, sign_in

pytestmark = pytest.mark.django_db

HEAD = ["When", "What", "Concerns", "Details", "Who", "E-mail address", "Through", "IP address"]
# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership; the
# people to choose from, entries; the file's own entry
QUERIES = 11


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


def note(account: Account, subject: str, actor: User | None = None, **given: Any) -> None:
    with account_scope(account.pk):
        now = given.pop("now", NOW)
        actor_id = actor.pk if actor else None
        action = given.pop("action", AuditAction.IMPORT_DONE)
        record(account_id=account.pk, actor_id=actor_id, action=action, subject=subject, now=now, **given)


def url_of(account: Account) -> str:
    return reverse("accounts:download_audit_log", args=[account.pk])


def cells(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), delimiter=";"))


def test_the_file_holds_what_the_page_shows_and_is_in_the_trail_itself(account: Account, owner: User) -> None:
    note(account, "Kunden", owner, file="kunden.csv")
    with account_scope(account.pk):
        AuditEntry.objects.update(via=Via.BROWSER, address="192.0.2.1")
    response = sign_in(owner).get(url_of(account))
    assert cells(response) == [
        HEAD,
        [
            "2026-03-02T10:30:00+01:00",
            "Import done",
            "Kunden",
            "kunden.csv",
            "Anna Berger",
            "anna@example.org",
            "Browser",
            "192.0.2.1",
        ],
    ]
    with account_scope(account.pk):
        entries = AuditEntry.objects.filter(action=AuditAction.AUDIT_LOG_DOWNLOADED)
        assert list(entries.values_list("actor", "detail", "via")) == [(owner.pk, {"entries": 1}, Via.BROWSER)]


def test_the_file_heeds_the_filter(account: Account, owner: User) -> None:
    note(account, "Kunden")
    note(account, "Presse", action=AuditAction.GROUP_CREATED)
    response = sign_in(owner).get(url_of(account), {"topic": "lists"})
    assert [row[2] for row in cells(response)[1:]] == ["Presse"]


def test_what_a_spreadsheet_program_would_run_is_guarded(account: Account, owner: User) -> None:
    note(account, '=HYPERLINK("http://example.org")')
    assert cells(sign_in(owner).get(url_of(account)))[1][2] == '\'=HYPERLINK("http://example.org")'


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_who_is_no_owner_gets_no_file(account: Account, role: Role) -> None:
    note(account, "Kunden")
    assert sign_in(make_member(account, role)).get(url_of(account)).status_code == 403


def test_a_stranger_finds_no_file(account: Account) -> None:
    note(account, "Geheim")
    response = sign_in(make_member(make_account("Andere AG"), Role.OWNER)).get(url_of(account))
    assert (response.status_code, b"Geheim" in response.content) == (404, False)


def test_who_is_not_signed_in_gets_to_the_login(account: Account) -> None:
    response = Client().get(url_of(account))
    assert (response.status_code, response["Location"]) == (302, f"/auth/login/?next={url_of(account)}")


def test_a_file_is_not_posted(account: Account, owner: User) -> None:
    assert sign_in(owner).post(url_of(account)).status_code == 405


@pytest.mark.parametrize("entries", [1, 3])
def test_the_file_asks_as_often_for_one_entry_as_for_three(
    account: Account, owner: User, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(entries):
        note(account, str(number), owner)
    client = sign_in(owner)
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(account))
    assert len(cells(response)) == entries + 1


# --- how long it is kept ----------------------------------------------------------------------------------------


def test_addresses_go_after_ninety_days_and_entries_after_their_time(settings: Settings) -> None:
    settings.AUDIT_LOG_DAYS = 1000
    accounts = [make_account(), make_account("Andere AG")]
    ages = {"young": 89 * DAY, "middle": 91 * DAY, "old": 999 * DAY, "over": 1001 * DAY}
    for account in accounts:
        for subject, age in ages.items():
            note(account, subject, make_member(account), now=NOW - age)
        with account_scope(account.pk):
            AuditEntry.objects.update(via=Via.BROWSER, address="192.0.2.1")
    for _again in range(2):
        tidy_accounts(now=NOW)
    for account in accounts:
        with account_scope(account.pk):
            found = list(AuditEntry.objects.order_by("-at").values_list("subject", "via", "address"))
        assert found == [
            ("young", Via.BROWSER, "192.0.2.1"),
            ("middle", Via.BROWSER, None),
            ("old", Via.BROWSER, None),
        ]


def test_an_entry_goes_the_moment_its_time_is_over(settings: Settings) -> None:
    settings.AUDIT_LOG_DAYS = 1000
    account = make_account()
    note(account, "at the edge", now=NOW - 1000 * DAY)
    note(account, "over", now=NOW - 1000 * DAY - timedelta(microseconds=1))
    tidy_accounts(now=NOW)
    with account_scope(account.pk):
        assert list(AuditEntry.objects.values_list("subject", flat=True)) == ["at the edge"]
