"""The job of an erasure: the person is taken out of every file that may hold them, until none is left.

`begin_erasure` is in the transaction of the erasure itself, which has every list locked. It keeps the revision of each
list: only files with an older one may hold the person (`backups.suppressing`). A backup that was just being taken is
waited for: its snapshot may be older than the erasure, and its row turns complete later. Every step may be done again
after a crash; a storage that fails is asked again, after rests that grow.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup, Erasure, Export
from backups.rewriting import Rewriting, erase_from_backup
from backups.taking import StoredFileDiffers
from imports.erasing import erase_from_imports
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.models import Group
from recipients.nudge import nudge
from recipients.storage import FAILURES, remove

logger = logging.getLogger(__name__)

TASK = Erasure.task
FIRST_RETRY = timedelta(seconds=10)  # doubled at each failure of storage
LAST_RETRY = timedelta(hours=1)
LOOK_AGAIN = timedelta(seconds=5)  # for others who are not ready
REST_AFTER_ERROR = timedelta(seconds=30)  # times the number of interruptions so far

Progress = Callable[[int, int | None], None]


def begin_erasure(
    *, account_id: int, email: str, digest: bytes, actor_id: int, list_count: int, now: datetime
) -> Erasure:
    """Begin to take an erased person out of backups and files; in the erasure's transaction, with every list locked.

    Export files may hold the person, too: see `_forget_exports`.
    """
    revisions = dict(Group.objects.filter(account_id=account_id).values_list("pk", "revision"))
    doomed = _forget_exports(account_id)
    # An earlier attempt that was given up left the address; this one takes its place.
    Erasure.objects.filter(account_id=account_id, digest=digest, status=Erasure.Status.FAILED).update(email="")
    erasure = Erasure.objects.create(
        account_id=account_id,
        email=email,
        digest=digest,
        requested_at=now,
        requested_by_id=actor_id,
        list_count=list_count,
        report={"revisions": revisions, "doomed": doomed, "exports": len(doomed)},
    )
    nudge(TASK, account_id=account_id, job_id=erasure.pk)
    return erasure


def _forget_exports(account_id: int) -> list[str]:
    """Forget finished export files and have those made anew that are just being made; gives the files to delete.

    Who makes one loses the claim first: what was finished before that is seen afterwards.
    """
    exports = Export.objects.filter(account_id=account_id)
    pending = exports.filter(status=Export.Status.PENDING)
    pending.update(claim=None, claimed_until=None, retry_at=None)
    for pk in pending.values_list("pk", flat=True):
        nudge(Export.task, account_id=account_id, job_id=pk)
    finished = exports.filter(status=Export.Status.COMPLETE)
    doomed = list(finished.values_list("file_key", flat=True))
    finished.delete()
    return doomed


def advance_erasure(*, account_id: int, erasure_id: uuid.UUID) -> None:
    """Go on with an erasure, if it is due and nobody else does; until its end, or until somebody must be waited for."""
    now = timezone.now()
    with account_scope(account_id):
        token = Erasure.objects.claim(erasure_id, now=now)
        if token is None:
            return
        erasure = Erasure.objects.get(pk=erasure_id)
        if erasure.retry_at is not None and erasure.retry_at > now:
            erasure.release(token)
            return
    try:
        with heartbeat(erasure, token) as progress:
            if erasure.interruptions > MAX_INTERRUPTIONS:
                _fail(erasure, token)
            else:
                _Work(erasure, token, progress).go_on()
    except ClaimLost:
        logger.info("erasure %s went on elsewhere", erasure_id)
    except (*FAILURES, StoredFileDiffers) as error:
        logger.warning("erasure %s rests, because storage failed: %s", erasure_id, error)
        _rest_for_storage(erasure, token)
    except Exception:
        logger.exception("erasure %s was interrupted", erasure_id)
        _rest(erasure, token)


class _Work:
    """One claimed erasure. What it has come to stands in `report`, as plain JSON.

    `revisions` of the lists at the erasure; `after`: the files up to this key were looked through; `awaited`: backups
    that were just being taken; `doomed`: files to delete; figures.
    """

    def __init__(self, erasure: Erasure, token: uuid.UUID, progress: Progress) -> None:
        self.erasure, self.token, self.progress = erasure, token, progress
        self.report: dict[str, Any] = {"unreadable": 0, "failures": 0, "after": "", **erasure.report}

    def go_on(self) -> None:
        """Do all that can be done now."""
        if "awaited" not in self.report:
            with account_scope(self.erasure.account_id):
                self.report["awaited"] = self._being_taken()
                # Once more: one may have been begun while the erasure was not committed yet.
                doomed = _forget_exports(self.erasure.account_id)
                self.report["doomed"] += doomed
                self.report["exports"] += len(doomed)
                self._write()
        self._delete_doomed()
        self._look_through_files()
        waits_for_backups = not self._look_at_awaited()
        self._delete_purged()
        imports_done = erase_from_imports(
            account_id=self.erasure.account_id, email=self.erasure.email, before=self.erasure.requested_at
        )
        if waits_for_backups or not imports_done:
            self._wait()
        else:
            self._finish()

    def _being_taken(self) -> dict[str, str]:
        """Backups whose snapshot may be older than the erasure, each with the claim of who takes it."""
        claimed = self._backups(Backup.Status.PENDING).filter(claim__isnull=False)
        return {str(pk): str(claim) for pk, claim in claimed.values_list("pk", "claim")}

    def _look_through_files(self) -> None:
        files = self._files()
        done, known = self.report.get("looked_through", 0), len(files) + self.report.get("looked_through", 0)
        self.progress(done, known)
        for key in sorted(files):
            self._erase_from(files[key])
            done += 1
            self.report |= {"after": key, "looked_through": done}
            self._keep()
            self._delete_doomed()
            self.progress(done, known)

    def _files(self) -> dict[str, uuid.UUID]:
        """The files that may hold the person and were not looked at, each with a backup that points at it."""
        with account_scope(self.erasure.account_id):
            rows = self._backups(Backup.Status.COMPLETE).filter(file_key__gt=self.report["after"])
            return {
                key: pk
                for key, pk, group_id, revision in rows.values_list("file_key", "pk", "group_id", "revision")
                if self._may_hold(group_id, revision)
            }

    def _backups(self, status: str) -> QuerySet[Any]:
        return Backup.objects.filter(account_id=self.erasure.account_id, status=status)

    def _may_hold(self, group_id: int, revision: int | None) -> bool:
        return revision is None or revision < self.report["revisions"].get(str(group_id), 0)

    def _erase_from(self, backup_id: uuid.UUID) -> None:
        outcome = erase_from_backup(
            account_id=self.erasure.account_id,
            backup_id=backup_id,
            email=self.erasure.email,
            attempt=self.token,
            doom=self._doom,
            now=timezone.now(),
        )
        if outcome is Rewriting.UNREADABLE:
            self.report["unreadable"] += 1

    def _doom(self, file_key: str, backups: int) -> None:
        self.report["doomed"] = [*self.report["doomed"], file_key]
        self.erasure.backup_count += backups
        self._write()

    def _look_at_awaited(self) -> bool:
        """Take the person out of backups that have become complete meanwhile; False when one is still being taken."""
        for pk, claim in list(self.report["awaited"].items()):
            with account_scope(self.erasure.account_id):
                found = Backup.objects.filter(account_id=self.erasure.account_id, pk=pk).first()
            if found is not None and found.status == Backup.Status.PENDING and str(found.claim) == claim:
                continue
            if found is not None and self._may_hold(found.group_id, found.revision):
                self._erase_from(found.pk)
            del self.report["awaited"][pk]
            self._keep()
            self._delete_doomed()
        return not self.report["awaited"]

    def _delete_purged(self) -> None:
        """Delete the files of backups whose purge has begun; their rows go by themselves."""
        with account_scope(self.erasure.account_id):
            complete = set(self._backups(Backup.Status.COMPLETE).values_list("file_key", flat=True))
            purging = self._backups(Backup.Status.PURGING).exclude(file_key="")
            keys = {
                key
                for key, group_id, revision in purging.values_list("file_key", "group_id", "revision")
                if self._may_hold(group_id, revision)
            }
        for key in keys - complete:
            remove("backups", key)

    def _delete_doomed(self) -> None:
        for key in list(self.report["doomed"]):
            remove("backups", key)
            self.report["doomed"].remove(key)
            self._keep()

    def _keep(self) -> None:
        with account_scope(self.erasure.account_id):
            self._write()

    def _write(self) -> None:
        """Write down how far the erasure is, in the caller's transaction. Raises ClaimLost."""
        mine = Erasure.objects.filter(pk=self.erasure.pk, claim=self.token)
        if not mine.update(report=self.report, backup_count=self.erasure.backup_count):
            raise ClaimLost

    def _wait(self) -> None:
        with account_scope(self.erasure.account_id):
            self.erasure.release(self.token, retry_at=timezone.now() + LOOK_AGAIN, failure="", report=self.report)
            _nudge(self.erasure, LOOK_AGAIN)

    def _finish(self) -> None:
        """Forget the address. What suppression needs stays only if a file is left that could not be read."""
        now = timezone.now()
        kept = ("looked_through", "unreadable", "exports") + (("revisions",) if self.report["unreadable"] else ())
        report = {name: self.report[name] for name in kept if name in self.report}
        with account_scope(self.erasure.account_id):
            self.erasure.release(
                self.token,
                status=Erasure.Status.DONE,
                email="",
                finished_at=now,
                retry_at=None,
                failure="",
                report=report,
                backup_count=self.erasure.backup_count,
            )
            record(
                account_id=self.erasure.account_id,
                actor_id=self.erasure.requested_by_id,
                action=AuditAction.BACKUPS_REWRITTEN,
                subject="",
                now=now,
                backups=self.erasure.backup_count,
                unreadable=self.report["unreadable"],
            )


