"""Nudges: messages that send a worker to a job. They may be lost, doubled or late; the job's row is the truth."""

import uuid
from datetime import datetime, timedelta

from celery import current_app
from django.db import transaction
from django.utils import timezone

from accounts.tenancy import account_scope, across_accounts
from recipients.jobs import job_kinds, lock_turns, turns_left


def nudge(task: str, *, account_id: int, job_id: uuid.UUID, after: timedelta = timedelta(0)) -> None:
    """Send a worker to a job once the current transaction has committed, `after` so long.

    When the broker cannot be reached, that is logged and the sweep finds the job later.
    """
    kind = next(kind for kind in job_kinds() if kind.task == task)
    job = kind.objects.with_queue().filter(account_id=account_id, pk=job_id)
    queue = job.values_list("in_queue", flat=True).first() or kind.queue

    # A function and not a partial: Django names it when it logs that the message could not be sent.
    def send() -> None:
        current_app.send_task(
            task,
            kwargs={"account_id": account_id, "job_id": str(job_id)},
            queue=queue,
            countdown=after.total_seconds(),
            retry=False,
        )

    transaction.on_commit(send, robust=True)


def nudge_held_back(*, account_id: int) -> None:
    """Send workers to jobs that the account's limit held back: as many as may be done now, who asked first first.

    To be called when a process is through with a job of the account, whatever came of it.
    """
    now = timezone.now()
    with account_scope(account_id):
        # Before looking: who is just being held back is seen then, and who looks later has a turn.
        lock_turns(account_id=account_id)
        held_back = sorted(
            (asked_for_at, job_id, queue, kind.task)
            for kind in job_kinds()
            for asked_for_at, job_id, queue in kind.objects.held_back(now)
            .with_queue()
            .filter(account_id=account_id)
            .values_list(kind.asked_for_at, "pk", "in_queue")
        )
        left = {queue: turns_left(account_id=account_id, queue=queue, now=now) for _at, _id, queue, _task in held_back}
        for _asked_for_at, job_id, queue, task in held_back:
            if left[queue] > 0:
                left[queue] -= 1
                nudge(task, account_id=account_id, job_id=job_id)


def sweep_held_back(*, now: datetime) -> None:
    """Send workers to jobs that were held back and whose turn has come unnoticed, as when a process died."""
    with across_accounts("jobs that were held back are looked for"):
        accounts = {
            account_id
            for kind in job_kinds()
            for account_id in kind.objects.held_back(now).values_list("account_id", flat=True)
        }
    for account_id in sorted(accounts):
        nudge_held_back(account_id=account_id)
