"""Jobs: rows that work is done for, once at a time, by whichever process claims them.

The row is the truth, a Celery message only a nudge. A process claims a row by compare-and-set, keeps the claim with a
heartbeat while it lives, and gives it back or loses it one lease after its death. What a job changes is committed
together with `release`, which fails when the claim was lost meanwhile: a process that was thought dead changes nothing.

Jobs wait in queues, large ones and small ones apart, so that no hundred rows stand behind a million. And an account has
a limited number of jobs of one queue done at a time (JOBS_PER_ACCOUNT): a job beyond it is *held back*, which its row
says, and `recipients.nudge` sends a worker to it when a job of the account is over.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, Self

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from accounts.tenancy import account_scope
from recipients.stopping import StopAsked

logger = logging.getLogger(__name__)

MAX_INTERRUPTIONS = 3  # a job whose process died so often is given up, so that it cannot take workers down for ever
SMALL = "-small"  # ends the name of the queue of small jobs
SMALL_FILE = 5_000_000  # bytes of an upload
SMALL_LIST = 50_000  # rows of a file, recipients of a list: a few seconds' work at most


class ClaimLost(Exception):
    """Another process has the job now; what this one was about to commit must be rolled back."""


class JobQuerySet(models.QuerySet["Any"]):
    """Sets of jobs."""

    def unclaimed(self, now: datetime) -> Self:
        """Jobs that no living process works on."""
        return self.filter(models.Q(claimed_until__isnull=True) | models.Q(claimed_until__lt=now))

    def with_queue(self) -> Self:
        """Each with the name of the queue that it waits in, as `in_queue`."""
        queue = self.model.queue
        return self.annotate(
            in_queue=models.Case(
                models.When(self.model.large, then=models.Value(queue)), default=models.Value(queue + SMALL)
            )
        )

    def to_do(self, now: datetime) -> Self:
        """Jobs that have something to be done, and that no living process works on.

        Of accounts on hold only those of kinds that change nothing.
        """
        found = self.unclaimed(now).filter(status__in=self.model.worked_on)
        return found if self.model.while_held else found.filter(account__held_at__isnull=True)

    def running(self, now: datetime) -> Self:
        """Jobs that a living process works on."""
        return self.filter(status__in=self.model.worked_on, claim__isnull=False, claimed_until__gte=now)

    def interrupted(self) -> Self:
        """Jobs that are not over, and whose process died or gave up at least once."""
        return self.filter(status__in=self.model.worked_on, interruptions__gt=0)

    def held_back(self, now: datetime) -> Self:
        """Jobs that nobody was let do, because their account had enough done at that time."""
        return self.to_do(now).filter(held_back_at__isnull=False)

    def take_forgotten(self, *, now: datetime) -> list[tuple[int, uuid.UUID]]:
        """Jobs that nobody works on and nobody was sent to for one lease, as (account, id); they count as sent to now.

        A lost message, an emptied Redis or a dead process leaves such jobs. Those that are held back have a sweep of
        their own. In a transaction; whose row somebody has locked is left to the next sweep, so that a process that
        stands still holds up no other job.
        """
        forgotten = self.to_do(now).filter(
            models.Q(nudged_at__isnull=True) | models.Q(nudged_at__lt=now - settings.JOB_LEASE),
            held_back_at__isnull=True,
        )
        forgotten = forgotten.select_for_update(no_key=True, of=("self",), skip_locked=True)
        found = list(forgotten.values_list("account_id", "pk"))
        self.filter(pk__in=[pk for _account_id, pk in found]).update(nudged_at=now)
        return found

    def claim(self, pk: uuid.UUID, *, now: datetime) -> uuid.UUID | None:
        """Claim the job if there is something to be done and it is unclaimed; None when it is not to be had.

        It is held back then when its account has enough done. A claim over one that ran out counts as an interruption.
        In a transaction, which must be short: the account's other claims wait for its end.
        """
        mine = self.to_do(now).filter(pk=pk)
        # The row is locked first: whoever has the account's turns must wait for nothing more.
        job = mine.with_queue().only("account_id").select_for_update(no_key=True, of=("self",)).first()
        if job is None:
            return None
        lock_turns(account_id=job.account_id)
        if turns_left(account_id=job.account_id, queue=job.in_queue, now=now) <= 0:
            mine.filter(held_back_at__isnull=True).update(held_back_at=now)
            return None
        token = uuid.uuid4()
        interrupted = models.Case(
            models.When(claimed_until__isnull=False, then=models.F("interruptions") + 1),
            default=models.F("interruptions"),
            output_field=models.IntegerField(),
        )
        mine.update(claim=token, claimed_until=now + settings.JOB_LEASE, interruptions=interrupted, held_back_at=None)
        return token


class Job(models.Model):
    """What every job has: an account, a status, a claim, and how far it is."""

    task: ClassVar[str]  # what does the next step of a job of this kind
    queue: ClassVar[str]  # where the large ones wait; the small ones wait in the one beside it
    large: ClassVar[models.Q]
    worked_on: ClassVar[list[str]]  # the statuses in which there may be something to do
    asked_for_at: ClassVar[str]  # the column that says since when; who asked first has the first turn
    while_held: ClassVar[bool] = False  # whether it is done while its account is on hold, as it changes nothing
    failed: ClassVar[str] = "failed"  # the status of one that was given up
    # Codes of failures after which it may be begun anew as it is: whatever it was asked for has not changed meanwhile.
    begun_anew_after: ClassVar[frozenset[str]] = frozenset()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    interruptions = models.PositiveSmallIntegerField(default=0, editable=False)
    nudged_at = models.DateTimeField(null=True, editable=False)  # by the sweep
    held_back_at = models.DateTimeField(null=True, editable=False)  # since then its account's limit keeps it waiting
    rows_done = models.BigIntegerField(default=0)
    rows_known = models.BigIntegerField(null=True)
    failure = models.CharField(max_length=60, blank=True)  # a code that the page turns into a sentence
    failure_detail = models.JSONField(default=dict)

    objects = JobQuerySet.as_manager()

    account_id: int
    status: str

    class Meta:
        abstract = True

    def is_silent(self, now: datetime) -> bool:
        """Whether heartbeats of whoever has the claim are missing: it may be dead, and loses its claim soon."""
        return self.claimed_until is not None and self.claimed_until - now < settings.JOB_LEASE / 2

    def release(self, token: uuid.UUID, **changes: Any) -> None:
        """Give the claim back and write `changes`, in the caller's transaction. Raises ClaimLost."""
        changes |= {"claim": None, "claimed_until": None}
        if not type(self).objects.filter(pk=self.pk, claim=token).update(**changes):
            raise ClaimLost
        for name, value in changes.items():
            setattr(self, name, value)

    def give_back(self, token: uuid.UUID, *, until: datetime, **changes: Any) -> None:
        """Let the job rest until `until`, after an error; the next claim counts an interruption. Raises ClaimLost."""
        changes |= {"claim": None, "claimed_until": until}
        if not type(self).objects.filter(pk=self.pk, claim=token).update(**changes):
            raise ClaimLost


