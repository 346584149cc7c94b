"""Verification: a backup's file is read again and compared with what the catalogue says of it (mission P6).

Compared are the SHA-256 over the bytes, and the number of recipients and the revision that the file itself tells.
What was found stands in the rows of all backups that point at the file: `verified_at`, and `damage` when it is not the
file that was kept. A storage that does not answer says nothing about a file, and changes nothing.
"""

import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from io import BufferedReader
from time import monotonic
from typing import Any, Final

from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup
from recipients.masterdata.file import MasterDataError, MasterDataFile, UnknownFormatVersion
from recipients.storage import FAILURES, local_copy

logger = logging.getLogger(__name__)

TASK: Final = "backups.verify_backup"
LEASE: Final = timedelta(minutes=10)  # reading one file takes less; a process that died is given up then
REST: Final = timedelta(minutes=1)  # before a storage that did not answer is asked again


File = tuple[int, str]
"""An account and the key of a file of its."""


class Outcome(StrEnum):
    """What a verification found."""

    INTACT = "intact"
    DIFFERS = "differs"
    MISSING = "missing"
    UNAVAILABLE = "unavailable"  # storage does not answer; the file may well be there


class NotComplete(Exception):
    """The backup has no file that could be verified."""


@dataclass(frozen=True)
class Contents:
    """What a file in storage holds. `counts` are its recipients and its revision, None when it does not tell."""

    sha256: str
    counts: tuple[int, int] | None
    readable: bool  # as a master-data file

    def differs(self, *, sha256: str, recipient_count: int | None, revision: int | None) -> bool:
        """Whether this is another file than the one that was kept."""
        if self.sha256 != sha256 or not self.readable:
            return True
        return self.counts is not None and self.counts != (recipient_count, revision)


def contents_of(file: BufferedReader) -> Contents:
    """What an open file holds; read once as a stream, and its end as a master-data file. Raises OSError."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    try:
        with MasterDataFile.open(file) as master_data:
            return Contents(digest, (master_data.row_count, master_data.description.revision), readable=True)
    except UnknownFormatVersion:  # a newer Listkeep wrote it, which is no damage: its checksum tells
        return Contents(digest, None, readable=True)
    except MasterDataError:
        return Contents(digest, None, readable=False)
    except OSError as error:
        if error.errno is not None:
            raise
        return Contents(digest, None, readable=False)  # Arrow's own, for bytes that it cannot make sense of


def read_contents(key: str) -> Contents | None:
    """What the file at `key` in the storage of backups holds; None when there is none. Raises what storage raises."""
    try:
        with local_copy("backups", key) as path, path.open("rb") as file:
            return contents_of(file)
    except FileNotFoundError:
        return None


def verify_backup(*, backup: Backup, now: datetime) -> Outcome:
    """Read a complete backup's file again and write down what was found, for all backups that point at it.

    Must not be called in a transaction that has anything locked: reading takes as long as the file is large. Raises
    NotComplete.
    """
    if backup.status != Backup.Status.COMPLETE:
        raise NotComplete
    try:
        contents = read_contents(backup.file_key)
    except FAILURES as error:
        logger.warning("The file of backup %s could not be verified: %s", backup.pk, error)
        return Outcome.UNAVAILABLE
    write_down(account_id=backup.account_id, file_key=backup.file_key, contents=contents, now=now)
    return finding(backup, contents)


def finding(backup: Backup, contents: Contents | None) -> Outcome:
    """What it means for one backup that its file holds that; None: there is no file."""
    if contents is None:
        return Outcome.MISSING
    differs = contents.differs(sha256=backup.sha256, recipient_count=backup.recipient_count, revision=backup.revision)
    return Outcome.DIFFERS if differs else Outcome.INTACT


def write_down(*, account_id: int, file_key: str, contents: Contents | None, now: datetime) -> None:
    """Say in the rows of all backups that point at a file what was read of it at `now`.

    A backup that is being purged has no file to lose and is left alone, and so is one that was read later than that.
    """
    with account_scope(account_id):
        rows = Backup.objects.filter(account_id=account_id, file_key=file_key, status=Backup.Status.COMPLETE)
        for backup in rows.order_by("pk").select_for_update(no_key=True, of=("self",)):
            # A time that lies far ahead was written by a clock that was wrong then.
            read_later = backup.verified_at is not None and now < backup.verified_at < now + LEASE
            if not read_later:
                _write_down_one(backup, finding(backup, contents), now)


def _write_down_one(backup: Any, found: Outcome, now: datetime) -> None:
    damage = "" if found is Outcome.INTACT else Backup.Damage(found.value)
    about = {"result": found.value, "asked_for_at": backup.requested_at.isoformat()}
    if damage and damage != backup.damage:
        logger.error("The file of backup %s is not the one that was kept: %s", backup.pk, found)
        _tell(backup, AuditAction.BACKUP_DAMAGED, None, now, about)
    if backup.verification_requested_by_id is not None:
        _tell(backup, AuditAction.BACKUP_VERIFIED, backup.verification_requested_by_id, now, about)
    backup.verified_at, backup.damage, backup.retry_at, backup.claimed_until = now, damage, None, None
    backup.verification_requested_at = backup.verification_requested_by = None
    backup.save(
        update_fields=[
            "verified_at",
            "damage",
            "retry_at",
            "claimed_until",
            "verification_requested_at",
            "verification_requested_by",
        ]
    )


def _tell(backup: Any, action: AuditAction, actor_id: int | None, now: datetime, about: dict[str, str]) -> None:
    record(account_id=backup.account_id, actor_id=actor_id, action=action, subject=backup.group_name, now=now, **about)


# --- on request: the row says that somebody waits, a message only hurries ----------------------------------------


def request_verification(*, backup: Backup, actor_id: int, now: datetime) -> None:
    """Have a complete backup's file read again by a worker; asked twice, it is read once. Raises NotComplete."""
    asked = Backup.objects.filter(account_id=backup.account_id, pk=backup.pk, status=Backup.Status.COMPLETE)
    if not asked.exists():
        raise NotComplete
    # Who asks goes before the nightly sample, which may have asked already.
    new = asked.filter(verification_requested_by__isnull=True).update(
        verification_requested_at=now, verification_requested_by_id=actor_id, retry_at=None
    )
    if new:
        account_id, job_id = backup.account_id, str(backup.pk)

        # When the broker cannot be reached, that is logged, and `verify_requested` finds the row within a minute.
        def send() -> None:
            current_app.send_task(TASK, kwargs={"account_id": account_id, "job_id": job_id}, retry=False)

        transaction.on_commit(send, robust=True)


