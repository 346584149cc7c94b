"""Retention beside restores: what is being brought back is not deleted, and what is gone is not half brought back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.retention import PurgeReport, purge_due_backups
from imports.confirming import cancel_import
from imports.models import Import
from imports.restoring import Way
from recipients.models import Group
from tests.backups.catalogue import DAY
from tests.backups.restores import (
    carried_out,
    make_backup,
    previewed_restore,
    previewed_undo,
    rows_of,
)
from tests.factories import make_account, make_group, make_member, make_recipient
from tests.runs import advance, confirm, make_draft, run_through, take_pending

HALF = "E-Mail\nada@example.org\nbob@example.org\n"


@pytest.fixture
def group(committed_db: None) -> Group:
    made = make_group(make_account())
    for name in ("ada", "bob", "cem"):
        make_recipient(made, f"{name}@example.org")
    return made


@pytest.fixture
def editor(group: Group) -> User:
    return make_member(group.account)


def removed(group: Group, editor: User) -> Import:
    """An import that took two of three people out of the list."""
    run = run_through(make_draft(group, HALF, targets=("email",), mode=Import.Mode.DELETE), editor)
    assert (run.status, run.report["removed"]) == (Import.Status.DONE, 2)
    return run


def age(group: Group) -> None:
    """Let the time of all complete backups be over."""
    long_ago = timezone.now() - 31 * DAY
    with account_scope(group.account_id):
        Backup.objects.filter(status=Backup.Status.COMPLETE).update(
            requested_at=long_ago, completed_at=long_ago, expires_at=long_ago + 30 * DAY
        )


def purged(group: Group) -> PurgeReport:
    """What a purge does once the time of all complete backups is over."""
    age(group)
    return purge_due_backups(now=timezone.now())


def test_backup_that_an_undo_brings_back_is_kept_until_the_undo_is_over(group: Group, editor: User) -> None:
    before = rows_of(group)
    undo = previewed_undo(removed(group, editor), editor)
    confirm(undo, editor)
    assert purged(group) == PurgeReport()
    take_pending(group)
    assert advance(undo).status == Import.Status.DONE
    assert rows_of(group) == before
    assert purged(group).purged == 2


@pytest.mark.parametrize("way", [Way.EXACT, Way.UPDATE_AND_ADD, Way.NEW_LIST])
def test_backup_that_somebody_looks_at_the_preview_of_is_kept_meanwhile(way: Way, group: Group, editor: User) -> None:
    before = rows_of(group)
    backup = make_backup(group, editor)
    run = previewed_restore(backup, editor, way, new_name="Neu" if way is Way.NEW_LIST else "")
    assert purged(group) == PurgeReport()
    assert rows_of(carried_out(run, editor).group) == before
    assert purged(group).purged >= 1


def test_backup_of_a_preview_that_was_given_up_is_purged(group: Group, editor: User) -> None:
    run = previewed_restore(make_backup(group, editor), editor, Way.EXACT)
    with account_scope(group.account_id):
        cancel_import(run=run, actor=editor, now=timezone.now())
    assert purged(group).purged == 1


def test_preview_that_nobody_goes_on_with_for_a_day_keeps_no_backup(group: Group, editor: User) -> None:
    run = previewed_restore(make_backup(group, editor), editor, Way.EXACT)
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert purged(group).purged == 1


def test_restore_of_another_account_keeps_no_backup(group: Group, editor: User) -> None:
    run = previewed_restore(make_backup(group, editor), editor, Way.EXACT)
    other = make_group(make_account())
    with account_scope(other.account_id):
        Import.objects.create(
            account=other.account,
            group=other,
            kind=Import.Kind.RESTORE,
            backup_id=run.backup_id,
            file_size=0,
            created_at=timezone.now(),
        )
    with account_scope(group.account_id):
        cancel_import(run=run, actor=editor, now=timezone.now())
    assert purged(group).purged == 1


@pytest.mark.parametrize("moment", ["previewed", "confirmed"])
def test_undo_whose_backup_is_gone_changes_nothing_and_says_so(moment: str, group: Group, editor: User) -> None:
    run = removed(group, editor)
    after = rows_of(group)
    undo = previewed_undo(run, editor)
    if moment == "confirmed":
        confirm(undo, editor)
    with account_scope(group.account_id):  # a purge that had begun before the undo
        Backup.objects.filter(change_id=run.pk).update(status=Backup.Status.PURGING)
    purge_due_backups(now=timezone.now())
    if moment == "previewed":
        confirm(undo, editor)
    take_pending(group)
    while (undo := advance(undo)).status in Import.RUNNING:
        take_pending(group)
    assert (undo.status, undo.failure) == (Import.Status.FAILED, "backup_purged")
    assert rows_of(group) == after
