"""Taking backups: from the announcement of a change to the complete row in the catalogue.

The order is what makes a backup trustworthy: the file is written and hashed, put into storage (durable when `put`
returns), read back and hashed again, and only then does the row turn complete, in one transaction with the nudge of
the job that waits for it. A change is released only by a complete row that holds the group's present revision.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from accounts.models import Account, AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup
from backups.verification import read_contents
from recipients.holds import PATIENCE, Change, ChangeKind, Hold, HoldState, Interface
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.masterdata.file import sha256_of
from recipients.masterdata.take import Taken, take
from recipients.models import Group
from recipients.nudge import nudge
from recipients.revision import lock_group
from recipients.scratch import scratch_folder
from recipients.storage import FAILURES, discard, local_copy, put

logger = logging.getLogger(__name__)

TASK = "backups.take_backup"
DELETION_TASK = "recipients.advance_deletion"
NUDGED_BY_TRIGGER = {
    Backup.Trigger.IMPORT: "imports.advance_import",
    Backup.Trigger.RESTORE: "imports.advance_import",
    Backup.Trigger.GROUP_DELETION: DELETION_TASK,
    Backup.Trigger.CLEARING: DELETION_TASK,
    Backup.Trigger.RECIPIENTS_DELETION: DELETION_TASK,
    Backup.Trigger.FIELD_DELETION: DELETION_TASK,
}
MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=2)  # doubled at each attempt


class GroupGone(Exception):
    """The group has been deleted; there is nothing to back up."""


class StoredFileDiffers(Exception):
    """What the storage gives back is not what was put into it."""


def hold_for_change(*, change: Change, revision: int, now: datetime, locked: bool, misses: int) -> Hold | None:
    """The backup that `change` must wait for, begun if it is not yet; None when the rules ask for none.

    A change to several groups asks for each of them, and each has a backup of its own. Released only by a complete
    backup that holds `revision`. When writers have overtaken the backup PATIENCE times, no other is begun: it is taken
    here and now once the change has the group locked.
    """
    backup = (
        Backup.objects.filter(account_id=change.group.account_id, change_id=change.id, group_id=change.group.pk)
        .order_by("-requested_at")
        .first()
    )
    if backup is None and not is_wanted(change):
        return None
    if backup is not None:
        if backup.status == Backup.Status.FAILED:
            return Hold(HoldState.FAILED, "backup_failed", {"cause": backup.failure})
        if backup.status == Backup.Status.PENDING:
            return Hold(HoldState.OPEN)
        if backup.status == Backup.Status.COMPLETE and backup.revision == revision and not backup.damage:
            return _released(backup)
    if backup is not None and misses >= PATIENCE:
        return _released(take_in_lock(change=change, now=now) if locked else backup)
    request_backup(change=change, now=now)
    return Hold(HoldState.OPEN, overtaken=backup is not None)


def _released(backup: Backup) -> Hold:
    """The change may go on; its report names the backup."""
    return Hold(HoldState.RELEASED, detail={"backup": str(backup.pk)})


def is_wanted(change: Change) -> bool:
    """Whether a change makes a backup: in the browser, with both switches on, of a list that is not empty.

    A restore makes one whatever the switches say, and from wherever it is asked for.
    """
    group = change.group
    if change.kind is ChangeKind.RESTORE:
        return group.recipient_count > 0
    return (
        change.interface is Interface.BROWSER
        and group.account.automatic_backups
        and group.automatic_backups
        and group.recipient_count > 0
    )


def request_backup(*, change: Change, now: datetime) -> Backup:
    """A pending backup for a change, and a worker sent to it."""
    backup = Backup.objects.create(**_described(change, now))
    nudge(TASK, account_id=backup.account_id, job_id=backup.pk)
    return backup


def request_for_itself(*, group: Group, trigger: Backup.Trigger, actor_id: int | None, now: datetime) -> Backup:
    """A pending backup that no change waits for, and a worker sent to it; a pending one of the same kind is given.

    Waits for no writer of the group: an import that is being applied has it locked for long.
    """
    backup, is_new = Backup.objects.get_or_create(
        account_id=group.account_id,
        group_id=group.pk,
        trigger=trigger,
        status=Backup.Status.PENDING,
        change_id=None,
        defaults={"group_name": group.name, "requested_at": now, "requested_by_id": actor_id},
    )
    if is_new:
        nudge(TASK, account_id=backup.account_id, job_id=backup.pk)
    return backup


def take_in_lock(*, change: Change, now: datetime) -> Backup:
    """A complete backup, taken in the caller's transaction, which has the group locked. Raises what storage raises."""
    backup = Backup(**_described(change, now))
    with scratch_folder() as folder:
        path = folder / "backup.parquet"
        taken = take(
            group=change.group, path=path, trigger=backup.trigger, now=now, progress=lambda _done, _known: None
        )
        stored = store(backup, path, taken, attempt=uuid.uuid4())
    for name, value in stored.items():
        setattr(backup, name, value)
    backup.status, backup.completed_at = Backup.Status.COMPLETE, now
    backup.expires_at = now + timedelta(days=change.group.account.retention_days)
    backup.save(force_insert=True)
    note_completion(backup, now)
    return backup


