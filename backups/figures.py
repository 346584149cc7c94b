"""How the backups of all accounts are, in numbers, for the operators: exported at /metrics. Changes nothing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce

from accounts.models import Account
from accounts.tenancy import across_accounts
from backups.closing import failed_closures, late_closures
from backups.models import Backup, RestoreDrill
from backups.retention import due_backups
from backups.watch import LATE, disk_usage
from recipients.jobs import job_kinds


@dataclass(frozen=True)
class Figures:
    """Numbers over all accounts; None where there is nothing to measure."""

    by_status: Mapping[str, int]
    by_damage: Mapping[str, int]  # of complete backups whose file is missing or another one
    oldest_pending: timedelta | None  # since it was asked for
    failed_last_day: int  # asked for within 24 hours
    overdue: int  # should have been purged more than 26 hours ago
    longest_unverified: timedelta | None  # since a complete backup's file was last read, or written
    last_drill: tuple[timedelta, str] | None  # how long ago, and its result
    storage_free: int | None  # bytes; an S3 server does not say
    jobs_waiting: Mapping[str, int]  # by queue; nobody works on them
    longest_waiting: Mapping[str, timedelta]  # by queue, since the job was asked for; queues without any are left out
    jobs_running: Mapping[str, int]  # by queue; a living process has them
    jobs_interrupted: int  # that are not over, and whose process died or gave up at least once
    accounts_held: int
    closures_failed: int  # accounts that are to be closed and whose export could not be made
    closures_late: int  # whose export or deletion should have been over a day ago


def figures(*, now: datetime) -> Figures:
    """The numbers at `now`, in a handful of queries."""
    complete = Q(status=Backup.Status.COMPLETE)
    with across_accounts("an operator asks how the backups are"):
        times = Backup.objects.aggregate(
            pending=Min("requested_at", filter=Q(status=Backup.Status.PENDING)),
            failed=Count("pk", filter=Q(status=Backup.Status.FAILED, requested_at__gt=now - timedelta(days=1))),
            verified=Min(Coalesce("verified_at", "completed_at"), filter=complete),
        )
        by_status = dict(Backup.objects.order_by().values_list("status").annotate(number=Count("pk")))
        damaged = Backup.objects.filter(complete).exclude(damage="").order_by()
        by_damage = dict(damaged.values_list("damage").annotate(number=Count("pk")))
        overdue = due_backups(now - LATE).order_by().count()
        newest = RestoreDrill.objects.aggregate(at=Max("finished_at"))["at"]
        drill = RestoreDrill.objects.filter(finished_at=newest).order_by("-pk").first() if newest else None
        waiting, longest = jobs_waiting(now)
        running, interrupted = jobs_running(now), jobs_interrupted()
        closures = failed_closures().count(), late_closures(now).count()
        held = Account.objects.filter(held_at__isnull=False).count()
    usage = disk_usage()
    return Figures(
        by_status={status: by_status.get(status, 0) for status in Backup.Status.values},
        by_damage={damage: by_damage.get(damage, 0) for damage in Backup.Damage.values},
        oldest_pending=now - times["pending"] if times["pending"] else None,
        failed_last_day=times["failed"],
        overdue=overdue,
        longest_unverified=now - times["verified"] if times["verified"] else None,
        last_drill=(now - drill.finished_at, drill.result) if drill else None,
        storage_free=usage[0] if usage else None,
        jobs_waiting=waiting,
        longest_waiting=longest,
        jobs_running=running,
        jobs_interrupted=interrupted,
        accounts_held=held,
        closures_failed=closures[0],
        closures_late=closures[1],
    )


def jobs_waiting(now: datetime) -> tuple[Mapping[str, int], Mapping[str, timedelta]]:
    """How many jobs of each queue wait for a worker, and how long the oldest has, in the scope's accounts.

    Queues without any have their zero, and no age.
    """
    found: Counter[str] = Counter()
    oldest: dict[str, datetime] = {}
    for kind in job_kinds():
        found.update({kind.queue: 0, f"{kind.queue}-small": 0})
        waiting = kind.objects.to_do(now).with_queue().order_by().values_list("in_queue")
        for queue, number, at in waiting.annotate(number=Count("pk"), at=Min(kind.asked_for_at)):
            found[queue] += number
            oldest[queue] = min(at, oldest.get(queue, at))
    return found, {queue: now - at for queue, at in oldest.items()}


def jobs_running(now: datetime) -> Mapping[str, int]:
    """How many jobs of each queue a living process has, in the scope's accounts; queues without any have their zero."""
    found: Counter[str] = Counter()
    for kind in job_kinds():
        found.update({kind.queue: 0, f"{kind.queue}-small": 0})
        claimed = kind.objects.running(now)
        found.update(dict(claimed.with_queue().order_by().values_list("in_queue").annotate(number=Count("pk"))))
    return found


def jobs_interrupted() -> int:
    """How many jobs that are not over had to be taken up again, in the scope's accounts."""
    return sum(kind.objects.interrupted().count() for kind in job_kinds())
