"""My Account > Settings > Data privacy: how long backups are kept, and the slider of the daily backups."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.services import create_account
from accounts.tenancy import account_scope
from backups.models import Backup
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, make_user, sign_in
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


def url(name: str, account: Account) -> str:
    return reverse(f"accounts:{name}", args=[account.pk])


def stored(account: Account) -> tuple[int, bool]:
    with account_scope(account.pk):
        return Account.objects.values_list("retention_days", "daily_backups").get()


def trail(account: Account) -> list[tuple[str, int | None, dict[str, int]]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", "actor", "detail"))


def expiries(account: Account) -> list[timedelta]:
    """How long after their completion the account's backups go, oldest first."""
    with account_scope(account.pk):
        found = Backup.objects.order_by("requested_at").values_list("expires_at", "completed_at")
        return [expires - completed for expires, completed in found]


# --- days ------------------------------------------------------------------------------------------------------------


def test_owner_changes_the_days_and_it_stands_in_the_audit_trail(client: Client, account: Account, owner: User) -> None:
    response = client.post(url("change_retention", account), {"days": "60"}, follow=True)
    assert notices(response) == ["Backups are kept for 60 days."]
    assert stored(account) == (60, False)
    assert trail(account) == [(AuditAction.RETENTION_CHANGED, owner.pk, {"before": 30, "days": 60})]


def test_more_days_hold_for_backups_that_exist(client: Client, account: Account) -> None:
    group, now = make_group(account), timezone.now()
    make_backup(group, requested_at=now - 20 * DAY)
    make_backup(group, requested_at=now - 10 * DAY, expires_at=now + 90 * DAY)
    other = make_account("Andere AG")
    make_backup(make_group(other))
    client.post(url("change_retention", account), {"days": "60"})
    assert (expiries(account), expiries(other)) == ([60 * DAY, 100 * DAY], [30 * DAY])


def test_fewer_days_leave_backups_that_exist_alone_and_the_page_says_so(client: Client, account: Account) -> None:
    make_backup(make_group(account))
    response = client.post(url("change_retention", account), {"days": "7"}, follow=True)
    assert notices(response) == ["New backups are kept for 7 days. Those made so far stay as long as was promised."]
    assert expiries(account) == [30 * DAY]
    assert "no backup is deleted early by it" in read(response).text


def test_longer_again_after_shorter_does_not_shorten(client: Client, account: Account) -> None:
    make_backup(make_group(account))
    for days in ("7", "10"):
        client.post(url("change_retention", account), {"days": days})
    assert expiries(account) == [30 * DAY]


def test_backup_that_is_being_deleted_is_not_extended(client: Client, account: Account) -> None:
    make_backup(make_group(account), status=Backup.Status.PURGING)
    client.post(url("change_retention", account), {"days": "60"})
    assert expiries(account) == [30 * DAY]


def test_same_days_leave_no_trace(client: Client, account: Account) -> None:
    client.post(url("change_retention", account), {"days": "30"})
    assert trail(account) == []


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("9", "Ensure this value is greater than or equal to 10."),
        ("51", "Ensure this value is less than or equal to 50."),
        ("", "This field is required."),
        ("viele", "Enter a whole number."),
    ],
)
def test_days_outside_of_the_operators_limits_are_refused_beside_the_field(
    client: Client, account: Account, settings: Settings, days: str, said: str
) -> None:
    settings.RETENTION_MIN_DAYS, settings.RETENTION_MAX_DAYS = 10, 50
    response = client.post(url("change_retention", account), {"days": days})
    assert (response.status_code, errors(response), stored(account)) == (422, [said], (30, False))
    assert "From 10 to 50 days." in read(response).text


def test_reader_sees_the_days_and_no_form(account: Account) -> None:
    page = read(sign_in(make_member(account, Role.READER)).get(url("privacy", account)))
    assert [form for form in page.all("form") if form.attributes["action"] == url("change_retention", account)] == []
    assert "Only an owner of the account can change this. 30 days" in page.text


@pytest.mark.parametrize(("least", "most", "days"), [(7, 365, 30), (40, 60, 40), (1, 14, 14)])
def test_new_account_keeps_backups_thirty_days_or_what_the_limits_allow(
    settings: Settings, least: int, most: int, days: int
) -> None:
    settings.RETENTION_MIN_DAYS, settings.RETENTION_MAX_DAYS = least, most
    made = create_account(name="Neu", owner=make_user(), now=timezone.now())
    assert stored(made) == (days, False)


# --- daily backups ---------------------------------------------------------------------------------------------------


def test_daily_backups_are_off_until_an_owner_switches_them_on(client: Client, account: Account, owner: User) -> None:
    assert stored(account) == (30, False)
    response = client.post(url("switch_daily_backups", account), {"enabled": "on"}, follow=True)
    assert notices(response) == ["Daily backups are on."]
    assert stored(account) == (30, True)
    response = client.post(url("switch_daily_backups", account), follow=True)
    assert notices(response) == ["Daily backups are off. Those made so far are kept for their time."]
    assert stored(account) == (30, False)
    actions = (AuditAction.DAILY_BACKUPS_ON, AuditAction.DAILY_BACKUPS_OFF)
    assert trail(account) == [(action, owner.pk, {}) for action in actions]


def test_switching_daily_backups_off_when_they_are_off_leaves_no_trace(client: Client, account: Account) -> None:
    client.post(url("switch_daily_backups", account))
    assert trail(account) == []


def test_htmx_gets_the_slider_of_the_daily_backups(client: Client, account: Account) -> None:
    answer = client.post(url("switch_daily_backups", account), {"enabled": "on"}, headers={"HX-Request": "true"})
    fragment = read(answer)
    assert [form.attributes["id"] for form in fragment.all("form")] == ["daily-backups"]
    (field,) = [one for one in fragment.all("input") if one.attributes.get("role") == "switch"]
    assert "checked" in field.attributes
