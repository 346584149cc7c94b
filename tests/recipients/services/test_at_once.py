"""Two people at once, on connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.tenancy import account_scope
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group, Recipient
from recipients.services import AddressTaken, FieldLabelTaken, create_field, deactivate_recipient, edit_recipient
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient

pytestmark = pytest.mark.usefixtures("committed_db")


def at_once(account_id: int, *actions: Callable[[], object]) -> list[BaseException | None]:
    """Do each action in a transaction of its own, all together; gives what each raised."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> BaseException | None:
        try:
            with account_scope(account_id):
                barrier.wait(10)
                action()
        except (AddressTaken, FieldLabelTaken) as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_edits_at_once_all_stand_and_all_count() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    for label in ("A", "B", "C"):
        make_field(account, label, group=group)
    recipient = make_recipient(group)
    leaving = make_recipient(group)

    def edit(key: str) -> Callable[[], object]:
        return lambda: edit_recipient(
            account_id=account.pk,
            group_id=group.pk,
            recipient_id=recipient.id,
            changes={key: "x"},
            actor=actor,
            now=NOW,
        )

    def leave() -> object:
        return deactivate_recipient(
            account_id=account.pk, group_id=group.pk, recipient_id=leaving.id, actor=actor, now=NOW
        )

    assert at_once(account.pk, edit("a"), edit("b"), edit("c"), leave) == [None] * 4

    with account_scope(account.pk):
        assert Recipient.objects.get(id=recipient.id).values == {"a": "x", "b": "x", "c": "x"}
        row = Group.objects.get()
        assert (row.revision, row.recipient_count, row.active_count) == (2 + 4, 2, 1)


def test_two_recipients_cannot_get_one_address() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    recipients = [make_recipient(group) for _ in range(2)]

    def rename(recipient: Recipient) -> Callable[[], object]:
        return lambda: edit_recipient(
            account_id=account.pk,
            group_id=group.pk,
            recipient_id=recipient.id,
            changes={"email": "same@example.org"},
            actor=actor,
            now=NOW,
        )

    outcomes = at_once(account.pk, *map(rename, recipients))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AddressTaken", "NoneType"]


def test_account_wide_and_list_edits_at_once_do_not_block_each_other_for_ever() -> None:
    account = make_account()
    actor = make_member(account)
    make_field(account, "Wide")
    groups = [make_group(account, name) for name in "AB"]
    recipients = [make_recipient(group, "a@example.org") for group in groups]

    def edit(recipient: Recipient, key: str) -> Callable[[], object]:
        return lambda: edit_recipient(
            account_id=account.pk,
            group_id=recipient.group_id,
            recipient_id=recipient.id,
            changes={key: key},
            actor=actor,
            now=NOW,
        )

    actions = [edit(recipient, key) for recipient in recipients for key in ("wide", "source")]

    assert at_once(account.pk, *actions) == [None] * 4


def test_fields_made_at_once_get_keys_of_their_own() -> None:
    account = make_account()
    actor = make_member(account)
    groups = [make_group(account, name) for name in "ABC"]

    def make(group: Group) -> Callable[[], object]:
        return lambda: create_field(
            account=account, group=group, label="Ort", type=FieldType.TEXT, actor=actor, now=NOW
        )

    assert at_once(account.pk, *map(make, groups)) == [None] * 3

    with account_scope(account.pk):
        assert sorted(Field.objects.values_list("key", flat=True)) == ["ort", "ort_2", "ort_3"]


def test_one_name_at_once_is_given_once() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)

    def make() -> object:
        return create_field(account=account, group=group, label="Ort", type=FieldType.TEXT, actor=actor, now=NOW)

    outcomes = at_once(account.pk, make, make)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["FieldLabelTaken", "NoneType"]