def _described(change: Change, now: datetime) -> dict[str, Any]:
    return {
        "account_id": change.group.account_id,
        "group_id": change.group.pk,
        "group_name": change.group.name,
        "trigger": Backup.Trigger(change.kind.value),
        "change_id": change.id,
        "label": change.label,
        "requested_at": now,
        "requested_by_id": change.requested_by_id,
    }


def take_backup(*, account_id: int, backup_id: uuid.UUID) -> None:
    """Make a pending backup complete, if it is due and nobody else does it. After an error it is tried again later."""
    now = timezone.now()
    with account_scope(account_id):
        token = Backup.objects.claim(backup_id, now=now)
        if token is None:
            return
        backup = Backup.objects.select_related("account").get(pk=backup_id)
        if backup.retry_at is not None and backup.retry_at > now:
            backup.release(token)
            return
    try:
        with heartbeat(backup, token) as progress:
            if backup.interruptions > MAX_INTERRUPTIONS:
                _fail(backup, token, backup.failure or "interrupted")
            elif not _reuse(backup, token):
                _take(backup, token, progress)
    except ClaimLost:
        logger.info("backup %s was made elsewhere; this attempt is dropped", backup_id)
    except GroupGone:
        _fail(backup, token, "group_deleted")
    except Exception as error:
        logger.exception("backup %s could not be made", backup_id)
        _retry(backup, token, error)


def _take(backup: Backup, token: uuid.UUID, progress: Callable[[int, int | None], None]) -> None:
    with scratch_folder() as folder:
        path = folder / "backup.parquet"
        with account_scope(backup.account_id, snapshot=True):
            group = Group.objects.get(account_id=backup.account_id, pk=backup.group_id)
            if group.deleted_at is not None:
                raise GroupGone
            taken = take(group=group, path=path, trigger=backup.trigger, now=timezone.now(), progress=progress)
        stored = store(backup, path, taken, attempt=token)
    try:
        with account_scope(backup.account_id):
            _complete(backup, token, stored)
    except ClaimLost:
        discard("backups", stored["file_key"])
        raise


def store(backup: Backup, path: Path, taken: Taken, *, attempt: uuid.UUID) -> dict[str, Any]:
    """Put a taken file into storage, read it back, and give what the catalogue keeps. Raises StoredFileDiffers."""
    sha256, size = sha256_of(path), path.stat().st_size
    key = key_of(backup, attempt)
    try:
        put("backups", key, path)
        back = read_contents(key)
        if back is None or back.differs(sha256=sha256, recipient_count=taken.recipient_count, revision=taken.revision):
            raise StoredFileDiffers(key)
    except (*FAILURES, StoredFileDiffers):
        discard("backups", key)
        raise
    return {
        "file_key": key,
        "sha256": sha256,
        "size": size,
        "revision": taken.revision,
        "recipient_count": taken.recipient_count,
        "active_count": taken.active_count,
    }


