"""Whose status or dates are others today than in a backup: the preview of an exact restore names each of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.models import Import
from imports.preview_page import plan_mark
from imports.restoring import Way
from recipients.models import Group, Recipient
from tests.backups.restores import make_backup, previewed, previewed_restore
from tests.factories import NOW, make_account, make_group, make_member, make_recipient, sign_in
from tests.imports.previewed import figures
from tests.page_content import read


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def client(editor: User) -> Client:
    return sign_in(editor)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    for name in ("ada", "bob", "cem"):
        make_recipient(made, f"{name}@example.org")
    return made


def changed_since(group: Group, editor: User, **changes: dict[str, Any]) -> Import:
    """An exact restore, previewed, of a backup after which these people were given other dates."""
    backup = make_backup(group, editor)
    with account_scope(group.account_id):
        for name, dates in changes.items():
            Recipient.objects.filter(email=f"{name}@example.org").update(**dates)
        active = Recipient.objects.filter(group=group, deactivated_at=None).count()
        Group.objects.update(revision=group.revision + 1, active_count=active)
    return previewed_restore(backup, editor, Way.EXACT)


def status_card(response: Any) -> str:
    """What the preview says of the status, and the button."""
    return next(card.text for card in read(response).all("section", "card") if "status" in card.text.lower())


def page(client: Client, run: Import) -> Any:
    return client.get(reverse("imports:preview", args=[run.account_id, run.pk]))


def as_in_the_backup(client: Client, run: Import) -> Any:
    """The preview after the status of the backup was asked for."""
    client.post(reverse("imports:choose", args=[run.account_id, run.pk]), {"mark": plan_mark(run), "exact_status": "1"})
    return page(client, previewed(run))


LATER = NOW + timedelta(days=1)


def test_who_left_and_who_has_other_dates_are_both_named(client: Client, group: Group, editor: User) -> None:
    run = changed_since(group, editor, ada={"deactivated_at": LATER}, bob={"activated_at": LATER})
    response = page(client, run)
    assert status_card(response) == (
        "1 person stays unsubscribed They were active in the backup and unsubscribed or bounced since. Their other "
        "values come back; their status stays. 1 person more keeps today’s dates of sign-up and sign-off. "
        "Status as in the backup for 2 people (1 active again)"
    )
    assert "Unchanged" in figures(response)
    assert "are as they were then" not in read(response).text
    assert status_card(as_in_the_backup(client, run)).startswith("1 person becomes active again You have chosen")


def test_dates_alone_frighten_nobody(client: Client, group: Group, editor: User) -> None:
    run = changed_since(group, editor, bob={"activated_at": LATER}, cem={"activated_at": LATER})
    assert status_card(page(client, run)).startswith("2 people keep today’s status")
    assert status_card(as_in_the_backup(client, run)) == (
        "The status comes from the backup The dates of sign-up and sign-off are set back, too. Nobody becomes active "
        "again by that. Leave their status as it is today"
    )
