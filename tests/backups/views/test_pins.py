"""Pinning and unpinning in the browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Role
from accounts.templatetags.listkeep_format import absolute, day
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, make_user, sign_in
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


@pytest.fixture
def client(account: Account) -> Client:
    """An editor's browser."""
    return sign_in(make_member(account, Role.EDITOR, make_user("anna@example.org")))


def url(name: str, backup: Backup) -> str:
    return reverse(f"backups:{name}", args=[backup.account_id, backup.pk])


def stored(backup: Backup) -> Any:
    with account_scope(backup.account_id):
        return Backup.objects.values_list("pin_reason", "pinned_by__email").get(pk=backup.pk)


def test_page_asks_for_the_reason_and_says_what_a_pin_means(client: Client, group: Group) -> None:
    backup = make_backup(group)
    text = read(client.get(url("pin", backup))).text
    assert (
        f"Without a pin it is kept until {day(backup.expires_at)} and then deleted."
        " Pinned, it stays until somebody unpins it." in text
    )


def test_pin_keeps_reason_and_person_and_shows_the_backup(client: Client, group: Group) -> None:
    backup = make_backup(group)
    response = client.post(url("pin", backup), {"reason": "  Prüfung 2026 "}, follow=True)
    assert stored(backup) == ("Prüfung 2026", "anna@example.org")
    overview = reverse("backups:overview", args=[group.account_id])
    assert response.redirect_chain == [(f"{overview}?group={group.pk}#backup-{backup.pk}", 302)]
    assert notices(response) == ["The backup is pinned. It is kept until somebody unpins it."]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("a\x00b", "Null characters are not allowed."),
    ],
)
def test_pin_without_a_usable_reason_is_refused_beside_the_field(
    client: Client, group: Group, reason: str, said: str
) -> None:
    backup = make_backup(group)
    response = client.post(url("pin", backup), {"reason": reason})
    assert (response.status_code, errors(response), stored(backup)) == (422, [said], ("", None))


def test_backup_that_is_being_deleted_refuses_with_the_next_step(client: Client, group: Group) -> None:
    backup = make_backup(group, status=Backup.Status.PURGING)
    response = client.post(url("pin", backup), {"reason": "zu spät"}, follow=True)
    assert notices(response) == [
        (
            "This backup can no longer be pinned: its time is over and it is being deleted."
            " Have a new one made, or pin a younger one."
        )
    ]
    assert stored(backup) == ("", None)


def test_backup_that_somebody_has_pinned_keeps_their_reason(client: Client, group: Group) -> None:
    backup = make_backup(group, pinned_at=timezone.now(), pin_reason="vorher")
    response = client.post(url("pin", backup), {"reason": "nachher"}, follow=True)
    assert notices(response) == ["Somebody has pinned this backup already. Their reason stands beside it."]
    assert stored(backup) == ("vorher", None)


def test_backup_without_a_file_has_no_such_page(client: Client, group: Group) -> None:
    backup = make_backup(group, status=Backup.Status.PENDING)
    assert [client.get(url(name, backup)).status_code for name in ("pin", "unpin")] == [404, 404]


def test_page_of_unpinning_says_the_reason_and_until_when_it_is_kept(client: Client, group: Group) -> None:
    now = timezone.now()
    backup = make_backup(group, requested_at=now - 40 * DAY, pinned_at=now, pin_reason="Prüfung")
    text = read(client.get(url("unpin", backup))).text
    assert "It was pinned for this reason: Prüfung" in text
    assert f"is then kept until {day(now + timedelta(days=7))} and deleted after that." in text


def test_unpin_says_until_when_it_is_kept(client: Client, group: Group) -> None:
    now = timezone.now()
    backup = make_backup(group, requested_at=now - 40 * DAY, pinned_at=now, pin_reason="Prüfung")
    response = client.post(url("unpin", backup), follow=True)
    assert notices(response) == [f"The backup is no longer pinned. It is kept until {day(now + timedelta(days=7))}."]
    assert stored(backup) == ("", None)


def test_page_of_unpinning_what_is_not_pinned_says_so(client: Client, group: Group) -> None:
    backup = make_backup(group)
    assert notices(client.get(url("unpin", backup))) == [
        f"The backup of “Kunden 2026”, {absolute(backup.requested_at)}, is not pinned. To the backups of this list"
    ]
