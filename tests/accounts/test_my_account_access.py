"""Who gets into the pages of My Account, asked of an account with members, settings and a history to leak."""

from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditAction, Role, User
from accounts.services import record
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, make_user, sign_in

pytestmark = pytest.mark.django_db

READ = ["settings", "privacy", "users", "audit_log"]
CHANGED_BY_OWNERS = ["rename", "switch_automatic_backups"]


class Victim(NamedTuple):
    """An account that outsiders ask for, and a member of each role."""

    account: Account
    members: dict[Role, User]


@pytest.fixture
def victim() -> Victim:
    account = make_account("Geheim GmbH")
    members = {role: make_member(account, role, make_user(f"{role}@geheim.example")) for role in Role}
    with account_scope(account.pk):
        record(account_id=account.pk, actor_id=None, action=AuditAction.BACKUP_MADE, subject="Geheim", now=NOW)
    return Victim(account, members)


def url_of(name: str, account: Account) -> str:
    return reverse(f"accounts:{name}", args=[account.pk])


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("role", Role)
def test_every_member_sees(victim: Victim, name: str, role: Role) -> None:
    assert sign_in(victim.members[role]).get(url_of(name, victim.account)).status_code == 200


@pytest.mark.parametrize("name", READ)
def test_a_stranger_gets_404_that_tells_nothing(victim: Victim, name: str) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    response = sign_in(stranger).get(url_of(name, victim.account))
    assert (response.status_code, b"eheim" in response.content) == (404, False)


@pytest.mark.parametrize("name", CHANGED_BY_OWNERS)
def test_a_stranger_who_changes_gets_404(victim: Victim, name: str) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    assert sign_in(stranger).post(url_of(name, victim.account), {"name": "Meins"}).status_code == 404
    assert unchanged(victim)


@pytest.mark.parametrize("name", CHANGED_BY_OWNERS)
@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_a_member_who_is_no_owner_gets_403(victim: Victim, name: str, role: Role) -> None:
    response = sign_in(victim.members[role]).post(url_of(name, victim.account), {"name": "Meins"})
    assert response.status_code == 403
    assert unchanged(victim)


@pytest.mark.parametrize("name", READ)
def test_who_is_not_signed_in_gets_to_the_login(victim: Victim, name: str) -> None:
    url = url_of(name, victim.account)
    response = Client().get(url)
    assert (response.status_code, response.headers["Location"]) == (302, f"/auth/login/?next={url}")


@pytest.mark.parametrize("name", ["settings", *CHANGED_BY_OWNERS])
def test_who_is_not_signed_in_changes_nothing(victim: Victim, name: str) -> None:
    url = url_of(name, victim.account)
    response = Client().post(url, {"name": "Meins"})
    assert (response.status_code, response.headers["Location"]) == (302, f"/auth/login/?next={url}")
    assert unchanged(victim)


@pytest.mark.parametrize("name", ["privacy", "users", "audit_log"])
def test_a_page_to_read_takes_nothing(victim: Victim, name: str) -> None:
    assert sign_in(victim.members[Role.OWNER]).post(url_of(name, victim.account)).status_code == 405


@pytest.mark.parametrize("name", CHANGED_BY_OWNERS)
def test_a_change_is_no_page_to_read(victim: Victim, name: str) -> None:
    assert sign_in(victim.members[Role.OWNER]).get(url_of(name, victim.account)).status_code == 405


def unchanged(victim: Victim) -> bool:
    with account_scope(victim.account.pk):
        now = Account.objects.get()
    return (now.name, now.automatic_backups) == ("Geheim GmbH", True)
