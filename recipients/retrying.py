"""Jobs that an operator has tried again at once, instead of waiting for their rest or for the sweep."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import AuditAction
from accounts.services import record
from recipients.nudge import nudge


@transaction.atomic
def retry_job(*, job: Any, actor_id: int, now: datetime) -> bool:
    """Send a worker to a job that nobody works on; whether there was one to be sent.

    One that rests after an error rests no longer. One that has failed begins anew where its kind allows that
    (`Job.begun_anew_after`): it stands then as if it had never been tried. What a living process works on is left
    alone, and so is what has ended, and whatever waits for its account's hold to end.
    """
    kind = type(job)
    mine = kind.objects.filter(account_id=job.account_id, pk=job.pk)
    present = mine.select_for_update(no_key=True, of=("self",)).first()
    if present is None:
        return False
    changes: dict[str, Any] = {"nudged_at": now}
    if not kind.while_held and job.account.held_at is not None:
        return False
    if mine.filter(status=kind.failed, failure__in=kind.begun_anew_after).exists():
        changes |= {"status": kind.worked_on[0], "interruptions": 0, "failure": "", "failure_detail": {}}
        if hasattr(present, "finished_at"):
            changes["finished_at"] = None
    elif not mine.filter(Q(claim__isnull=True) | Q(claimed_until__lt=now), status__in=kind.worked_on).exists():
        return False
    if present.claim is None:  # it rests; a claim that ran out stays, and the next one counts an interruption
        changes["claimed_until"] = None
    if hasattr(present, "retry_at"):
        changes["retry_at"] = None
    mine.update(**changes)
    record(
        account_id=job.account_id,
        actor_id=actor_id,
        action=AuditAction.JOB_RETRIED,
        subject="",
        now=now,
        job=str(job.pk),
        kind=kind._meta.model_name,
    )
    nudge(kind.task, account_id=job.account_id, job_id=job.pk)
    return True
