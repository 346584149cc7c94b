"""The job of a closing: the export, the verification when its day has come, the deletion; and what beat does for it.

Each step may be done again after a crash. An export that fails is tried again, after rests that grow, and then given
up: an operator sees it, the account stays on hold, nothing is deleted. A deletion that has begun is never given up.
"""

import hashlib
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError
from django.utils import timezone

from accounts.models import AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.account_deletion import delete_account
from backups.account_export import BackupUnreadable, Contents, write_archive
from backups.clock import doubt_about
from backups.closing import DELETED_AFTER, due_closures, export_anew, revisions_of
from backups.closing_mail import tell_owners
from backups.downloads import StorageUnavailable, file_name
from backups.models import ClosedAccount, Closure
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat, job_kinds
from recipients.masterdata.file import sha256_of
from recipients.nudge import nudge
from recipients.scratch import scratch_folder
from recipients.storage import FAILURES, discard, local_copy, put, remove

logger = logging.getLogger(__name__)

TASK: Final = Closure.task
FIRST_REST: Final = timedelta(minutes=1)  # after an error; five times as long after each further one
LAST_REST: Final = timedelta(hours=1)
LOOK_AGAIN: Final = timedelta(seconds=5)  # for jobs that were running when the account was put on hold
MAIL_REST: Final = timedelta(minutes=5)  # doubled each time
LAST_MAIL_REST: Final = timedelta(hours=12)

Status = Closure.Status
Progress = Callable[[int, int | None], None]


class ChangedMeanwhile(Exception):
    """Lists are not as they are in the file: what was running when the hold began has written to them."""


def advance_closure(*, account_id: int, closure_id: uuid.UUID) -> None:
    """Do the next step of a closing, if it is due and nobody else does it."""
    now = timezone.now()
    with account_scope(account_id):
        token = Closure.objects.claim(closure_id, now=now)
        if token is None:
            return
        closure = Closure.objects.get(pk=closure_id)
        if closure.retry_at is not None and closure.retry_at > now:
            closure.release(token)
            return
    try:
        with heartbeat(closure, token) as progress:
            STEPS[Status(closure.status)](closure, token, progress)
    except ClaimLost:
        logger.info("closing %s was taken back or went on elsewhere", closure_id)
    except BackupUnreadable as reason:
        _fail(closure, token, reason.code)
    except ChangedMeanwhile:
        logger.warning("lists have changed since their export for closing %s, which is made anew", closure_id)
        _rest(closure, token, "changing")
    except (*FAILURES, StorageUnavailable) as error:
        logger.warning("closing %s rests, because storage failed: %s", closure_id, error)
        _rest(closure, token, "storage_unavailable")
    except Exception:
        logger.exception("closing %s was interrupted", closure_id)
        _rest(closure, token, "internal")


# --- the export ---------------------------------------------------------------------------------------------------


def _export(closure: Any, token: uuid.UUID, progress: Progress) -> None:
    if closure.interruptions > MAX_INTERRUPTIONS:
        _fail(closure, token, closure.failure or "interrupted")
        return
    if _others_run(closure.account_id):
        with account_scope(closure.account_id):
            closure.release(token, retry_at=timezone.now() + LOOK_AGAIN)
            nudge(TASK, account_id=closure.account_id, job_id=closure.pk, after=LOOK_AGAIN + timedelta(seconds=1))
        return
    with scratch_folder() as folder:
        path = folder / "account.zip"
        contents = write_archive(closure, path, progress=progress)
        key = key_of(closure, token)
        try:
            _store(key, path)
            with account_scope(closure.account_id):
                _complete(closure, token, contents, key, path)
        except (*FAILURES, ClaimLost, ChangedMeanwhile):
            discard("backups", key)
            raise


def _others_run(account_id: int) -> bool:
    """Whether a job goes on that may yet change something: what ran when the hold began is carried through."""
    now = timezone.now()
    changing = [kind for kind in job_kinds() if not kind.while_held]
    with account_scope(account_id):
        return any(kind.objects.running(now).filter(account_id=account_id).exists() for kind in changing)


def key_of(closure: Any, attempt: uuid.UUID) -> str:
    """Where an attempt puts the file (see `exporting.key_of`)."""
    return f"{closure.account_id}/exports/{closure.pk}.{attempt.hex}.zip"


def _store(key: str, path: Path) -> None:
    put("backups", key, path)
    if _sha256_in_storage(key) != sha256_of(path):
        raise OSError(f"{key} is not what was put there.")


def _sha256_in_storage(key: str) -> str:
    """The checksum of what storage has; empty when it has nothing. Raises what storage raises."""
    try:
        with local_copy("backups", key) as path, path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _complete(closure: Any, token: uuid.UUID, contents: Contents, key: str, path: Path) -> None:
    now = timezone.now()
    if contents.revisions != revisions_of(closure.account_id):
        raise ChangedMeanwhile
    closure.release(
        token,
        status=Status.WAITING,
        completed_at=now,
        delete_at=now + DELETED_AFTER,
        told_at=None,
        retry_at=None,
        interruptions=0,
        failure="",
        failure_detail={},
        file_key=key,
        file_name=file_name(name=closure.account.name, at=now, form="zip"),
        size=path.stat().st_size,
        sha256=sha256_of(path),
        list_count=contents.lists,
        recipient_count=contents.recipients,
        backup_count=contents.backups,
        report={"revisions": contents.revisions, "unreadable": contents.unreadable},
    )
    record(
        account_id=closure.account_id,
        actor_id=None,
        action=AuditAction.ACCOUNT_EXPORTED,
        subject=closure.file_name,
        now=now,
        recipients=contents.recipients,
    )


