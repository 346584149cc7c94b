"""Retention: each backup is kept for its time and then deleted, file and row; a pinned one until it is unpinned.

The order is what makes it safe to be interrupted anywhere: hide the row (`purging`), delete the file, delete the row. A
file goes only with the last backup that refers to it; that is decided with the group locked, and who points a new
backup at an existing file locks the group too and looks only at complete rows. Nothing is deleted early: not while the
clock is in doubt, and not when a backup's own times contradict each other. And nothing goes that is just being brought
back: a restore or an undo keeps its backup until it is over, a preview of one for a day.
"""

import logging
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Greatest

from accounts.models import AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.clock import doubt_about
from backups.forgetting import forget_with
from backups.models import Backup
from imports.models import Import
from recipients.models import Group
from recipients.revision import lock_group
from recipients.storage import FAILURES, remove

logger = logging.getLogger(__name__)

FIRST_RETRY = timedelta(minutes=1)  # doubled at each failure
LAST_RETRY = timedelta(hours=1)
PREVIEW_KEEPS = timedelta(days=1)  # from when somebody asked for it
NOT_HELD = Q(account__held_at__isnull=True)
BATCH = 100  # backups of one group that are hidden in one transaction and forgotten in one


@dataclass(frozen=True)
class PurgeReport:
    """What a purge did."""

    purged: int = 0
    files_deleted: int = 0  # fewer than `purged` when backups shared a file
    unfinished: int = 0  # hidden, but storage did not delete the file; tried again
    contradictory: int = 0  # due by their expiry alone, kept because their other times deny it
    refusal: str = ""  # why nothing was purged at all


@dataclass(frozen=True)
class _Batch:
    """Some backups of one group that are to go, decided about together."""

    account_id: int
    group_id: int
    pks: tuple[uuid.UUID, ...]


def purge_due_backups(*, now: datetime) -> PurgeReport:
    """Delete every backup, of all accounts, whose time is over at `now`, and go on with deletions that were left.

    `now` must be the present time: when it differs from the database's clock by minutes, nothing is purged and the
    report says why. Safe to run at any time, twice at once too. A storage that fails stops one backup, not the others.
    """
    with across_accounts("due backups are purged"):
        refusal = doubt_about(now)
        batches = [] if refusal else _batches(due_backups(now)) + _batches(_left_unfinished())
        contradictory = contradictory_backups(now).count()
    if refusal:
        logger.error("No backup is purged: %s", refusal)
    if contradictory:
        logger.error(
            "%d backups have expired but were made or asked for later than that; they are kept.", contradictory
        )
    return replace(_purge_all(batches, now), contradictory=contradictory, refusal=refusal)


def purge_backup(*, account_id: int, backup_id: uuid.UUID, now: datetime) -> PurgeReport:
    """Delete one backup if its time is over, or go on with its deletion; as `purge_due_backups`, for an operator."""
    with account_scope(account_id):
        refusal = doubt_about(now)
        mine = {"account_id": account_id, "pk": backup_id}
        batches = (
            [] if refusal else _batches(due_backups(now).filter(**mine)) + _batches(_left_unfinished().filter(**mine))
        )
    if refusal:
        logger.error("Backup %s is not purged: %s", backup_id, refusal)
    return replace(_purge_all(batches, now), refusal=refusal)


def finish_purges(*, now: datetime) -> PurgeReport:
    """Go on with deletions that a crash or a failing storage left, where their rest is over. Begins no new one."""
    with across_accounts("unfinished purges are looked for"):
        batches = _batches(_left_unfinished().filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now)))
    return _purge_all(batches, now)