def job_kinds() -> list[type[Job]]:
    """Every kind of job that there is."""
    return [model for model in apps.get_models() if issubclass(model, Job)]


def lock_turns(*, account_id: int) -> None:
    """Let nobody else claim a job of the account until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"listkeep.turns.{account_id}"])


def turns_left(*, account_id: int, queue: str, now: datetime) -> int:
    """How many more jobs of the queue may be done for the account now, whose turns are locked."""
    done_now = sum(
        kind.objects.running(now).with_queue().filter(account_id=account_id, in_queue=queue).count()
        for kind in job_kinds()
        if queue in (kind.queue, kind.queue + SMALL)
    )
    return settings.JOBS_PER_ACCOUNT - done_now


class Heartbeat:
    """Keeps a claim and writes progress, from a thread of its own with a connection of its own.

    The thread lets the row show progress while the job's own transaction is open, and it dies with the process.
    """

    def __init__(self, job: Job, token: uuid.UUID) -> None:
        self._model = type(job)
        self._pk, self._account_id, self._token = job.pk, job.account_id, token
        self._stopped = threading.Event()
        self._rows: tuple[int, int | None] | None = None
        self._written: tuple[int, int | None] | None = None
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)
        self.lost = False

    def progress(self, rows_done: int, rows_known: int | None) -> None:
        """Say how far the job is; written to the row within a second. Raises ClaimLost when the job was taken away."""
        self._rows = (rows_done, rows_known)
        if self.lost:
            raise ClaimLost

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating and wait for the last beat to end."""
        self._stopped.set()
        self._thread.join()

    def _beat(self) -> None:
        lease = settings.JOB_LEASE.total_seconds()
        renewed = timezone.now()
        try:
            while not self._stopped.wait(settings.JOB_HEARTBEAT.total_seconds()):
                now = timezone.now()
                if self._rows != self._written or (now - renewed).total_seconds() > lease / 4:  # see `is_silent`
                    self._write(now)
                    renewed = now
        finally:
            connection.close()

    def _write(self, now: datetime) -> None:
        rows = self._rows
        changes: dict[str, Any] = {"claimed_until": now + settings.JOB_LEASE}
        if rows is not None:
            changes |= {"rows_done": rows[0], "rows_known": rows[1]}
        try:
            with account_scope(self._account_id):
                kept = self._model.objects.filter(pk=self._pk, claim=self._token).update(**changes)
        except Exception:
            # The job goes on: the lease is longer than a short outage, and the last commit checks the claim.
            logger.exception("heartbeat of %s %s could not be written", self._model.__name__, self._pk)
            connection.close()
            return
        self._written = rows
        self.lost = not kept


@contextmanager
def heartbeat(job: Job, token: uuid.UUID) -> Iterator[Callable[[int, int | None], None]]:
    """Keep the claim `token` on `job` while the block runs; gives the function that reports progress.

    When the process is to stop meanwhile, the claim is given back for another one to take the job up.
    """
    pulse = Heartbeat(job, token)
    pulse.start()
    try:
        yield pulse.progress
    except StopAsked:
        pulse.stop()
        _hand_over(job, token)
        raise
    finally:
        pulse.stop()


def _hand_over(job: Job, token: uuid.UUID) -> None:
    """Give back the claim on a job that was broken off, which counts as no interruption."""
    connection.close()  # it may have been broken off anywhere
    try:
        with account_scope(job.account_id):
            job.release(token)
    except ClaimLost:
        logger.info("%s %s had ended, or went on elsewhere, when its process was to stop", type(job).__name__, job.pk)
