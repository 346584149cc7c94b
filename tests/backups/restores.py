"""Restores for tests: backups of lists, and the runs that bring them back, step by step in one process."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.on_demand import request_on_demand
from backups.restoring import prepare_restore
from backups.taking import take_backup
from backups.undoing import prepare_undo
from imports.models import Import
from imports.restoring import Way, Wish
from recipients.models import Group, Recipient
from tests.runs import advance, confirm, fresh, take_pending


def make_backup(group: Group, actor: User) -> Backup:
    """A complete backup of a list as it is now."""
    with account_scope(group.account_id):
        backup = request_on_demand(group=Group.objects.get(pk=group.pk), actor=actor, now=timezone.now())
    take_backup(account_id=group.account_id, backup_id=backup.pk)
    with account_scope(group.account_id):
        found: Backup = Backup.objects.select_related("group").get(pk=backup.pk)
    return found


def previewed_restore(backup: Backup, actor: User, way: Way, **wish: Any) -> Import:
    """A restore with its preview."""
    with account_scope(backup.account_id):
        run = prepare_restore(backup=backup, wish=Wish(way=way, **wish), actor=actor, now=timezone.now())
    return previewed(run)


def previewed_undo(run: Import, actor: User) -> Import:
    """The undo of a run, with its preview."""
    with account_scope(run.account_id):
        undo = prepare_undo(run=run, actor=actor, now=timezone.now())
    return previewed(undo)


def previewed(run: Import) -> Import:
    """A run whose preview is to be made, with it."""
    advance(run)
    return advance(run)


def carried_out(run: Import, actor: User) -> Import:
    """A previewed run, confirmed and done; its report has the numbers of its preview."""
    confirm(run, actor)
    take_pending(run.group)
    done = advance(run)
    assert (done.status, done.failure) == (Import.Status.DONE, "")
    told = {name: done.report[name] for name in run.preview["outcome"]}
    assert told == run.preview["outcome"]
    return fresh(done)


def restored(backup: Backup, actor: User, way: Way, **wish: Any) -> Import:
    """A restore, carried out."""
    return carried_out(previewed_restore(backup, actor, way, **wish), actor)


def undone(run: Import, actor: User) -> Import:
    """The undo of a run, carried out."""
    return carried_out(previewed_undo(run, actor), actor)


def rows_of(group: Group) -> dict[str, dict[str, Any]]:
    """The recipients of a list by address, without what only the database knows."""
    with account_scope(group.account_id):
        rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).values()
        unknown = ("id", "account_id", "group_id", "changed_in")
        return {row["email"]: {name: value for name, value in row.items() if name not in unknown} for row in rows}
