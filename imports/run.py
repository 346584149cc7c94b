"""The run of an import: read → wait for the backup → apply, as a state machine over the Import row.

`confirm_import` starts it, `advance_import` does the next step and may be called at any time, by anybody, twice or too
late; `cancel_import` ends it, `sweep_imports` finds what was forgotten. The change, its figures and the state `done`
are one transaction: an import is applied whole or not at all (mission P3).
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from accounts.models import AuditAction, User
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from imports.models import Import
from imports.readers import ColumnMapping, ReadResult, Source, UnreadableFile, read
from imports.signals import import_about_to_change
from recipients.holds import Change, ChangeKind, Hold, HoldState, Interface, ask_for_holds
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.masterdata.apply import apply
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.plan import Mode, Options
from recipients.masterdata.staging import stage
from recipients.models import Group
from recipients.nudge import nudge
from recipients.queries import definitions_of
from recipients.revision import lock_group, lock_with_account_wide_values
from recipients.storage import FAILURES, discard, local_copy, put, remove, scratch_folder

logger = logging.getLogger(__name__)

TASK = "imports.advance_import"

REST_AFTER_ERROR = timedelta(seconds=5)  # times the number of interruptions so far


class CannotImport(Exception):
    """The import cannot start. `code` says why; pages turn it into a sentence."""

    code = ""


class GroupLocked(CannotImport):
    """The list is locked against changes."""

    code = "group_locked"


class GroupDeleted(CannotImport):
    """The list has been deleted, or is about to be."""

    code = "group_deleted"


class ImportAlreadyRunning(CannotImport):
    """Another import into the list has not ended."""

    code = "import_running"


class RunFailed(Exception):
    """The run ends as failed, for a reason that the person is told. `code` names it."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def confirm_import(*, run: Import, actor: User, now: datetime) -> None:
    """Start a draft: its file is read and, at the same time, the backup of its list is made.

    In the caller's transaction. Starting what has started does nothing. Raises CannotImport; then nothing has changed.
    """
    group = lock_group(account_id=run.account_id, group_id=run.group_id)
    current = Import.objects.select_for_update().get(account_id=run.account_id, pk=run.pk)
    if current.status != Import.Status.DRAFT:
        return
    if group.deleted_at is not None or group.deletions.filter(status="waiting").exists():
        raise GroupDeleted
    if group.locked:
        raise GroupLocked
    if Import.objects.filter(account_id=run.account_id, group=group, status__in=Import.RUNNING).exists():
        raise ImportAlreadyRunning
    run.status, run.confirmed_at, run.requested_by = Import.Status.READING, now, actor
    run.save(update_fields=["status", "confirmed_at", "requested_by"])
    ask(run, group, now)
    record(
        account_id=run.account_id,
        actor_id=actor.pk,
        action=AuditAction.IMPORT_STARTED,
        subject=group.name,
        now=now,
        file=run.file_name,
    )
    nudge(TASK, account_id=run.account_id, job_id=run.pk)


def cancel_import(*, run: Import, actor: User, now: datetime) -> bool:
    """End an import that has not changed anything yet; False when it ended before (done imports stay done).

    The process that works on it loses its claim, and with it whatever it was about to commit.
    """
    stoppable = [Import.Status.DRAFT.value, *Import.RUNNING]
    cancelled = Import.objects.filter(account_id=run.account_id, pk=run.pk, status__in=stoppable).update(
        status=Import.Status.CANCELLED, claim=None, claimed_until=None, finished_at=now
    )
    run.refresh_from_db(fields=["status", "finished_at"])
    if cancelled:
        record(
            account_id=run.account_id,
            actor_id=actor.pk,
            action=AuditAction.IMPORT_CANCELLED,
            subject=run.group.name,
            now=now,
            file=run.file_name,
        )
    return bool(cancelled)