def due_backups(now: datetime) -> QuerySet[Any]:
    """Backups whose time is over, the longest due first, in the scope's accounts; each with `due_at`.

    A complete one is kept its time from when it was asked for and from when it was completed, whichever is later: the
    two times come from different processes, and one wrong clock must not shorten it. A failed one is only a row; it is
    kept as long as the account keeps backups. A pinned one is never due, nor is one that is being brought back, nor any
    of an account on hold.
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
        .filter(NOT_HELD, ~_is_brought_back(now), due_at__lte=now)
        .order_by("due_at", "pk")
    )
    return due


def contradictory_backups(now: datetime) -> QuerySet[Any]:
    """Backups that have expired, though by their other times they were made too lately for that."""
    expired = Backup.objects.filter(_expired(now), NOT_HELD, ~_is_brought_back(now))
    return expired.exclude(pk__in=due_backups(now).values("pk"))


def _is_brought_back(now: datetime) -> Exists:
    """Whether a restore or an undo of the backup runs, or somebody looks at the preview of one."""
    asked_for = Import.objects.filter(account_id=OuterRef("account_id"), backup_id=OuterRef("pk"))
    looked_at = Q(status__in=Import.UNCONFIRMED, created_at__gt=now - PREVIEW_KEEPS)
    return Exists(asked_for.filter(Q(status__in=Import.RUNNING) | looked_at))


def _expired(now: datetime) -> Q:
    return Q(status=Backup.Status.COMPLETE, expires_at__lte=now, pinned_at__isnull=True)


def _left_unfinished() -> QuerySet[Any]:
    return Backup.objects.filter(NOT_HELD, status=Backup.Status.PURGING).order_by("requested_at")


def extend_backups(*, account_id: int, days: int) -> None:
    """Keep each complete backup of an account at least `days` days from its completion; none is kept shorter by it.

    Locked in the order of their ids, as the purge does.
    """
    long_enough = F("completed_at") + Value(timedelta(days=days), DurationField())
    shorter = Backup.objects.filter(
        account_id=account_id, status=Backup.Status.COMPLETE, expires_at__lt=long_enough
    ).order_by("pk")
    pks = list(shorter.select_for_update().values_list("pk", flat=True))
    Backup.objects.filter(account_id=account_id, pk__in=pks).update(expires_at=long_enough)


def _batches(backups: QuerySet[Any]) -> list[_Batch]:
    """The backups in batches of one group each, in the order in which the groups come first."""
    of_groups: dict[tuple[int, int], list[uuid.UUID]] = {}
    for account_id, group_id, pk in backups.values_list("account_id", "group_id", "pk"):
        of_groups.setdefault((account_id, group_id), []).append(pk)
    return [
        _Batch(account_id, group_id, tuple(pks[at : at + BATCH]))
        for (account_id, group_id), pks in of_groups.items()
        for at in range(0, len(pks), BATCH)
    ]


def _purge_all(batches: list[_Batch], now: datetime) -> PurgeReport:
    report = PurgeReport()
    for batch in batches:
        files = _hide(batch, now)
        kept = _delete_files(batch, files, now)
        gone = _forget(batch, [pk for pk, key in files.items() if key not in kept], now)
        report = replace(
            report,
            purged=report.purged + len(gone),
            files_deleted=report.files_deleted + len({files[pk] for pk in gone} - {""}),
            unfinished=report.unfinished + sum(key in kept for key in files.values()),
        )
    return report


def _hide(batch: _Batch, now: datetime) -> dict[uuid.UUID, str]:
    """Take backups out of every list; gives for each the key of the file that goes with it, empty when none does.

    Left out is what was purged elsewhere, and what is no longer due: somebody has pinned it, or has had all backups of
    the account kept longer. Who does so has the group or the row locked, so one of the two sees the other.
    """
    with account_scope(batch.account_id):
        try:
            lock_group(account_id=batch.account_id, group_id=batch.group_id)
        except Group.DoesNotExist:  # deleted with its account, and the backups' rows with it
            return {}
        of_account = Backup.objects.filter(account_id=batch.account_id)
        found = of_account.filter(pk__in=batch.pks)
        rows = list(found.select_for_update().order_by("pk"))
        due = set(due_backups(now).filter(account_id=batch.account_id, pk__in=batch.pks).values_list("pk", flat=True))
        found.filter(pk__in=due).update(status=Backup.Status.PURGING, attempts=0, retry_at=None)
        hidden = [row for row in rows if row.status == Backup.Status.PURGING or row.pk in due]
        referred_to = of_account.filter(file_key__in={row.file_key for row in hidden} - {""})
        staying = set(referred_to.exclude(status=Backup.Status.PURGING).values_list("file_key", flat=True))
        return {row.pk: "" if row.file_key in staying else row.file_key for row in hidden}


def _delete_files(batch: _Batch, files: dict[uuid.UUID, str], now: datetime) -> set[str]:
    """Delete files outside of any transaction; gives those that storage kept, whose rows rest before the next try."""
    kept = set()
    for key in set(files.values()) - {""}:
        try:
            remove("backups", key)
        except FAILURES as error:
            logger.warning("%s could not be deleted; its backup stays hidden: %s", key, error)
            kept.add(key)
    if kept:
        _let_rest(batch, [pk for pk, key in files.items() if key in kept], now)
    return kept


def _let_rest(batch: _Batch, pks: list[uuid.UUID], now: datetime) -> None:
    with account_scope(batch.account_id):
        resting = Backup.objects.filter(account_id=batch.account_id, pk__in=pks, status=Backup.Status.PURGING)
        for backup in resting.select_for_update().order_by("pk"):
            rest = min(FIRST_RETRY * 2 ** min(backup.attempts, 10), LAST_RETRY)
            backup.attempts, backup.retry_at = min(backup.attempts + 1, 1000), now + rest
            backup.save(update_fields=["attempts", "retry_at"])


def _forget(batch: _Batch, pks: list[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Delete rows and say so in the audit trail; gives those that no other process had deleted first."""
    if not pks:
        return []
    with account_scope(batch.account_id):
        found = Backup.objects.filter(account_id=batch.account_id, pk__in=pks, status=Backup.Status.PURGING)
        rows = list(found.select_for_update().order_by("pk"))
        Backup.objects.filter(account_id=batch.account_id, pk__in=[row.pk for row in rows]).delete()
        forget_with(account_id=batch.account_id, group_id=batch.group_id, change_ids={row.change_id for row in rows})
        for row in sorted(rows, key=lambda row: row.requested_at):
            record(
                account_id=batch.account_id,
                actor_id=None,
                action=AuditAction.BACKUP_PURGED,
                subject=row.group_name,
                now=now,
                asked_for_at=row.requested_at.isoformat(),
                recipients=row.recipient_count,
            )
    return [row.pk for row in rows]
