"""Backups that a person asks for: whatever the switches say, once at a time, of the state that the list has then."""

import pytest
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.on_demand import request_on_demand
from backups.taking import GroupGone
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_member, make_recipient
from tests.faults.rows import raw_rows_in
from tests.runs import backups_of, take_pending


@pytest.fixture
def group(committed_db: None) -> Group:
    group = make_group(make_account(), "Kunden")
    make_recipient(group, "anna@example.org")
    return group


@pytest.fixture
def editor(group: Group) -> User:
    return make_member(group.account)


def ask(group: Group, editor: User) -> Backup:
    with account_scope(group.account_id):
        return request_on_demand(group=Group.objects.get(pk=group.pk), actor=editor, now=timezone.now())


def test_a_backup_on_demand_holds_the_list(group: Group, editor: User) -> None:
    backup = ask(group, editor)
    assert (backup.status, backup.trigger, backup.change_id, backup.requested_by) == (
        *(Backup.Status.PENDING, Backup.Trigger.ON_DEMAND, None),
        editor,
    )
    take_pending(group)
    (made,) = backups_of(group)
    assert (made.status, made.recipient_count, made.group_name) == (Backup.Status.COMPLETE, 1, "Kunden")
    assert [row["email"] for row in raw_rows_in(made)] == ["anna@example.org"]
    with account_scope(group.account_id):
        entry = AuditEntry.objects.get(action=AuditAction.BACKUP_MADE)
    assert (entry.actor_id, entry.subject) == (editor.pk, "Kunden")


def test_asking_again_gives_the_pending_one(group: Group, editor: User) -> None:
    assert ask(group, editor).pk == ask(group, editor).pk
    take_pending(group)
    ask(group, editor)
    assert len(backups_of(group)) == 2


def test_an_unchanged_list_points_at_the_same_file(group: Group, editor: User) -> None:
    for _ in range(2):
        ask(group, editor)
        take_pending(group)
    first, second = backups_of(group)
    assert (second.status, second.file_key, second.sha256) == (Backup.Status.COMPLETE, first.file_key, first.sha256)


def test_a_changed_list_gets_a_file_of_its_own(group: Group, editor: User) -> None:
    for email in ("bert@example.org", "carla@example.org"):
        ask(group, editor)
        take_pending(group)
        make_recipient(group, email)
    first, second = backups_of(group)
    assert first.file_key != second.file_key


@pytest.mark.parametrize("whole_account", [True, False])
def test_the_switches_do_not_count(group: Group, editor: User, *, whole_account: bool) -> None:
    with account_scope(group.account_id):
        (Account.objects.all() if whole_account else Group.objects.all()).update(automatic_backups=False)
    ask(group, editor)
    take_pending(group)
    assert [backup.status for backup in backups_of(group)] == [Backup.Status.COMPLETE]


def test_an_empty_list_can_be_backed_up(group: Group, editor: User) -> None:
    empty = make_group(group.account, "Leer")
    ask(empty, editor)
    take_pending(empty)
    (made,) = backups_of(empty)
    assert (made.status, made.recipient_count, raw_rows_in(made)) == (Backup.Status.COMPLETE, 0, [])


def test_a_deleted_list_is_refused(group: Group, editor: User) -> None:
    with account_scope(group.account_id):
        Group.objects.update(deleted_at=NOW)
    with pytest.raises(GroupGone):
        ask(group, editor)
    assert backups_of(group) == []


def test_a_backup_on_demand_waits_beside_one_of_another_list(group: Group, editor: User) -> None:
    other = make_group(group.account, "Presse")
    assert ask(group, editor).pk != ask(other, editor).pk
