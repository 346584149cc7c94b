"""The run of an import: read → wait for the backup → apply, as a state machine over the Import row.

`imports.confirming` starts and cancels it. `advance_import` does the next step and may be called at any time, by
anybody, twice or too late; `sweep_imports` finds what was forgotten. The change, its figures and the state `done` are
one transaction: an import is applied whole or not at all (mission P3). A preview is made the same way, before.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from imports.compared import keys_of
from imports.confirming import TASK, ask
from imports.kept import write_down_kept
from imports.models import Import
from imports.new_fields import FieldsChanged, PlannedField, make_fields
from imports.preview import differs, options_of, preview_of, stage_rows, without_samples
from imports.reading import block_list_for, read_anew, read_source, settle
from imports.readmission import let_in_again
from imports.restore_runs import bring_the_list
from imports.restoring import brings_the_list
from imports.sources import RunFailed, source_of
from recipients.holds import HoldState
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.masterdata.apply import apply, needs_all_groups
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.staging import Staged
from recipients.models import Group
from recipients.nudge import nudge
from recipients.revision import lock_group, lock_with_account_wide_values, next_change
from recipients.services import lock_fields
from recipients.storage import FAILURES, discard, local_copy, remove

logger = logging.getLogger(__name__)

# As the audit trail calls the end of an import, and that of a restore.
_DONE = (AuditAction.IMPORT_DONE, AuditAction.RESTORE_DONE)
_FAILED = (AuditAction.IMPORT_FAILED, AuditAction.RESTORE_FAILED)
REST_AFTER_ERROR = timedelta(seconds=5)  # times the number of interruptions so far


def advance_import(*, account_id: int, import_id: uuid.UUID) -> None:
    """Do the next step of an import, if there is one to do and nobody else does it."""
    now = timezone.now()
    with account_scope(account_id):
        token = Import.objects.claim(import_id, now=now)
        if token is None:
            return
        run = Import.objects.select_related("group__account", "requested_by").get(pk=import_id)
    try:
        with heartbeat(run, token) as progress:
            if run.interruptions > MAX_INTERRUPTIONS:
                raise RunFailed(run.failure or "interrupted")
            _step(run, token, progress)
    except ClaimLost:
        logger.info("import %s went on elsewhere or was cancelled; this attempt changed nothing", import_id)
    except RunFailed as reason:
        _fail(run, token, reason)
    except Exception as error:
        logger.exception("import %s was interrupted", import_id)
        _rest(run, token, error)


def _step(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None]) -> None:
    """What a claimed import has to do next."""
    if run.status == Import.Status.READING:
        read_source(run, token, progress, then=Import.Status.WAITING)
    elif run.status != Import.Status.PREVIEWING:
        _wait_or_apply(run, token, progress)
    elif not run.rows_key:
        read_source(run, token, progress, then=Import.Status.PREVIEWING)
    else:
        _preview(run, token, progress)


def _preview(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None]) -> None:
    """Count what the import would do, once its file has been read."""
    with _rows_of(run) as file, account_scope(run.account_id):
        if _is_outdated(run, run.group):
            read_anew(run, token, status=Import.Status.PREVIEWING)
            return
        before = keys_of(run)
        staged = stage_rows(run, file, progress, keep_as=token)
        found, kept_key = preview_of(run, staged), write_down_kept(run, staged, attempt=token)
        try:
            run.release(
                token,
                status=Import.Status.PREVIEWED,
                preview=found,
                kept_key=kept_key,
                compared=run.compared,
                previewed_at=timezone.now(),
                failure="",
            )
        except ClaimLost:
            discard("imports", *filter(None, [kept_key, *(key for key in keys_of(run) if key not in before)]))
            raise


@contextmanager
def _rows_of(run: Import) -> Iterator[MasterDataFile]:
    """The master-data file that was read from the upload."""
    try:
        with local_copy("imports", run.rows_key) as path, MasterDataFile.open(path) as file:
            yield file
    except FileNotFoundError as error:
        raise RunFailed("file_missing") from error


def _wait_or_apply(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None]) -> None:
    with account_scope(run.account_id):
        group = Group.objects.get(account_id=run.account_id, pk=run.group_id)
        _refuse_gone(run, group)  # before it is asked for holds: that would begin a backup of a list that is gone
        hold = ask(run, group, timezone.now())
        if hold.state is HoldState.OPEN:
            run.release(token, status=Import.Status.WAITING, misses=run.misses + hold.overtaken)
            return
        if hold.state is HoldState.FAILED:
            raise RunFailed(hold.reason, **hold.detail)
        Import.objects.filter(pk=run.pk, claim=token).update(status=Import.Status.APPLYING)
    with _rows_of(run) as file:
        _apply(run, token, progress, file)
    discard_files(run=run)


def _apply(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None], file: MasterDataFile) -> None:
    """Apply the read rows in one transaction, if the backup still is of the state that they replace."""
    with account_scope(run.account_id):
        staged = stage_rows(run, file, progress)
        group = _lock(run, staged)
        if staged.revision not in (None, group.revision):  # somebody wrote to the list while it was compared
            staged = stage_rows(run, file, progress)
        _refuse_gone(run, group)
        if group.locked:
            raise RunFailed("group_locked")
        if _is_outdated(run, group):
            # Which rows come in, or which fields their values are for, is another question now.
            read_anew(run, token, status=Import.Status.READING)
            return
        now = timezone.now()
        hold = ask(run, group, now, locked=True)
        if hold.state is HoldState.FAILED:
            raise RunFailed(hold.reason, **hold.detail)
        if hold.state is HoldState.OPEN:  # somebody wrote to the list after its backup: another is being made
            run.release(token, status=Import.Status.WAITING, misses=run.misses + hold.overtaken)
            return
        if brings_the_list(run):
            bring_the_list(run=run, group=group, now=now)
        _make_fields(run, group, now)
        was_empty, change = group.recipient_count == 0, next_change()
        # Whom it removes is remembered as long as its backup: without one, nothing can be undone.
        options = replace(options_of(run), job_id=run.pk if "backup" in hold.detail else None)
        kept_key = _kept_now(run, group, staged, token)
        outcome = apply(group=group, staged=staged, options=options, now=now, change=change)
        let_in_again(run=run, file=file, now=now)
        done = timezone.now()
        run.release(
            token,
            status=Import.Status.DONE,
            report={
                **run.report,
                **outcome.to_json(),
                **hold.detail,
                "as_previewed": not differs(run.preview, outcome),
                "was_empty": was_empty,
            },
            change_number=change,
            kept_key=kept_key,
            preview=without_samples(run.preview),
            entered={},
            failure="",
            finished_at=done,
            rows_done=file.row_count,
        )
        _record_end(run, _DONE, done)


def _kept_now(run: Import, group: Group, staged: Staged, token: uuid.UUID) -> str:
    """The file of those whom an undo leaves as they are: that of the preview, a new one if the list changed since.

    The new one is small and rare, so that it is stored while the list is locked.
    """
    if not run.preview or run.preview["revision"] == group.revision:
        return run.kept_key
    before, now = run.kept_key, write_down_kept(run, staged, attempt=token)
    if before and before != now:
        transaction.on_commit(lambda: discard("imports", before), robust=True)
    return now


def _refuse_gone(run: Import, group: Group) -> None:
    """Raise RunFailed for a list that was deleted, or, when it was to come back, is there already."""
    if brings_the_list(run):
        if group.deleted_at is None:
            raise RunFailed("group_present")
    elif group.deleted_at is not None:
        raise RunFailed("group_deleted")


def _lock(run: Import, staged: Staged) -> Group:
    """The group, locked with all that the import may change. Fields are locked before groups, as everywhere."""
    if run.new_fields or brings_the_list(run):
        lock_fields(account_id=run.account_id)
    account_wide = needs_all_groups(group=run.group, staged=staged, options=options_of(run))
    lock = lock_with_account_wide_values if account_wide else lock_group
    return lock(account_id=run.account_id, group_id=run.group_id)


def _is_outdated(run: Import, group: Group) -> bool:
    """Whether the rows must be read again: for who is blocked, which fields there are, or what they are read from."""
    source = source_of(run)
    blocked = block_list_for(run, group).mark != run.block_list_mark
    return blocked or not settle(run, group) or (source is not None and source.is_outdated(run))


def _make_fields(run: Import, group: Group, now: datetime) -> None:
    planned = [PlannedField.from_json(one) for one in run.new_fields]
    try:
        make_fields(group=group, planned=planned, actor=run.requested_by, now=now)
    except FieldsChanged as error:
        raise RunFailed("fields_changed", label=error.label) from error


def _fail(run: Import, token: uuid.UUID, reason: RunFailed) -> None:
    with account_scope(run.account_id):
        now = timezone.now()
        try:
            run.release(
                token,
                status=Import.Status.FAILED,
                failure=reason.code,
                failure_detail=reason.detail,
                preview=without_samples(run.preview),
                entered={},
                finished_at=now,
            )
        except ClaimLost:
            logger.info("import %s was ended elsewhere before it failed with %s", run.pk, reason.code)
            return
        _record_end(run, _FAILED, now)
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


def _record_end(run: Import, actions: tuple[AuditAction, AuditAction], now: datetime) -> None:
    record(
        account_id=run.account_id,
        actor_id=run.requested_by_id,
        action=actions[run.kind != Import.Kind.FILE],
        subject=run.group.name,
        now=now,
        file=run.file_name,
    )


def discard_files(*, run: Import) -> None:
    """Delete the uploaded file and the rows read from it, once the run has ended; the rejected rows stay."""
    if run.is_running or run.status in Import.UNCONFIRMED:
        return
    for key in filter(None, (run.file_key, run.rows_key, *keys_of(run))):
        remove("imports", key)
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(file_key="", rows_key="", compared={})


def sweep_imports(*, now: datetime) -> int:
    """Send workers to imports that were forgotten; gives how many."""
    with across_accounts("forgotten imports are looked for"):
        forgotten = Import.objects.take_forgotten(now=now)
        for account_id, import_id in forgotten:
            nudge(TASK, account_id=account_id, job_id=import_id)
    return len(forgotten)
