"""Why each backup is kept or goes, for the operator who asks before a purge. Changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from backups.models import Backup
from backups.retention import contradictory_backups, due_backups

DAY = timedelta(days=1)
SHOWN = (Backup.Status.COMPLETE, Backup.Status.FAILED, Backup.Status.PENDING)


class Why(StrEnum):
    """What becomes of a backup, and the rule that says so."""

    DUE = "due"  # goes: its time is over
    TIME_LEFT = "time_left"
    PINNED = "pinned"
    CONTRADICTORY = "contradictory"  # its expiry is over, and its other times deny it
    PENDING = "pending"


@dataclass(frozen=True)
class Verdict:
    """One backup (with its account and who pinned it) and what a purge would do with it."""

    backup: Any
    why: Why
    until: datetime | None  # the end of its time, where it has one
    file_goes: bool  # with it; false also where it has none

    def days_left(self, now: datetime) -> int:
        """Whole days until its time is over; zero when it is."""
        return max((self.until - now) // DAY, 0) if self.until else 0


def verdicts(now: datetime) -> Iterator[Verdict]:
    """A verdict on every backup of the scope's accounts but those that are being deleted, by account, list and age."""
    due = due_backups(now)
    due_at = Subquery(due.filter(pk=OuterRef("pk")).order_by().values("due_at")[:1])
    others = Backup.objects.filter(account_id=OuterRef("account_id"), file_key=OuterRef("file_key"))
    staying = others.exclude(status=Backup.Status.PURGING).exclude(pk__in=due.order_by().values("pk"))
    rows: QuerySet[Any] = (
        Backup.objects.filter(status__in=SHOWN)
        .annotate(
            due_at=due_at,
            is_contradictory=Q(pk__in=contradictory_backups(now).values("pk")),
            file_stays=Exists(staying),
        )
        .select_related("account", "pinned_by")
        .order_by(F("account_id"), F("group_name"), F("requested_at"), F("pk"))
    )
    for row in rows.iterator(chunk_size=1000):
        yield _verdict(row)


def _verdict(row: Any) -> Verdict:
    if row.status == Backup.Status.PENDING:
        return Verdict(row, Why.PENDING, None, file_goes=False)
    until: datetime
    if row.status == Backup.Status.FAILED:
        until = row.requested_at + row.account.retention_days * DAY
    else:
        until = max(row.expires_at, row.requested_at + (row.expires_at - row.completed_at))
    if row.due_at is not None:
        return Verdict(row, Why.DUE, until, file_goes=bool(row.file_key) and not row.file_stays)
    if row.pinned_at is not None:
        return Verdict(row, Why.PINNED, until, file_goes=False)
    if row.is_contradictory:
        return Verdict(row, Why.CONTRADICTORY, until, file_goes=False)
    return Verdict(row, Why.TIME_LEFT, until, file_goes=False)
