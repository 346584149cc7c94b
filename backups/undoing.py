"""Undoing: an import is taken back by the exact restore of the backup that it made.

Whoever changed after the import stays as they are, unless the person asks otherwise. A restore and an undo are imports
too, so each can be undone in turn.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.models import User
from backups.models import Backup
from backups.restoring import CannotRestore, describe, field_questions
from imports.confirming import CannotImport
from imports.models import Import
from imports.readers import ColumnMapping
from imports.restore_runs import start_restore
from imports.restoring import FieldAction, FieldChoice, Way, Wish

CHANGED: Final = ("added", "changed", "removed", "contacts_changed")
"""The numbers of a report that say whether an undo did anything."""


def why_not_undoable(*, run: Import) -> str:
    """A code for why an import cannot be taken back; empty when it can. The codes are those of `reasons_against`."""
    return reasons_against(runs=[run])[run.pk]


def reasons_against(*, runs: Sequence[Import]) -> dict[uuid.UUID, str]:
    """For each of an account's imports a code for why it cannot be taken back, empty when it can; by their keys.

    `not_done`, `too_old` (made by a Listkeep that kept no numbers), `group_deleted`, `no_backup` (the switches were
    off), `undone` already, `redone` (its undo was taken back: the last step is what can be undone), `backup_purged`,
    `backup_damaged`. Two statements at most, however many imports.
    """
    reasons = {run.pk: _standing_reason(run) for run in runs}
    possible = [run for run in runs if not reasons[run.pk]]
    if not possible:
        return reasons
    account_id = possible[0].account_id
    undone_by = _undone_by(account_id, {run.group_id for run in possible})
    for run in possible:
        if steps := _steps(run, undone_by):
            reasons[run.pk] = "undone" if len(steps) % 2 else "redone"
    # An import into an empty list needs no backup to be taken back.
    in_need = [run for run in possible if not reasons[run.pk] and not run.report.get("was_empty")]
    needed = {run.pk: key for run in in_need if (key := _backup_key(run))}
    if needed:
        kept = Backup.objects.filter(account_id=account_id, status=Backup.Status.COMPLETE, pk__in=needed.values())
        damage = dict(kept.values_list("pk", "damage"))
        for run_key, key in needed.items():
            if key not in damage:
                reasons[run_key] = "backup_purged"
            elif damage[key]:
                reasons[run_key] = "backup_damaged"
    return reasons


def last_step(*, run: Import) -> Import | None:
    """The undo that took an import back, or the last of those that took that back in turn; None when none did."""
    steps = _steps(run, _undone_by(run.account_id, {run.group_id}))
    return Import.objects.get(account_id=run.account_id, pk=steps[-1]) if steps else None


def _undone_by(account_id: int, group_ids: Collection[int]) -> dict[uuid.UUID, uuid.UUID]:
    """For each run of these lists that was taken back: the undo. One that changed nothing took nothing back."""
    done = Import.objects.filter(
        account_id=account_id, group_id__in=group_ids, kind=Import.Kind.UNDO, status=Import.Status.DONE
    )
    undos = done.values_list("undoes_id", "pk", *(f"report__{name}" for name in CHANGED))
    return {undone: undo for undone, undo, *numbers in undos if any(numbers)}


def _steps(run: Import, undone_by: Mapping[uuid.UUID, uuid.UUID]) -> list[uuid.UUID]:
    """The undo of a run, the undo of that, and so on."""
    steps = []
    step = undone_by.get(run.pk)
    while step is not None:
        steps.append(step)
        step = undone_by.get(step)
    return steps


def _standing_reason(run: Import) -> str:
    """The reason that the row itself and its list tell; empty when there is none."""
    reasons = {
        "not_done": run.status != Import.Status.DONE,
        "too_old": run.change_number is None,
        "group_deleted": run.group.deleted_at is not None,
        "no_backup": not run.report.get("was_empty") and "backup" not in run.report,
    }
    return next((code for code, applies in reasons.items() if applies), "")


def _backup_key(run: Import) -> uuid.UUID | None:
    """The key of the backup of the state that a done import replaced; None when it made none."""
    made = run.report.get("backup")
    return None if made is None else uuid.UUID(made)


def _backup_of(run: Import) -> Backup | None:
    """The backup of the state that the import replaced; None when it is no longer there."""
    complete = Backup.objects.filter(account_id=run.account_id, status=Backup.Status.COMPLETE)
    return complete.filter(pk=_backup_key(run)).first()


@transaction.atomic
def prepare_undo(*, run: Import, actor: User, now: datetime) -> Import:
    """A run that takes an import back, its preview being made; nothing changes until it is confirmed.

    An undo of it that waits in its preview is given again. Raises CannotRestore with a code of `why_not_undoable`, or
    of what stands in the way of any import.
    """
    run = (
        Import.objects.select_related("group").select_for_update(of=("self",)).get(account_id=run.account_id, pk=run.pk)
    )
    if code := why_not_undoable(run=run):
        raise CannotRestore(code)
    waiting: Import | None = run.undone_by.filter(status__in=Import.UNCONFIRMED).order_by("-created_at").first()
    if waiting is not None:
        return waiting
    backup = _backup_of(run)
    choices, mapping = _fields(run, backup)
    wish = Wish(
        way=Way.UNDO,
        fields=choices,
        recipients=max(run.group.recipient_count, backup.recipient_count or 0 if backup else 0),
        taken_at=backup.requested_at if backup else None,
    )
    try:
        return start_restore(
            group=run.group,
            wish=wish,
            planned=[],
            mapping=mapping,
            name=run.file_name,
            backup_id=backup.pk if backup else None,
            undoes=run,
            actor=actor,
            now=now,
        )
    except CannotImport as refused:
        raise CannotRestore(refused.code) from refused


def _fields(run: Import, backup: Backup | None) -> tuple[tuple[FieldChoice, ...], list[ColumnMapping]]:
    """Fields that are still the same get their values back. An undo makes no field: what was deleted since stays so."""
    if backup is None:
        return (), []
    fields = describe(backup=backup).fields
    questions = field_questions(account_id=run.account_id, group=run.group, fields=fields)
    matching = FieldAction.MATCH
    choices = tuple(
        one.default if one.default.action is matching else FieldChoice(one.key, FieldAction.LEAVE_OUT)
        for one in questions
    )
    mapping = [
        ColumnMapping(target=choice.target, column=place)
        for place, choice in enumerate(choices)
        if choice.action is matching
    ]
    return choices, mapping