def key_of(backup: Backup, attempt: uuid.UUID) -> str:
    """Where an attempt at the backup puts its file.

    Each attempt has a place of its own: a process that was stopped and overtaken may go on at any time, and must not
    write over the file of the attempt that the catalogue knows.
    """
    return f"{backup.account_id}/{backup.group_id}/{backup.pk}.{attempt.hex}.parquet"


def is_intact(key: str, sha256: str) -> bool:
    """Whether storage still holds, at `key`, the bytes with that checksum."""
    try:
        with local_copy("backups", key) as path:
            return sha256_of(path) == sha256
    except FileNotFoundError:
        return False


def _reuse(backup: Backup, token: uuid.UUID) -> bool:
    """Point at the file of an earlier backup, if there is one of the group's present revision and it is intact.

    The group's lock keeps that file: the purge takes the same lock before it decides that a file may go.
    """
    with account_scope(backup.account_id):
        group = lock_group(account_id=backup.account_id, group_id=backup.group_id)
        same = (
            Backup.objects.filter(
                account_id=backup.account_id, group=group, status=Backup.Status.COMPLETE, revision=group.revision
            )
            .order_by("-completed_at")
            .first()
        )
        if same is None or not is_intact(same.file_key, same.sha256):
            return False
        kept = ("file_key", "sha256", "size", "revision", "recipient_count", "active_count")
        _complete(backup, token, {name: getattr(same, name) for name in kept})
    return True


def _complete(backup: Backup, token: uuid.UUID, stored: dict[str, Any]) -> None:
    now = timezone.now()
    days = Account.objects.values_list("retention_days", flat=True).get(pk=backup.account_id)  # changed meanwhile?
    expires_at = now + timedelta(days=days)
    backup.release(token, status=Backup.Status.COMPLETE, completed_at=now, expires_at=expires_at, failure="", **stored)
    note_completion(backup, now)
    nudge_waiting(backup)


def note_completion(backup: Backup, now: datetime) -> None:
    """Show on the list and in the audit trail that a backup was made."""
    Group.objects.filter(account_id=backup.account_id, pk=backup.group_id).update(last_backup_at=now)
    record(
        account_id=backup.account_id,
        actor_id=backup.requested_by_id,
        action=AuditAction.BACKUP_MADE,
        subject=backup.group_name,
        now=now,
        recipients=backup.recipient_count,
    )


def nudge_waiting(backup: Backup) -> None:
    """Send a worker to the job that waits for this backup."""
    if backup.change_id is not None:
        task = NUDGED_BY_TRIGGER[Backup.Trigger(backup.trigger)]
        nudge(task, account_id=backup.account_id, job_id=backup.change_id)


def _retry(backup: Backup, token: uuid.UUID, error: Exception) -> None:
    code = "storage_unavailable" if isinstance(error, (*FAILURES, StoredFileDiffers)) else "internal"
    attempts = backup.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        _fail(backup, token, code)
        return
    rest = FIRST_RETRY * 2 ** (attempts - 1)
    try:
        with account_scope(backup.account_id):
            backup.release(token, attempts=attempts, retry_at=timezone.now() + rest, failure=code)
            nudge(TASK, account_id=backup.account_id, job_id=backup.pk, after=rest)
    except (ClaimLost, DatabaseError):
        logger.exception("backup %s could not be given back; the sweep finds it", backup.pk)


def _fail(backup: Backup, token: uuid.UUID, code: str) -> None:
    now = timezone.now()
    with account_scope(backup.account_id):
        backup.release(token, status=Backup.Status.FAILED, failure=code, attempts=backup.attempts + 1)
        record(
            account_id=backup.account_id,
            actor_id=backup.requested_by_id,
            action=AuditAction.BACKUP_FAILED,
            subject=backup.group_name,
            now=now,
            cause=code,
        )
        nudge_waiting(backup)


def sweep_backups(*, now: datetime) -> int:
    """Send workers to pending backups that were forgotten; gives how many."""
    with across_accounts("forgotten backups are looked for"):
        forgotten = Backup.objects.take_forgotten(now=now)
        for account_id, backup_id in forgotten:
            nudge(TASK, account_id=account_id, job_id=backup_id)
    return len(forgotten)
