"""The tasks of this app: each is one call of a service, and harmless when it runs twice, late or never."""

import uuid

from celery import shared_task
from django.utils import timezone

from recipients.deletion import TASK, advance_deletion, sweep_deletions
from recipients.nudge import nudge_held_back, sweep_held_back


@shared_task(name=TASK)
def advance_deletion_task(*, account_id: int, job_id: str) -> None:
    """Do the next step of one deletion."""
    advance_deletion(account_id=account_id, deletion_id=uuid.UUID(job_id))
    nudge_held_back(account_id=account_id)


@shared_task(name="recipients.sweep_deletions")
def sweep_deletions_task() -> None:
    """Find forgotten deletions (beat)."""
    sweep_deletions(now=timezone.now())


@shared_task(name="recipients.sweep_held_back")
def sweep_held_back_task() -> None:
    """Find jobs that were held back and whose turn has come (beat)."""
    sweep_held_back(now=timezone.now())