def verify_if_requested(*, account_id: int, backup_id: uuid.UUID, now: datetime) -> Outcome | None:
    """Verify a backup if that was asked for and nobody does it; None when there is nothing to do."""
    with account_scope(account_id):
        mine = _requested(now).filter(account_id=account_id, pk=backup_id)
        if not mine.update(claimed_until=now + LEASE):
            return None
        backup = Backup.objects.get(account_id=account_id, pk=backup_id)
    outcome = verify_backup(backup=backup, now=now)
    if outcome is Outcome.UNAVAILABLE:
        with account_scope(account_id):
            Backup.objects.filter(account_id=account_id, pk=backup_id, status=Backup.Status.COMPLETE).update(
                claimed_until=None, retry_at=now + REST
            )
    return outcome


def verify_requested(*, budget: timedelta) -> Counter[Outcome]:
    """Verify what was asked for, what a person asked for first, until nothing is left or the time is over.

    One file is read to its end whatever the budget. Stops when storage does not answer: the next run tries again.
    """
    found: Counter[Outcome] = Counter()
    end = monotonic() + budget.total_seconds()
    while (following := _next_requested(timezone.now())) is not None:
        account_id, backup_id = following
        outcome = verify_if_requested(account_id=account_id, backup_id=backup_id, now=timezone.now())
        if outcome is not None:
            found[outcome] += 1
        if outcome is Outcome.UNAVAILABLE or monotonic() >= end:
            break
    return found


def _next_requested(now: datetime) -> tuple[int, uuid.UUID] | None:
    """Whose turn it is. What could not be read before comes last, so that it holds up nothing else."""
    with across_accounts("verifications that were asked for are looked for"):
        waiting = _requested(now).order_by(
            F("retry_at").asc(nulls_first=True), "sampled", "verification_requested_at", "pk"
        )
        found: tuple[int, uuid.UUID] | None = waiting.values_list("account_id", "pk").first()
    return found


def _requested(now: datetime) -> Any:
    """Backups whose verification somebody waits for, and that may be read now."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    rested = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    waiting = Backup.objects.filter(status=Backup.Status.COMPLETE, verification_requested_at__isnull=False)
    return waiting.filter(free, rested).annotate(sampled=Q(verification_requested_by__isnull=True))


def verify_files(files: Iterable[File], *, now: datetime) -> Iterator[tuple[Any, Outcome]]:
    """Verify files in turn, each read once; gives every backup that points at one with what was found."""
    for account_id, file_key in files:
        contents, answered = None, True
        try:
            contents = read_contents(file_key)
        except FAILURES as error:
            logger.warning("%s could not be verified: %s", file_key, error)
            answered = False
        if answered:
            write_down(account_id=account_id, file_key=file_key, contents=contents, now=now)
        with account_scope(account_id):
            rows = Backup.objects.filter(account_id=account_id, file_key=file_key, status=Backup.Status.COMPLETE)
            backups = list(rows.select_related("account").order_by("requested_at", "pk"))
        for backup in backups:
            yield backup, finding(backup, contents) if answered else Outcome.UNAVAILABLE