# --- the day has come -----------------------------------------------------------------------------------------------


def _verify(closure: Any, token: uuid.UUID, progress: Progress) -> None:
    """Begin the deletion if the file is the one that was made, and the lists are as in it; else have it made anew."""
    whole = _sha256_in_storage(closure.file_key) == closure.sha256
    with account_scope(closure.account_id):
        same = closure.report["revisions"] == revisions_of(closure.account_id)
        if whole and same:
            _begin_deletion(closure, token)
        elif not export_anew(closure=closure, code="file_changed", claim=token):
            raise ClaimLost
    if not (whole and same):
        logger.error("the export of closing %s was not whole any more and is made anew", closure.pk)
        discard("backups", closure.file_key)


def _begin_deletion(closure: Any, token: uuid.UUID) -> None:
    now = timezone.now()
    closure.release(token, status=Status.DELETING, retry_at=None, interruptions=0, failure="", rows_known=None)
    ClosedAccount.objects.get_or_create(
        account_number=closure.account_id,
        defaults={
            "requested_at": closure.requested_at,
            "requested_by_id": closure.requested_by_id,
            "exported_at": closure.completed_at,
            "begun_at": now,
            "list_count": closure.list_count,
            "recipient_count": closure.recipient_count,
            "backup_count": closure.backup_count,
        },
    )
    record(account_id=closure.account_id, actor_id=None, action=AuditAction.ACCOUNT_DELETED, subject="", now=now)
    nudge(TASK, account_id=closure.account_id, job_id=closure.pk)


STEPS: Final[dict[Closure.Status, Callable[[Any, uuid.UUID, Progress], None]]] = {
    Status.EXPORTING: _export,
    Status.VERIFYING: _verify,
    Status.DELETING: delete_account,
}


def _fail(closure: Any, token: uuid.UUID, code: str) -> None:
    try:
        with account_scope(closure.account_id):
            closure.release(token, status=Status.FAILED, failure=code, retry_at=None)
            record(
                account_id=closure.account_id,
                actor_id=None,
                action=AuditAction.ACCOUNT_EXPORT_FAILED,
                subject="",
                now=timezone.now(),
            )
    except ClaimLost:
        logger.info("closing %s was taken back", closure.pk)


def _rest(closure: Any, token: uuid.UUID, code: str) -> None:
    """Keep the job for another attempt. The next claim counts an interruption, too many of which end an export."""
    rest = min(FIRST_REST * 5 ** min(closure.interruptions, 5), LAST_REST)
    until = timezone.now() + rest
    try:
        with account_scope(closure.account_id):
            closure.give_back(token, until=until, failure=code, retry_at=until)
            nudge(TASK, account_id=closure.account_id, job_id=closure.pk, after=rest + timedelta(seconds=1))
    except (ClaimLost, DatabaseError):
        logger.exception("closing %s could not be given back; the sweep finds it", closure.pk)


# --- beat -----------------------------------------------------------------------------------------------------------


def sweep_closures(*, now: datetime) -> None:
    """Find forgotten steps, closings whose day has come, owners who have no mail yet, and files of what was taken back.

    `now` must be the present time: while the clock is in doubt, no day has come.
    """
    with across_accounts("closings of accounts are looked for"):
        for account_id, closure_id in Closure.objects.take_forgotten(now=now):
            nudge(TASK, account_id=account_id, job_id=closure_id)
        untold = list(Closure.objects.filter(status=Status.WAITING, told_at=None).values_list("account_id", "pk"))
        reopened = list(Closure.objects.filter(status=Status.REOPENED))
        due = list(due_closures(now))
        refusal = doubt_about(now) if due else ""
    if refusal:
        logger.error("No account is deleted: %s", refusal)
    for closure in due if not refusal else ():
        _begin_verification(closure, now)
    for account_id, closure_id in untold:
        _tell_owners(account_id, closure_id, now)
    for closure in reopened:
        _forget_reopened(closure)


def _begin_verification(closure: Any, now: datetime) -> None:
    with account_scope(closure.account_id):
        mine = due_closures(now).filter(pk=closure.pk)
        if mine.update(status=Status.VERIFYING, retry_at=None, interruptions=0, rows_known=None, rows_done=0):
            nudge(TASK, account_id=closure.account_id, job_id=closure.pk)


def _tell_owners(account_id: int, closure_id: uuid.UUID, now: datetime) -> None:
    """Send the mails, once: who finds the row locked leaves it to who sends them just now."""
    with account_scope(account_id):
        resting = Closure.objects.filter(pk=closure_id, status=Status.WAITING, told_at=None).exclude(retry_at__gt=now)
        closure = resting.select_for_update(skip_locked=True, of=("self",)).select_related("account").first()
        if closure is None:
            return
        told: list[int] = closure.report.get("told", [])
        untold = tell_owners(closure, told=told)
        rests = closure.report.get("mail_rests", 0)
        closure.told_at = None if untold else now
        closure.retry_at = now + min(MAIL_REST * 2 ** min(rests, 10), LAST_MAIL_REST) if untold else None
        closure.report = {**closure.report, "told": told, "mail_rests": rests + 1}
        closure.save(update_fields=["told_at", "retry_at", "report"])


def _forget_reopened(closure: Any) -> None:
    """Delete the file of a closing that was taken back, and then its row. What storage keeps is tried again."""
    try:
        if closure.file_key:
            remove("backups", closure.file_key)
    except FAILURES:
        logger.warning("%s could not be deleted; it is tried again", closure.file_key, exc_info=True)
        return
    with account_scope(closure.account_id):
        Closure.objects.filter(pk=closure.pk, status=Status.REOPENED).delete()
