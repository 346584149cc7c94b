"""Restores and undos that wait in their preview while somebody is erased: they end, and all pages go on."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from imports.models import Import
from imports.restoring import Way, wish_of
from recipients.models import Group
from tests.backups.erasures import PERSON, advance, erase, told_in_database
from tests.backups.restores import make_backup, previewed_restore, previewed_undo
from tests.caller import make_caller
from tests.factories import make_account, make_group, make_member, make_recipient, sign_in
from tests.page_content import read
from tests.runs import fresh, make_draft, run_through


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_recipient(made, PERSON)
    make_recipient(made, "bob@example.org")
    return made


def waiting(group: Group, owner: User) -> list[Import]:
    """A restore of two chosen people and an undo, each with its preview."""
    backup = make_backup(group, owner)
    run = run_through(make_draft(group, "E-Mail\nnew@example.org\n", targets=("email",)), owner)
    chosen = previewed_restore(backup, owner, Way.SELECTED, emails=(PERSON, "bob@example.org"))
    return [chosen, previewed_undo(run, owner)]


def pages(group: Group, runs: list[Import]) -> list[str]:
    """Every page that tells of the runs."""
    account_id = group.account_id
    return [
        reverse("imports:history", args=[account_id]),
        reverse("imports:group_history", args=[account_id, group.pk]),
        *(reverse(name, args=[account_id, run.pk]) for run in runs for name in ("imports:run", "imports:preview")),
    ]


def test_they_are_cancelled_and_keep_their_way_and_nobodys_address(
    account: Account, owner: User, client: Client, group: Group
) -> None:
    runs = waiting(group, owner)
    erasure = erase(account, owner)
    kept = [wish_of(fresh(run)) for run in runs]
    assert [(one.way, one.emails) for one in kept] == [(Way.SELECTED, ()), (Way.UNDO, None)]
    assert {fresh(run).status for run in runs} == {Import.Status.CANCELLED}
    assert {page: client.get(page, follow=True).status_code for page in pages(group, runs)} == dict.fromkeys(
        pages(group, runs), 200
    )
    assert make_caller(account, owner).get(f"/restores/{runs[0].pk}").body["status"] == "cancelled"
    advance(erasure)
    assert told_in_database(account, PERSON) == []


def test_those_whose_wish_an_earlier_version_forgot_are_told_by_their_kind(
    account: Account, owner: User, client: Client, group: Group
) -> None:
    runs = waiting(group, owner)
    erase(account, owner)
    with account_scope(account.pk):
        Import.objects.filter(pk__in=[run.pk for run in runs]).update(restore={})
    assert {client.get(page, follow=True).status_code for page in pages(group, runs)} == {200}
    history = read(client.get(reverse("imports:history", args=[account.pk]))).text
    assert "Undo of an import" in history
    assert "Restore: update and add" in history
    assert make_caller(account, owner).get(f"/restores/{runs[0].pk}").body["way"] == "update_and_add"