def advance_import(*, account_id: int, import_id: uuid.UUID) -> None:
    """Do the next step of an import, if there is one to do and nobody else does it."""
    now = timezone.now()
    with account_scope(account_id):
        token = Import.objects.claim(import_id, statuses=Import.RUNNING, now=now)
        if token is None:
            return
        run = Import.objects.select_related("group").get(pk=import_id)
    try:
        with heartbeat(run, token) as progress:
            if run.interruptions > MAX_INTERRUPTIONS:
                raise RunFailed(run.failure or "interrupted")
            if run.status == Import.Status.READING:
                _read(run, token, progress)
            else:
                _wait_or_apply(run, token, progress)
    except ClaimLost:
        logger.info("import %s went on elsewhere or was cancelled; this attempt changed nothing", import_id)
    except RunFailed as reason:
        _fail(run, token, reason)
    except Exception as error:
        logger.exception("import %s was interrupted", import_id)
        _rest(run, token, error)


def ask(run: Import, group: Group, now: datetime, *, locked: bool = False) -> Hold:
    """Announce the import, and hear whether it must wait."""
    change = Change(
        kind=ChangeKind.IMPORT,
        id=run.pk,
        group=group,
        interface=Interface(run.interface),
        requested_by_id=run.requested_by_id,
        label=run.file_name,
    )
    return ask_for_holds(
        import_about_to_change, change=change, revision=group.revision, now=now, locked=locked, misses=run.misses
    )


def _read(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None]) -> None:
    """Turn the uploaded file into a master-data file and the rejected rows."""
    with account_scope(run.account_id):
        fields = definitions_of(run.group)
    with scratch_folder() as folder:
        rows, rejected = folder / "rows.parquet", folder / "rejected.parquet"
        try:
            with local_copy("imports", run.file_key) as path:
                result = read(
                    path,
                    source=Source.from_json(run.source),
                    mapping=[ColumnMapping.from_json(one) for one in run.mapping],
                    fields=fields,
                    target=rows,
                    rejected=rejected,
                    progress=progress,
                )
        except FileNotFoundError as error:
            raise RunFailed("file_missing") from error
        except UnreadableFile as error:
            detail = {"problem": error.code, "line": error.line, "column": error.column, "about": error.detail}
            raise RunFailed("unreadable", **detail) from error
        _keep(run, token, result, rows, rejected)


def _keep(run: Import, token: uuid.UUID, result: ReadResult, rows: Path, rejected: Path) -> None:
    """Put what was read into storage, and let the run go on with it.

    Each attempt has a place of its own: a process that was stopped and overtaken may go on at any time, and must not
    leave a file where nobody looks for one any more.
    """
    rows_key, rejected_key = (f"{run.account_id}/{run.pk}/{token.hex}.{name}.parquet" for name in ("rows", "rejected"))
    report = {
        "rows": result.rows_total,
        "rejected": sum(result.rejected_by_reason.values()),
        "rejected_by_reason": result.rejected_by_reason,
    }
    try:
        put("imports", rows_key, rows)
        put("imports", rejected_key, rejected)
        with account_scope(run.account_id):
            run.release(
                token,
                status=Import.Status.WAITING,
                rows_key=rows_key,
                rejected_key=rejected_key,
                report=report,
                read_at=timezone.now(),
                failure="",
                rows_done=0,
                rows_known=result.rows_read,
            )
            nudge(TASK, account_id=run.account_id, job_id=run.pk)
    except (*FAILURES, ClaimLost):
        discard("imports", rows_key, rejected_key)
        raise


