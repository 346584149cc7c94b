"""Nudges: messages that send a worker to a job. They may be lost, doubled or late; the job's row is the truth."""

import uuid
from datetime import timedelta

from celery import current_app
from django.db import transaction


def nudge(task: str, *, account_id: int, job_id: uuid.UUID, after: timedelta = timedelta(0)) -> None:
    """Send a worker to a job once the current transaction has committed, `after` so long.

    When the broker cannot be reached, that is logged and the sweep finds the job later.
    """

    # A function and not a partial: Django names it when it logs that the message could not be sent.
    def send() -> None:
        current_app.send_task(
            task,
            kwargs={"account_id": account_id, "job_id": str(job_id)},
            countdown=after.total_seconds(),
            retry=False,
        )

    transaction.on_commit(send, robust=True)
