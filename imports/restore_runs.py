"""Runs that bring a backup back: begun here with a preview; from then on `imports.confirming` and `imports.run`.

Called by `backups.restoring` and `backups.undoing`, which know the backup.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import AuditAction, User
from accounts.services import record
from imports.compared import keys_of
from imports.confirming import refuse_impossible, start_preview
from imports.models import Import
from imports.new_fields import PlannedField
from imports.readers import ColumnMapping
from imports.restoring import Way, Wish, wish_of
from recipients.masterdata.options import AccountValues, EmptyCells, TagsMode
from recipients.models import Group
from recipients.storage import discard


@transaction.atomic
def start_restore(
    *,
    group: Group,
    wish: Wish,
    planned: Sequence[PlannedField],
    mapping: Sequence[ColumnMapping],
    name: str,
    backup_id: uuid.UUID | None,
    undoes: Import | None = None,
    actor: User,
    now: datetime,
) -> Import:
    """A run that brings a backup back into a list, with its preview being made; nothing changes until it is confirmed.

    `mapping` says for each field of the backup, by its place, which of the list's fields, or of those `planned`, gets
    its values. Raises CannotImport when the list cannot be changed now.
    """
    run = Import(
        account_id=group.account_id,
        group=group,
        kind=Import.Kind.UNDO if wish.way is Way.UNDO else Import.Kind.RESTORE,
        backup_id=backup_id,
        undoes=undoes,
        restore=wish.to_json(),
        requested_by=actor,
        file_name=name,
        file_size=0,
        mode=wish.mode.value,
        empty_cells=(EmptyCells.CLEAR if wish.clears else EmptyCells.KEEP).value,
        tags_mode=(TagsMode.REPLACE if wish.clears else TagsMode.ADD).value,
        account_values=(AccountValues.OVERWRITE if wish.overwrite_account_values else AccountValues.FILL).value,
        new_fields=[one.to_json() for one in planned],
        mapping=[one.to_json() for one in mapping],
        created_at=now,
    )
    refuse_impossible(run=run)
    run.save(force_insert=True)
    start_preview(run=run, reactivate=False)
    return run


@transaction.atomic
def change_wish(*, run: Import, wish: Wish) -> None:
    """Have the preview made anew for another wish of the same way; a run that was confirmed meanwhile goes on.

    The rows are read again: how somebody's status comes back is decided there, too.
    """
    current = Import.objects.select_for_update().get(account_id=run.account_id, pk=run.pk)
    if current.status not in (Import.Status.PREVIEWING, Import.Status.PREVIEWED):
        return
    left = [key for key in (current.rows_key, current.kept_key, *keys_of(current)) if key]
    current.restore, current.rows_key, current.kept_key, current.report = wish.to_json(), "", "", {}
    current.compared = {}
    current.save(update_fields=["restore", "rows_key", "kept_key", "report", "compared"])
    transaction.on_commit(lambda: discard("imports", *left), robust=True)
    start_preview(run=current, reactivate=False)


def bring_the_list(*, run: Import, group: Group, now: datetime) -> None:
    """Have the list of a restore be there, in the caller's transaction, which has it locked and fills it.

    It has kept its name, note, settings, fields and block list, or got those of the backup when the run was begun.
    """
    Group.objects.filter(account_id=group.account_id, pk=group.pk).update(deleted_at=None)
    group.deleted_at = None
    is_new = wish_of(run).way is Way.NEW_LIST
    record(
        account_id=group.account_id,
        actor_id=run.requested_by_id,
        action=AuditAction.GROUP_CREATED if is_new else AuditAction.GROUP_RESTORED,
        subject=group.name,
        now=now,
    )
