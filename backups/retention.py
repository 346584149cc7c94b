"""Retention: each backup is kept for its time and then deleted, file and row.

The order is what makes it safe to be interrupted anywhere: hide the row (`purging`), delete the file, delete the row. A
file goes only with the last backup that refers to it; that is decided with the group locked, and who points a new
backup at an existing file locks the group too and looks only at complete rows. Nothing is deleted early: not while the
clock is in doubt, and not when a backup's own times contradict each other.
"""

import logging
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from accounts.models import AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.clock import doubt_about
from backups.models import Backup
from recipients.models import Group
from recipients.revision import lock_group
from recipients.storage import FAILURES, remove

logger = logging.getLogger(__name__)

FIRST_RETRY = timedelta(minutes=1)  # doubled at each failure
LAST_RETRY = timedelta(hours=1)


@dataclass(frozen=True)
class PurgeReport:
    """What a purge did."""

    purged: int = 0
    files_deleted: int = 0  # fewer than `purged` when backups shared a file
    unfinished: int = 0  # hidden, but storage did not delete the file; tried again
    contradictory: int = 0  # due by their expiry alone, kept because their other times deny it
    refusal: str = ""  # why nothing was purged at all


@dataclass(frozen=True)
class _Doomed:
    """A backup that is to go."""

    account_id: int
    group_id: int
    pk: uuid.UUID


def purge_due_backups(*, now: datetime) -> PurgeReport:
    """Delete every backup, of all accounts, whose time is over at `now`, and go on with deletions that were left.

    `now` must be the present time: when it differs from the database's clock by minutes, nothing is purged and the
    report says why. Safe to run at any time, twice at once too. A storage that fails stops one backup, not the others.
    """
    with across_accounts("due backups are purged"):
        refusal = doubt_about(now)
        doomed = [] if refusal else _as_doomed(due_backups(now)) + _as_doomed(_left_unfinished())
        contradictory = contradictory_backups(now).count()
    if refusal:
        logger.error("No backup is purged: %s", refusal)
    if contradictory:
        logger.error(
            "%d backups have expired but were made or asked for later than that; they are kept.", contradictory
        )
    return replace(_purge_all(doomed, now), contradictory=contradictory, refusal=refusal)


def finish_purges(*, now: datetime) -> PurgeReport:
    """Go on with deletions that a crash or a failing storage left, where their rest is over. Begins no new one."""
    with across_accounts("unfinished purges are looked for"):
        doomed = _as_doomed(_left_unfinished().filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now)))
    return _purge_all(doomed, now)


def due_backups(now: datetime) -> QuerySet[Any]:
    """Backups whose time is over, the longest due first, in the scope's accounts; each with `due_at`.

    A complete one is kept its time from when it was asked for and from when it was completed, whichever is later: the
    two times come from different processes, and one wrong clock must not shorten it. A failed one is only a row; it is
    kept as long as the account keeps backups.
    """
    kept = ExpressionWrapper(F("expires_at") - F("completed_at"), DurationField())
    days = ExpressionWrapper(F("account__retention_days") * Value(timedelta(days=1), DurationField()), DurationField())
    due_at = Case(
        When(status=Backup.Status.COMPLETE, then=Greatest(F("expires_at"), F("requested_at") + kept)),
        When(status=Backup.Status.FAILED, then=F("requested_at") + days),
        output_field=DateTimeField(),
    )
    due: QuerySet[Any] = (
        Backup.objects.filter(Q(_expired(now), completed_at__lte=now) | Q(status=Backup.Status.FAILED))
        .annotate(due_at=due_at)
        .filter(due_at__lte=now)
        .order_by("due_at", "pk")
    )
    return due


def contradictory_backups(now: datetime) -> QuerySet[Any]:
    """Backups that have expired, though by their other times they were made too lately for that."""
    return Backup.objects.filter(_expired(now)).exclude(pk__in=due_backups(now).values("pk"))


def _expired(now: datetime) -> Q:
    return Q(status=Backup.Status.COMPLETE, expires_at__lte=now)


def _left_unfinished() -> QuerySet[Any]:
    return Backup.objects.filter(status=Backup.Status.PURGING).order_by("requested_at")


def _as_doomed(backups: QuerySet[Any]) -> list[_Doomed]:
    return [_Doomed(*row) for row in backups.values_list("account_id", "group_id", "pk")]


def _purge_all(doomed: list[_Doomed], now: datetime) -> PurgeReport:
    report = PurgeReport()
    for one in doomed:
        key = _hide(one, now)
        if key is None:
            continue
        if key and not _delete_file(one, key, now):
            report = replace(report, unfinished=report.unfinished + 1)
        elif _forget(one, now):
            report = replace(report, purged=report.purged + 1, files_deleted=report.files_deleted + (1 if key else 0))
    return report


def _hide(one: _Doomed, now: datetime) -> str | None:
    """Take a backup out of every list; gives the key of the file that goes with it, empty when none does.

    None when there is nothing to do any more: it was purged elsewhere, or is no longer due.
    """
    with account_scope(one.account_id):
        try:
            lock_group(account_id=one.account_id, group_id=one.group_id)
        except Group.DoesNotExist:  # deleted with its account, and the backup's row with it
            return None
        backup = Backup.objects.select_for_update().filter(account_id=one.account_id, pk=one.pk).first()
        if backup is None:
            return None
        if backup.status != Backup.Status.PURGING:
            if not due_backups(now).filter(account_id=one.account_id, pk=one.pk).exists():
                return None
            backup.status, backup.attempts, backup.retry_at = Backup.Status.PURGING, 0, None
            backup.save(update_fields=["status", "attempts", "retry_at"])
        key: str = backup.file_key
        others = Backup.objects.filter(account_id=one.account_id, file_key=key).exclude(status=Backup.Status.PURGING)
        return "" if others.exists() else key


def _delete_file(one: _Doomed, key: str, now: datetime) -> bool:
    """Delete a file outside of any transaction. When storage fails, the row rests before the sweep tries again."""
    try:
        remove("backups", key)
    except FAILURES as error:
        logger.warning("The file of backup %s could not be deleted and stays hidden: %s", one.pk, error)
        _let_rest(one, now)
        return False
    return True


def _let_rest(one: _Doomed, now: datetime) -> None:
    with account_scope(one.account_id):
        backup = Backup.objects.filter(account_id=one.account_id, pk=one.pk, status=Backup.Status.PURGING).first()
        if backup is None:
            return
        rest = min(FIRST_RETRY * 2 ** min(backup.attempts, 10), LAST_RETRY)
        backup.attempts, backup.retry_at = min(backup.attempts + 1, 1000), now + rest
        backup.save(update_fields=["attempts", "retry_at"])


def _forget(one: _Doomed, now: datetime) -> bool:
    """Delete the row and say so in the audit trail; false when another process did so first."""
    with account_scope(one.account_id):
        backup = (
            Backup.objects.select_for_update()
            .filter(account_id=one.account_id, pk=one.pk, status=Backup.Status.PURGING)
            .first()
        )
        if backup is None:
            return False
        backup.delete()
        record(
            account_id=one.account_id,
            actor_id=None,
            action=AuditAction.BACKUP_PURGED,
            subject=backup.group_name,
            now=now,
            asked_for_at=backup.requested_at.isoformat(),
            recipients=backup.recipient_count,
        )
        return True
