"""What operators have done with backups from the admin site; each stands in the account's audit trail."""

from datetime import datetime
from typing import Any, Final

from celery import current_app
from django.db import transaction

from accounts.models import AuditAction
from accounts.services import record
from backups.models import Backup
from backups.retention import due_backups
from backups.verification import NotComplete, request_verification

PURGE: Final = "backups.purge_backup"


@transaction.atomic
def verify_for_operator(*, backup: Any, actor_id: int, now: datetime) -> bool:
    """Have a backup's file read again by a worker; whether it has one."""
    try:
        request_verification(backup=backup, actor_id=actor_id, now=now)
    except NotComplete:
        return False
    _tell(backup, AuditAction.VERIFICATION_ASKED_FOR, actor_id, now)
    return True


@transaction.atomic
def request_purge(*, backup: Any, actor_id: int, now: datetime) -> bool:
    """Have a backup whose time is over deleted by a worker; whether it is over.

    The worker decides again, with the list locked (`retention.purge_backup`): what is pinned meanwhile stays.
    """
    of_account = Backup.objects.filter(account_id=backup.account_id, pk=backup.pk)
    is_hidden = of_account.filter(status=Backup.Status.PURGING, account__held_at__isnull=True).exists()
    if not is_hidden and not due_backups(now).filter(account_id=backup.account_id, pk=backup.pk).exists():
        return False
    _tell(backup, AuditAction.PURGE_ASKED_FOR, actor_id, now)
    account_id, job_id = backup.account_id, str(backup.pk)

    # When the broker cannot be reached, that is logged, and the hourly purge finds the row.
    def send() -> None:
        current_app.send_task(PURGE, kwargs={"account_id": account_id, "job_id": job_id}, retry=False)

    transaction.on_commit(send, robust=True)
    return True


def _tell(backup: Any, action: AuditAction, actor_id: int, now: datetime) -> None:
    record(
        account_id=backup.account_id,
        actor_id=actor_id,
        action=action,
        subject=backup.group_name,
        now=now,
        asked_for_at=backup.requested_at.isoformat(),
    )
