"""Services of groups."""

import pytest

from accounts.models import AuditAction, AuditEntry
from accounts.tenancy import account_scope
from recipients.deletion import GroupGone, GroupLocked
from recipients.models import Group
from recipients.services import create_group, lock_to_change, set_group_backups, update_group
from tests.factories import DAY, NOW, make_account, make_group, make_member

pytestmark = pytest.mark.django_db


def test_create_group_makes_an_empty_list_and_an_audit_entry() -> None:
    account = make_account()
    actor = make_member(account)

    with account_scope(account.pk):
        group = create_group(account=account, name="Kunden 2026", note="Messe Köln", actor=actor, now=NOW)
        entries = list(AuditEntry.objects.values_list("actor_id", "action", "subject", "at"))

    columns = (group.name, group.note, group.locked, group.automatic_backups, group.revision, group.created_at)
    assert columns == ("Kunden 2026", "Messe Köln", False, True, 0, NOW)
    assert (group.recipient_count, group.active_count) == (0, 0)
    assert entries == [(actor.pk, AuditAction.GROUP_CREATED, "Kunden 2026", NOW)]


def test_update_group_changes_the_list_and_raises_its_revision() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, "Alt")

    with account_scope(account.pk):
        update_group(group=group, name="Neu", note="Quelle", locked=True, actor=actor, now=NOW + DAY)
        stored = Group.objects.get(pk=group.pk)
        entry = AuditEntry.objects.get()

    assert (stored.name, stored.note, stored.locked, stored.changed_at) == ("Neu", "Quelle", True, NOW + DAY)
    assert stored.revision == group.revision + 1
    assert (entry.action, entry.subject) == (AuditAction.GROUP_CHANGED, "Neu")
    assert entry.detail == {"changed": ["locked", "name", "note"]}


def test_update_group_with_the_same_again_changes_nothing() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, "Kunden", note="n")

    with account_scope(account.pk):
        update_group(group=group, name="Kunden", note="n", locked=False, actor=actor, now=NOW + DAY)
        stored = Group.objects.get(pk=group.pk)

        assert (stored.revision, stored.changed_at, AuditEntry.objects.count()) == (0, NOW, 0)


def test_update_group_unlocks_a_locked_list() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, locked=True)

    with account_scope(account.pk):
        update_group(group=group, name=group.name, note="", locked=False, actor=actor, now=NOW)

        assert Group.objects.get(pk=group.pk).locked is False


def test_update_group_refuses_a_deleted_list() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, deleted_at=NOW)

    with account_scope(account.pk), pytest.raises(GroupGone):
        update_group(group=group, name="Neu", note="", locked=False, actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("enabled", "action"), [(False, AuditAction.GROUP_BACKUPS_OFF), (True, AuditAction.GROUP_BACKUPS_ON)]
)
def test_set_group_backups_moves_the_switch(*, enabled: bool, action: AuditAction) -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, automatic_backups=not enabled)

    with account_scope(account.pk):
        set_group_backups(group=group, enabled=enabled, actor=actor, now=NOW)
        stored = Group.objects.get(pk=group.pk)
        entries = list(AuditEntry.objects.values_list("action", "subject"))

    assert (stored.automatic_backups, group.automatic_backups, stored.revision) == (enabled, enabled, 1)
    assert entries == [(action, group.name)]


def test_set_group_backups_with_the_same_again_changes_nothing() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)

    with account_scope(account.pk):
        set_group_backups(group=group, enabled=True, actor=actor, now=NOW)

        assert (Group.objects.get(pk=group.pk).revision, AuditEntry.objects.count()) == (0, 0)


def test_lock_to_change_refuses_a_locked_list() -> None:
    account = make_account()
    group = make_group(account, locked=True)

    with account_scope(account.pk), pytest.raises(GroupLocked):
        lock_to_change(account_id=account.pk, group_id=group.pk)


def test_lock_to_change_refuses_a_deleted_list() -> None:
    account = make_account()
    group = make_group(account, deleted_at=NOW)

    with account_scope(account.pk), pytest.raises(GroupGone):
        lock_to_change(account_id=account.pk, group_id=group.pk)


def test_lock_to_change_knows_no_list_of_another_account() -> None:
    account, other = make_account(), make_account("Fremd")
    group = make_group(other)

    with account_scope(account.pk), pytest.raises(Group.DoesNotExist):
        lock_to_change(account_id=account.pk, group_id=group.pk)
