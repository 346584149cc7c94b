"""Who gets into the pages of backups, asked of an account with backups and files to leak."""

from pathlib import Path
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Group
from tests.backups.catalogue import take_backup_of
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in

pytestmark = pytest.mark.django_db

PAGES = ["overview", "group", "row", "download"]


class Victim(NamedTuple):
    """An account that outsiders ask for."""

    account: Account
    members: dict[Role, User]
    group: Group
    backup: Backup


@pytest.fixture
def victim(storage: Path, tmp_path: Path) -> Victim:
    account = make_account("Geheim GmbH")
    members = {role: make_member(account, role, make_user(f"{role}@geheim.example")) for role in Role}
    group = make_group(account, "Geheime Liste")
    make_recipient(group, "anna@geheim.example")
    backup = take_backup_of(group, tmp_path, label="geheim.csv", requested_by=members[Role.OWNER])
    return Victim(account, members, group, backup)


def url_of(page: str, victim: Victim, account: Account) -> str:
    parts: dict[str, list[object]] = {
        "overview": [],
        "group": [victim.group.pk],
        "row": [victim.backup.pk],
        "download": [victim.backup.pk, "csv"],
    }
    return reverse(f"backups:{page}", args=[account.pk, *parts[page]])


def downloads(account: Account) -> int:
    """How many downloads the audit trail tells of."""
    with account_scope(account.pk):
        return AuditEntry.objects.filter(action=AuditAction.BACKUP_DOWNLOADED).count()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", Role)
def test_every_member_sees(page: str, role: Role, victim: Victim) -> None:
    response = sign_in(victim.members[role]).get(url_of(page, victim, victim.account))
    body = response.getvalue()
    assert (response.status_code, b"eheim" in body) == (200, True)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_gets_404_that_tells_nothing(page: str, victim: Victim) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    response = sign_in(stranger).get(url_of(page, victim, victim.account))
    assert (response.status_code, b"eheim" in response.content) == (404, False)
    assert downloads(victim.account) == 0


@pytest.mark.parametrize("page", ["group", "row", "download"])
def test_a_strangers_own_account_does_not_lead_to_it(page: str, victim: Victim) -> None:
    own = make_account("Andere AG")
    stranger = make_member(own, Role.OWNER)
    response = sign_in(stranger).get(url_of(page, victim, own))
    assert (response.status_code, b"eheim" in response.content) == (404, False)


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_gets_to_the_login(page: str, victim: Victim) -> None:
    url = url_of(page, victim, victim.account)
    response = Client().get(url)
    assert (response.status_code, response.headers["Location"]) == (302, f"/auth/login/?next={url}")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_of_backups_can_only_be_read(page: str, method: str, victim: Victim) -> None:
    client = sign_in(victim.members[Role.OWNER])
    assert getattr(client, method)(url_of(page, victim, victim.account)).status_code == 405
