"""Who gets into the pages of lists, asked of an account with members, lists and recipients to leak."""

from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditEntry, Role, User
from accounts.tenancy import account_scope
from recipients.models import BlockedAddress, Deletion, Field, Group, Recipient
from tests.factories import (
    NOW,
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db

READ = ["groups", "group", "recipient", "settings", "fields", "deletion", "block_list", "account_block_list"]
OF_THE_ACCOUNT = {"groups", "account_block_list", "account_unblock"}  # they name no row beside it
ASK = [
    "delete",
    "clear",
    "delete_recipients",
    "delete_field",
    "deactivate",
    "activate",
    "rename_field",
]  # pages that ask before a change
CHANGE: dict[str, dict[str, str]] = {
    "recipient": {"email": "anders@geheim.example", "seen": "x"},
    "settings": {"name": "Anders"},
    "fields": {"label": "Neu", "type": "text", "scope": "list"},
    "switch_backups": {},
    "delete": {},
    "clear": {},
    "delete_recipients": {},
    "delete_field": {},
    "deactivate": {},
    "activate": {},
    "rename_field": {"label": "Anders"},
    "block_list": {"entries": "neu@geheim.example"},
    "unblock": {"pattern": "weg@geheim.example"},
    "account_block_list": {"entries": "neu@geheim.example"},
    "account_unblock": {"pattern": "weg@geheim.example"},
}
POST_ONLY = ["switch_backups", "unblock", "account_unblock"]
SAFE_ONLY = ["groups", "group", "deletion"]


class Victim(NamedTuple):
    """An account that outsiders ask for."""

    account: Account
    members: dict[Role, User]
    urls: dict[str, str]


@pytest.fixture
def victim() -> Victim:
    account = make_account("Geheim GmbH")
    members = {role: make_member(account, role, make_user(f"{role}@geheim.example")) for role in Role}
    group = make_group(account, "Geheim", note="Geheim")
    field = make_field(account, "Geheim", group=group)
    # Who has bounced can be signed off as well as activated.
    recipient = make_recipient(group, "anna@geheim.example", values={"geheim": "Geheim"}, bounced_at=NOW)
    make_contact(account, recipient.email, {"geheim": "Geheim"})
    make_activity(recipient, subject="Geheim")
    for where in (group, None):
        make_blocked(account, "weg@geheim.example", group=where)
    with account_scope(account.pk):
        deletion = Deletion.objects.create(
            account=account, group=group, status=Deletion.Status.FAILED, failure="backup_failed", requested_at=NOW
        )
    urls = urls_of(account, group, recipient, field, deletion)
    return Victim(account, members, urls)


def urls_of(account: Account, group: Group, recipient: Recipient, field: Field, deletion: Deletion) -> dict[str, str]:
    parts: dict[str, list[Any]] = {
        **{name: [] for name in OF_THE_ACCOUNT},
        "recipient": [group.pk, recipient.id],
        "deactivate": [group.pk, recipient.id],
        "activate": [group.pk, recipient.id],
        "rename_field": [group.pk, field.pk],
        "delete_field": [group.pk, field.pk],
        "deletion": [group.pk, deletion.pk],
    }
    names = {*READ, *ASK, *CHANGE}
    urls = {name: reverse(f"recipients:{name}", args=[account.pk, *parts.get(name, [group.pk])]) for name in names}
    urls["delete_recipients"] += f"?id={recipient.id}"
    return urls


def state(victim: Victim) -> list[Any]:
    """Everything that a change would leave a mark on."""
    with account_scope(victim.account.pk):
        models = [Group, Field, Recipient, BlockedAddress, Deletion, AuditEntry]
        return [list(model._default_manager.values()) for model in models]


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("role", Role)
def test_every_member_sees(victim: Victim, name: str, role: Role) -> None:
    assert sign_in(victim.members[role]).get(victim.urls[name]).status_code == 200


@pytest.mark.parametrize("name", ASK)
@pytest.mark.parametrize(("role", "status"), [(Role.READER, 403), (Role.EDITOR, 200), (Role.OWNER, 200)])
def test_editors_are_asked(victim: Victim, name: str, role: Role, status: int) -> None:
    assert sign_in(victim.members[role]).get(victim.urls[name]).status_code == status


@pytest.mark.parametrize("name", CHANGE)
def test_a_reader_changes_nothing(victim: Victim, name: str) -> None:
    before = state(victim)
    response = sign_in(victim.members[Role.READER]).post(victim.urls[name], CHANGE[name])

    assert response.status_code == 403
    assert state(victim) == before


@pytest.mark.parametrize("name", [*READ, *ASK])
def test_a_stranger_gets_404_that_tells_nothing(victim: Victim, name: str) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    response = sign_in(stranger).get(victim.urls[name])

    assert (response.status_code, b"eheim" in response.content) == (404, False)


@pytest.mark.parametrize("name", CHANGE)
def test_a_stranger_changes_nothing(victim: Victim, name: str) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    before = state(victim)
    response = sign_in(stranger).post(victim.urls[name], CHANGE[name])

    assert (response.status_code, b"eheim" in response.content) == (404, False)
    assert state(victim) == before


@pytest.mark.parametrize("name", [*READ, *ASK])
def test_rows_of_another_account_are_not_found_in_ones_own(victim: Victim, name: str) -> None:
    own = make_account("Andere AG")
    client = sign_in(make_member(own, Role.OWNER))
    url = victim.urls[name].replace(f"/a/{victim.account.pk}/", f"/a/{own.pk}/")
    response = client.get(url)

    assert (response.status_code, b"eheim" in response.content) == (200 if name in OF_THE_ACCOUNT else 404, False)


@pytest.mark.parametrize("name", sorted(CHANGE.keys() - OF_THE_ACCOUNT))
def test_rows_of_another_account_cannot_be_changed_from_ones_own(victim: Victim, name: str) -> None:
    own = make_account("Andere AG")
    client = sign_in(make_member(own, Role.OWNER))
    before = state(victim)
    response = client.post(victim.urls[name].replace(f"/a/{victim.account.pk}/", f"/a/{own.pk}/"), CHANGE[name])

    assert response.status_code == 404
    assert state(victim) == before


@pytest.mark.parametrize("name", sorted({*READ, *ASK, *CHANGE} - set(POST_ONLY)))
def test_who_is_not_signed_in_goes_to_the_login(victim: Victim, name: str) -> None:
    response = Client().get(victim.urls[name])

    assert (response.status_code, response["Location"]) == (302, f"/auth/login/?next={quote(victim.urls[name])}")


@pytest.mark.parametrize("name", sorted({*READ, *ASK, *CHANGE}))
def test_other_methods_are_refused(victim: Victim, name: str) -> None:
    client = sign_in(victim.members[Role.OWNER])
    refused = ["put", "delete", "patch"]
    if name in POST_ONLY:
        refused.append("get")
    if name in SAFE_ONLY:
        refused.append("post")

    assert [getattr(client, method)(victim.urls[name]).status_code for method in refused] == [405] * len(refused)


@pytest.mark.parametrize("name", sorted({*READ, *ASK} - OF_THE_ACCOUNT - {"deletion"}))
def test_a_deleted_list_is_not_found(victim: Victim, name: str) -> None:
    with account_scope(victim.account.pk):
        Group.objects.update(deleted_at=NOW)

    assert sign_in(victim.members[Role.OWNER]).get(victim.urls[name]).status_code == 404


@pytest.mark.parametrize("name", sorted({*READ, *ASK} - OF_THE_ACCOUNT))
def test_numbers_that_no_database_holds_are_not_found(victim: Victim, name: str) -> None:
    account, group = victim.account.pk, victim.urls["group"].rstrip("/").rsplit("/", 1)[-1]
    beyond = victim.urls[name].replace(f"/recipients/{group}/", f"/recipients/{10**20}/")

    assert beyond.startswith(f"/a/{account}/recipients/{10**20}/")
    assert sign_in(victim.members[Role.OWNER]).get(beyond).status_code == 404