def _nudge(erasure: Erasure, after: timedelta) -> None:
    nudge(TASK, account_id=erasure.account_id, job_id=erasure.pk, after=after + timedelta(seconds=1))


def _rest_for_storage(erasure: Erasure, token: uuid.UUID) -> None:
    """Try again later: a storage that fails does not count as an interruption, however long that takes."""
    try:
        with account_scope(erasure.account_id):
            erasure.refresh_from_db(fields=["report"])
            failures = erasure.report.get("failures", 0) + 1
            rest = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LAST_RETRY)
            erasure.release(
                token,
                retry_at=timezone.now() + rest,
                failure="storage_unavailable",
                report={**erasure.report, "failures": failures},
            )
            _nudge(erasure, rest)
    except (ClaimLost, DatabaseError):
        logger.exception("erasure %s could not be given back; the sweep finds it", erasure.pk)


def _rest(erasure: Erasure, token: uuid.UUID) -> None:
    rest = REST_AFTER_ERROR * (erasure.interruptions + 1)
    try:
        with account_scope(erasure.account_id):
            erasure.give_back(token, until=timezone.now() + rest, failure="internal")
            _nudge(erasure, rest)
    except (ClaimLost, DatabaseError):
        logger.exception("erasure %s could not be given back; the sweep finds it", erasure.pk)


def _fail(erasure: Erasure, token: uuid.UUID) -> None:
    """Give it up, so that it cannot take workers down for ever. Suppression goes on, and the address stays."""
    with account_scope(erasure.account_id):
        erasure.release(
            token,
            status=Erasure.Status.FAILED,
            failure=erasure.failure or "interrupted",
            finished_at=timezone.now(),
        )


def sweep_erasures(*, now: datetime) -> int:
    """Send workers to erasures that were forgotten; gives how many."""
    with across_accounts("forgotten erasures are looked for"):
        forgotten = Erasure.objects.take_forgotten(now=now)
        for account_id, erasure_id in forgotten:
            nudge(TASK, account_id=account_id, job_id=erasure_id)
    return len(forgotten)