def _wait_or_apply(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None]) -> None:
    with account_scope(run.account_id):
        group = Group.objects.get(account_id=run.account_id, pk=run.group_id)
        if group.deleted_at is not None:  # not asked then: that would begin a backup of a list that is gone
            raise RunFailed("group_deleted")
        hold = ask(run, group, timezone.now())
        if hold.state is HoldState.OPEN:
            run.release(token, status=Import.Status.WAITING, misses=run.misses + hold.overtaken)
            return
        if hold.state is HoldState.FAILED:
            raise RunFailed(hold.reason, **hold.detail)
        Import.objects.filter(pk=run.pk, claim=token).update(status=Import.Status.APPLYING)
    try:
        with local_copy("imports", run.rows_key) as path, MasterDataFile.open(path) as file:
            _apply(run, token, progress, file)
    except FileNotFoundError as error:
        raise RunFailed("file_missing") from error
    discard_files(run=run)


def _apply(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None], file: MasterDataFile) -> None:
    """Apply the read rows in one transaction, if the backup still is of the state that they replace."""
    with account_scope(run.account_id):
        staged = stage(file, progress=progress)
        lock = lock_with_account_wide_values if staged.account_fields else lock_group
        group = lock(account_id=run.account_id, group_id=run.group_id)
        if group.deleted_at is not None:
            raise RunFailed("group_deleted")
        if group.locked:
            raise RunFailed("group_locked")
        now = timezone.now()
        hold = ask(run, group, now, locked=True)
        if hold.state is HoldState.FAILED:
            raise RunFailed(hold.reason, **hold.detail)
        if hold.state is HoldState.OPEN:  # somebody wrote to the list after its backup: another is being made
            run.release(token, status=Import.Status.WAITING, misses=run.misses + hold.overtaken)
            return
        options = Options(mode=Mode(run.mode), reactivate=run.reactivate)
        outcome = apply(group=group, staged=staged, options=options, now=now)
        done = timezone.now()
        report = {**run.report, **outcome.to_json()}
        run.release(
            token, status=Import.Status.DONE, report=report, failure="", finished_at=done, rows_done=file.row_count
        )
        _record_end(run, AuditAction.IMPORT_DONE, done)


def _fail(run: Import, token: uuid.UUID, reason: RunFailed) -> None:
    with account_scope(run.account_id):
        now = timezone.now()
        try:
            run.release(
                token,
                status=Import.Status.FAILED,
                failure=reason.code,
                failure_detail=reason.detail,
                finished_at=now,
            )
        except ClaimLost:
            logger.info("import %s was ended elsewhere before it failed with %s", run.pk, reason.code)
            return
        _record_end(run, AuditAction.IMPORT_FAILED, now)
    discard_files(run=run)


def _rest(run: Import, token: uuid.UUID, error: Exception) -> None:
    """Keep the job for another attempt, or for the sweep to give up."""
    code = "storage_unavailable" if isinstance(error, FAILURES) else "internal"
    rest = REST_AFTER_ERROR * (run.interruptions + 1)
    try:
        with account_scope(run.account_id):
            run.give_back(token, until=timezone.now() + rest, failure=code)
            nudge(TASK, account_id=run.account_id, job_id=run.pk, after=rest + timedelta(seconds=1))
    except (ClaimLost, DatabaseError):
        logger.exception("import %s could not be given back; the sweep finds it", run.pk)


def _record_end(run: Import, action: AuditAction, now: datetime) -> None:
    record(
        account_id=run.account_id,
        actor_id=run.requested_by_id,
        action=action,
        subject=run.group.name,
        now=now,
        file=run.file_name,
    )


def discard_files(*, run: Import) -> None:
    """Delete the uploaded file and the rows read from it, once the run has ended; the rejected rows stay."""
    if run.is_running or run.status == Import.Status.DRAFT:
        return
    for key in filter(None, (run.file_key, run.rows_key)):
        remove("imports", key)
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(file_key="", rows_key="")


def sweep_imports(*, now: datetime) -> int:
    """Send workers to imports that were forgotten; gives how many."""
    with across_accounts("forgotten imports are looked for"):
        forgotten = Import.objects.take_forgotten(statuses=Import.RUNNING, now=now)
        for account_id, import_id in forgotten:
            nudge(TASK, account_id=account_id, job_id=import_id)
    return len(forgotten)
