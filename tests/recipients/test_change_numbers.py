"""Every writer leaves the number of its change in the rows that it writes, and in no others."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from accounts.tenancy import account_scope
from recipients.masterdata.file import FieldType
from recipients.models import Contact, Group, Recipient
from recipients.services import activate_recipient, deactivate_recipient, edit_recipient
from tests.factories import NOW, make_account, make_field, make_group, make_recipient, make_user


@pytest.fixture
def actor(db: None) -> User:
    return make_user()


@pytest.fixture
def group(db: None) -> Group:
    account = make_account()
    group = make_group(account)
    make_field(account, "Vorname", FieldType.TEXT, group=group)
    make_field(account, "Stadt", FieldType.TEXT, group=None)
    return group


def numbers(group: Group) -> tuple[dict[str, int], dict[str, int]]:
    with account_scope(group.account_id):
        rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        contacts = Contact.objects.filter(account_id=group.account_id)
        return dict(rows.values_list("email", "changed_in")), dict(contacts.values_list("email", "changed_in"))


def test_edits_and_status_changes_raise_the_number_of_the_one_recipient(actor: User, group: Group) -> None:
    one, other = make_recipient(group, "a@example.org"), make_recipient(group, "b@example.org")
    who: dict[str, Any] = {
        "account_id": group.account_id,
        "group_id": group.pk,
        "recipient_id": one.id,
        "actor": actor,
        "now": NOW,
    }
    seen = [numbers(group)[0]["a@example.org"]]
    deeds: list[Callable[..., Recipient]] = [
        partial(edit_recipient, changes={"vorname": "Ann"}),
        deactivate_recipient,
        activate_recipient,
    ]
    for deed in deeds:
        with account_scope(group.account_id):
            deed(**who)
        rows, contacts = numbers(group)
        assert (rows["b@example.org"], contacts) == (other.changed_in, {})
        seen.append(rows["a@example.org"])
    assert seen == sorted(set(seen))


def test_an_account_wide_value_has_a_number_of_its_own(actor: User, group: Group) -> None:
    one = make_recipient(group, "a@example.org")
    before = numbers(group)
    with account_scope(group.account_id):
        edit_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=one.id,
            changes={"stadt": "Köln"},
            actor=actor,
            now=NOW,
        )
    rows, contacts = numbers(group)
    assert (rows, set(contacts)) == (before[0], {"a@example.org"})
    assert contacts["a@example.org"] > 0
