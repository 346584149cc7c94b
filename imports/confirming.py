"""Before and beside the run: a person has a preview made, starts an import, goes back to its mapping, or cancels it.

Each is one short transaction over the Import row; `imports.run` does the work.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import AuditAction, User
from accounts.services import record
from imports.models import Import
from imports.restoring import brings_the_list
from imports.signals import import_about_to_change
from recipients.holds import Change, ChangeKind, Hold, Interface, ask_for_holds
from recipients.models import Group
from recipients.nudge import nudge
from recipients.revision import lock_group
from recipients.storage import discard

TASK = "imports.advance_import"


class CannotImport(Exception):
    """The import cannot start. `code` says why; pages turn it into a sentence."""

    code = ""


class GroupLocked(CannotImport):
    """The list is locked against changes."""

    code = "group_locked"


class GroupDeleted(CannotImport):
    """The list has been deleted, or is about to be."""

    code = "group_deleted"


class DeletionRunning(CannotImport):
    """Recipients or a field of the list are being deleted."""

    code = "deletion_running"


class ImportAlreadyRunning(CannotImport):
    """Another import into the list has not ended."""

    code = "import_running"


class GroupPresent(CannotImport):
    """A deleted list was to come back, but somebody brought it back already."""

    code = "group_present"


def refuse_impossible(*, run: Import) -> None:
    """Raise CannotImport when the import could not start now, so that nobody waits for a preview in vain."""
    _refuse(run, Group.objects.get(account_id=run.account_id, pk=run.group_id))


def _refuse(run: Import, group: Group) -> None:
    deletion = group.deletions.filter(status="waiting").first()
    if brings_the_list(run):
        if group.deleted_at is None:
            raise GroupPresent
    elif group.deleted_at is not None or (deletion is not None and deletion.kind == "group"):
        raise GroupDeleted
    if deletion is not None:
        raise DeletionRunning
    if group.locked:
        raise GroupLocked
    if Import.objects.filter(account_id=group.account_id, group=group, status__in=Import.RUNNING).exists():
        raise ImportAlreadyRunning


def start_preview(*, run: Import, reactivate: bool) -> None:
    """Have it counted what the import would do; nothing of the list changes. What was read already is not read again.

    In the caller's transaction, with the row locked and not yet confirmed.
    """
    run.status, run.reactivate, run.preview = Import.Status.PREVIEWING, reactivate, {}
    run.claim = run.claimed_until = None
    run.interruptions = 0
    run.save(update_fields=["status", "reactivate", "preview", "claim", "claimed_until", "interruptions"])
    nudge(TASK, account_id=run.account_id, job_id=run.pk)


@transaction.atomic
def preview_again(*, run: Import, reactivate: bool) -> None:
    """Make the preview anew: the list changed since, or the person wants people turned active again, or no longer."""
    current = Import.objects.select_for_update().get(account_id=run.account_id, pk=run.pk)
    if current.status in (Import.Status.PREVIEWING, Import.Status.PREVIEWED):
        start_preview(run=current, reactivate=reactivate)


@transaction.atomic
def reopen_draft(*, run: Import) -> None:
    """Back to the mapping; what was read goes, since it may be read otherwise next time. Confirmed imports go on.

    A restore has no mapping to go back to.
    """
    current = Import.objects.select_for_update().get(account_id=run.account_id, pk=run.pk)
    if current.kind == Import.Kind.FILE and current.status in (Import.Status.PREVIEWING, Import.Status.PREVIEWED):
        to_draft(current)


def to_draft(run: Import) -> None:
    """Make a locked, unconfirmed import a draft again whose file has not been read."""
    left = [key for key in (run.rows_key, run.rejected_key) if key]
    run.status, run.preview, run.report, run.reactivate = Import.Status.DRAFT, {}, {}, False
    run.readmit_erased = False
    run.claim, run.claimed_until, run.rows_key, run.rejected_key = None, None, "", ""
    run.save(
        update_fields=[
            "status",
            "preview",
            "report",
            "reactivate",
            "readmit_erased",
            "claim",
            "claimed_until",
            "rows_key",
            "rejected_key",
        ]
    )
    transaction.on_commit(lambda: discard("imports", *left), robust=True)


@transaction.atomic
def confirm_import(*, run: Import, actor: User, now: datetime) -> None:
    """Start an import: its file is read, unless the preview did, and at the same time the backup of its list is made.

    Starting what has started does nothing. Raises CannotImport; then nothing has changed.
    """
    group = lock_group(account_id=run.account_id, group_id=run.group_id)
    current = Import.objects.select_for_update().get(account_id=run.account_id, pk=run.pk)
    if current.status not in Import.UNCONFIRMED:
        return
    _refuse(run, group)
    run.status = Import.Status.WAITING if current.rows_key else Import.Status.READING
    run.rows_key, run.report = current.rows_key, current.report
    run.claim = run.claimed_until = None  # whoever makes a preview of it loses the claim
    run.interruptions, run.confirmed_at, run.requested_by = 0, now, actor
    run.save(update_fields=["status", "claim", "claimed_until", "interruptions", "confirmed_at", "requested_by"])
    ask(run, group, now)
    record(
        account_id=run.account_id,
        actor_id=actor.pk,
        action=AuditAction.IMPORT_STARTED if run.kind == Import.Kind.FILE else AuditAction.RESTORE_STARTED,
        subject=group.name,
        now=now,
        file=run.file_name,
    )
    nudge(TASK, account_id=run.account_id, job_id=run.pk)


def cancel_import(*, run: Import, actor: User, now: datetime) -> bool:
    """End an import that has not changed anything yet; False when it ended before (done imports stay done).

    The process that works on it loses its claim, and with it whatever it was about to commit.
    """
    stoppable = [*Import.UNCONFIRMED, *Import.RUNNING]
    cancelled = Import.objects.filter(account_id=run.account_id, pk=run.pk, status__in=stoppable).update(
        status=Import.Status.CANCELLED, claim=None, claimed_until=None, finished_at=now, preview={}, entered={}
    )
    run.refresh_from_db(fields=["status", "finished_at"])
    if cancelled:
        record(
            account_id=run.account_id,
            actor_id=actor.pk,
            action=AuditAction.IMPORT_CANCELLED if run.kind == Import.Kind.FILE else AuditAction.RESTORE_CANCELLED,
            subject=run.group.name,
            now=now,
            file=run.file_name,
        )
    return bool(cancelled)


def ask(run: Import, group: Group, now: datetime, *, locked: bool = False) -> Hold:
    """Announce the import, and hear whether it must wait."""
    change = Change(
        kind=ChangeKind.IMPORT if run.kind == Import.Kind.FILE else ChangeKind.RESTORE,
        id=run.pk,
        group=group,
        interface=Interface(run.interface),
        requested_by_id=run.requested_by_id,
        label=run.file_name,
    )
    return ask_for_holds(
        import_about_to_change, change=change, revision=group.revision, now=now, locked=locked, misses=run.misses
    )
