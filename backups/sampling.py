"""Which files are verified tonight: those whose time has come, and some that nobody could foresee.

Every file is read again within half the time that its account keeps backups (pinned ones again and again), and each
night at least one in a hundred of the others. What was found damaged is read again each night, so that a file that was
put back from a copy of the storage counts again. A backup's own making read its file last, if nothing has since.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Case, DateTimeField, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from accounts.tenancy import across_accounts
from backups.models import Backup
from backups.verification import File

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
NIGHT: Final = timedelta(days=1)
LEAST_SAMPLE: Final = 5  # files
SAMPLED_OF: Final = 100  # one file in so many
AT_ONCE: Final = 500  # files that one statement marks


def verify_sample(*, now: datetime) -> int:
    """Have tonight's files read again (`verification.verify_requested` does it); gives how many."""
    with across_accounts("tonight's verifications are chosen"):
        chosen = tonights_files(now=now)
    for begin in range(0, len(chosen), AT_ONCE):
        keys = [key for _account_id, key in chosen[begin : begin + AT_ONCE]]
        with across_accounts("tonight's verifications are asked for"):
            Backup.objects.filter(
                file_key__in=keys, status=Backup.Status.COMPLETE, verification_requested_at__isnull=True
            ).update(verification_requested_at=now, retry_at=None)
    return len(chosen)


def tonights_files(*, now: datetime) -> list[File]:
    """The files, in the scope's accounts, that are to be read again tonight."""
    files = _files(now)
    due = list(files.filter(due_at__lt=now + NIGHT).order_by("due_at", "file_key").values_list(*FILE))
    share = math.ceil(sum(2 / days for days in files.values_list("days", flat=True).iterator()))
    if len(due) < share:  # so that the nights are alike, though many backups were made in one
        due = list(files.order_by("due_at", "file_key").values_list(*FILE)[:share])
    damaged = files.exclude(damaged="").values_list(*FILE)
    chosen = dict.fromkeys([*due, *damaged])
    rest = files.count() - len(chosen)
    size = max(LEAST_SAMPLE, math.ceil(rest / SAMPLED_OF))
    # So many that enough are left when all that were chosen are among them.
    for file in files.order_by("?").values_list(*FILE)[: size + len(chosen)]:
        if size and file not in chosen:
            chosen[file], size = None, size - 1
    return list(chosen)


def some_files(*, now: datetime, number: int | None = None, account_id: int | None = None) -> list[File]:
    """So many files in the scope's accounts, or all, those first that nobody has read for the longest time."""
    files = _files(now) if account_id is None else _files(now).filter(account_id=account_id)
    return list(files.order_by("checked_at", "file_key").values_list(*FILE)[:number])


FILE: Final = ("account_id", "file_key")


def _files(now: datetime) -> QuerySet[Any]:
    """One row a file of complete backups: `checked_at`, `due_at`, `days` that the account keeps backups, `damaged`.

    A time that lies ahead was written by a clock that was wrong then, and counts for nothing.
    """
    half = ExpressionWrapper(
        F("account__retention_days") * Value(timedelta(hours=12), DurationField()), DurationField()
    )
    read_at = Coalesce("verified_at", "completed_at")
    ahead = Q(verified_at__gt=now + NIGHT) | Q(verified_at__isnull=True, completed_at__gt=now + NIGHT)
    checked_at = Max(Case(When(ahead, then=Value(LONG_AGO, DateTimeField())), default=read_at))
    found: QuerySet[Any] = (
        Backup.objects.filter(status=Backup.Status.COMPLETE)
        .order_by()
        .values(*FILE)
        .annotate(
            checked_at=checked_at,
            days=Max("account__retention_days"),
            damaged=Max("damage"),
            due_at=ExpressionWrapper(checked_at + Max(half), DateTimeField()),
        )
    )
    return found
