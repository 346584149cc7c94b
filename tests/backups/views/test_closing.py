"""My Account while the account is being closed: members are told, owners download it all, strangers find nothing."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditEntry, Role, User
from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import account_scope
from backups.models import Closure
from recipients.models import Group
from recipients.storage import place
from tests.backups.closings import close, due, exported, fresh, reopen
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in
from tests.page_content import notices, read

pytestmark = pytest.mark.usefixtures("committed_db", "storage")


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    make_recipient(group)
    return group


@pytest.fixture
def members(account: Account) -> dict[Role, User]:
    return {role: make_member(account, role) for role in Role}


@pytest.fixture
def operator() -> User:
    return make_user(is_staff=True)


def get(user: User | None, name: str, account: Account, **parts: Any) -> Any:
    client = sign_in(user) if user else Client()
    return client.get(reverse(f"backups:{name}", args=[account.pk], **parts))


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("role", Role)
def test_every_member_is_told_until_when_on_every_page(
    role: Role, account: Account, group: Group, members: dict[Role, User], operator: User
) -> None:
    closure = exported(account, operator)
    assert closure.delete_at is not None
    day = absolute(closure.delete_at)
    pages = [
        *(reverse(name, args=[account.pk]) for name in ("accounts:settings", "recipients:groups", "backups:closing")),
        reverse("recipients:group", args=[account.pk, group.pk]),
    ]
    for page in pages:
        (notice, *_others) = notices(sign_in(members[role]).get(page))
        assert f"will be deleted on {day}" in notice
    links = [link.text for link in read(get(members[role], "closing", account)).all("a")]
    assert ("Download all data" in links) == (role is Role.OWNER)
    assert "Closing" in links


def test_owner_downloads_the_file_and_that_stands_in_the_audit_trail(
    account: Account, group: Group, members: dict[Role, User], operator: User
) -> None:
    closure = exported(account, operator)
    response = get(members[Role.OWNER], "closing_file", account)
    assert (response.status_code, response["Content-Type"], response["Content-Length"]) == (
        200,
        "application/zip",
        str(closure.size),
    )
    assert closure.file_name in response["Content-Disposition"]
    assert hashlib.sha256(content(response)).hexdigest() == closure.sha256
    with account_scope(account.pk):
        entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.actor_id) == ("account_export_downloaded", members[Role.OWNER].pk)


@pytest.mark.parametrize(("role", "status"), [(Role.READER, 403), (Role.EDITOR, 403), (None, 404)])
def test_nobody_else_downloads_it(
    role: Role | None, status: int, *, account: Account, members: dict[Role, User], operator: User
) -> None:
    exported(account, operator)
    stranger = make_member(make_account("Andere"), Role.OWNER)
    assert get(members[role] if role else stranger, "closing_file", account).status_code == status
    assert get(operator, "closing_file", account).status_code == 404


def test_page_that_belongs_to_no_account_tells_of_the_persons_own(
    account: Account, members: dict[Role, User], operator: User
) -> None:
    exported(account, operator)
    stranger = make_member(make_account("Andere"), Role.OWNER)
    told = [
        "will be deleted on" in sign_in(person).get(reverse("account_set_password")).content.decode()
        for person in (members[Role.READER], stranger)
    ]
    assert told == [True, False]


def test_stranger_finds_no_page(account: Account, operator: User) -> None:
    exported(account, operator)
    stranger = make_member(make_account("Andere"), Role.OWNER)
    assert get(stranger, "closing", account).status_code == 404


@pytest.mark.parametrize("spoil", ["damage", "remove"])
def test_file_that_is_not_whole_is_not_given_out_but_made_anew(
    spoil: str, account: Account, group: Group, members: dict[Role, User], operator: User
) -> None:
    closure = exported(account, operator)
    path = Path(place("backups").path(closure.file_key))
    path.write_bytes(path.read_bytes()[:-1]) if spoil == "damage" else path.unlink()
    response = get(members[Role.OWNER], "closing_file", account)
    assert (response.status_code, response["Location"]) == (302, reverse("backups:closing", args=[account.pk]))
    found = fresh(closure)
    assert (found.status, found.failure, found.delete_at) == (Closure.Status.EXPORTING, "file_changed", None)


def test_file_that_is_not_there_yet_leads_back_to_the_page(
    account: Account, members: dict[Role, User], operator: User
) -> None:
    close(account, operator)
    client = sign_in(members[Role.OWNER])
    page = client.get(reverse("backups:closing_file", args=[account.pk]), follow=True)
    assert (page.status_code, "The file is not there yet" in page.content.decode()) == (200, True)
    assert "is made for its owners" in page.content.decode()


def test_failed_export_is_told_and_that_nothing_is_deleted(
    account: Account, members: dict[Role, User], operator: User
) -> None:
    close(account, operator)
    with account_scope(account.pk):
        Closure.objects.update(status=Closure.Status.FAILED, failure="internal")
    page = get(members[Role.READER], "closing", account)
    assert "Nothing is deleted: Listkeep’s operator sees this" in page.content.decode()


def test_account_that_is_not_being_closed_has_nothing_to_download(
    account: Account, members: dict[Role, User], operator: User
) -> None:
    exported(account, operator)
    reopen(account, operator)
    page = get(members[Role.OWNER], "closing", account)
    assert "This account is not being closed" in page.content.decode()
    assert notices(page) == []
    assert get(members[Role.OWNER], "closing_file", account).status_code == 302


def test_account_on_hold_for_another_reason_tells_that(account: Account, members: dict[Role, User]) -> None:
    with account_scope(account.pk):
        Account.objects.update(held_at=account.created_at)
    (notice,) = notices(get(members[Role.READER], "closing", account))
    assert "has put this account on hold" in notice


def test_deletion_that_has_begun_is_told(account: Account, members: dict[Role, User], operator: User) -> None:
    due(account, operator)
    page = get(members[Role.OWNER], "closing", account).content.decode()
    assert "This account is being deleted" in page
    assert get(members[Role.OWNER], "closing_file", account).status_code == 302
