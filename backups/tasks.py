"""The tasks of this app: each is one call of a service, and harmless when it runs twice, late or never."""

import uuid
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from backups.closing_job import TASK as CLOSURE
from backups.closing_job import advance_closure, sweep_closures
from backups.daily import take_daily_backups
from backups.drill import rehearse_restore
from backups.erasing import TASK as ERASURE
from backups.erasing import advance_erasure, sweep_erasures
from backups.exporting import TASK as EXPORT
from backups.exporting import make_export, remove_expired_exports, sweep_exports
from backups.kept_files import tidy_kept_files
from backups.operating import PURGE
from backups.orphans import remove_orphaned_files
from backups.retention import finish_purges, purge_backup, purge_due_backups
from backups.sampling import verify_sample
from backups.taking import TASK, sweep_backups, take_backup
from backups.verification import TASK as VERIFICATION
from backups.verification import verify_if_requested, verify_requested
from recipients.nudge import nudge_held_back


@shared_task(name=TASK)
def take_backup_task(*, account_id: int, job_id: str) -> None:
    """Make one pending backup."""
    take_backup(account_id=account_id, backup_id=uuid.UUID(job_id))
    nudge_held_back(account_id=account_id)


@shared_task(name="backups.sweep_backups")
def sweep_backups_task() -> None:
    """Find forgotten backups, and go on with deletions that storage refused before (beat)."""
    now = timezone.now()
    sweep_backups(now=now)
    finish_purges(now=now)


@shared_task(name="backups.purge_backups")
def purge_backups_task() -> None:
    """Delete the backups whose time has come (beat)."""
    purge_due_backups(now=timezone.now())


@shared_task(name=PURGE)
def purge_backup_task(*, account_id: int, job_id: str) -> None:
    """Delete one backup whose time is over, which an operator has asked for."""
    purge_backup(account_id=account_id, backup_id=uuid.UUID(job_id), now=timezone.now())


@shared_task(name="backups.remove_orphaned_files")
def remove_orphaned_files_task() -> None:
    """Delete files that no backup refers to (beat)."""
    remove_orphaned_files(now=timezone.now())


@shared_task(name="backups.take_daily_backups")
def take_daily_backups_task() -> None:
    """Begin the daily backups that are due (beat)."""
    take_daily_backups(now=timezone.now())


@shared_task(name=ERASURE)
def advance_erasure_task(*, account_id: int, job_id: str) -> None:
    """Go on with taking an erased person out of files."""
    advance_erasure(account_id=account_id, erasure_id=uuid.UUID(job_id))
    nudge_held_back(account_id=account_id)


@shared_task(name="backups.sweep_erasures")
def sweep_erasures_task() -> None:
    """Find forgotten erasures (beat)."""
    sweep_erasures(now=timezone.now())


@shared_task(name=CLOSURE)
def advance_closure_task(*, account_id: int, job_id: str) -> None:
    """Do the next step of the closing of an account."""
    advance_closure(account_id=account_id, closure_id=uuid.UUID(job_id))
    nudge_held_back(account_id=account_id)


@shared_task(name="backups.sweep_closures")
def sweep_closures_task() -> None:
    """Find closings whose day has come or that were forgotten, and tell owners of exports that are ready (beat)."""
    sweep_closures(now=timezone.now())


@shared_task(name=VERIFICATION)
def verify_backup_task(*, account_id: int, job_id: str) -> None:
    """Read the file of a backup again, which somebody has asked for."""
    verify_if_requested(account_id=account_id, backup_id=uuid.UUID(job_id), now=timezone.now())


@shared_task(name="backups.verify_sample")
def verify_sample_task() -> None:
    """Choose the backups whose files are read again tonight (beat)."""
    verify_sample(now=timezone.now())


@shared_task(name="backups.verify_requested")
def verify_requested_task() -> None:
    """Read the files that are to be read again, for less than a minute (beat, every minute)."""
    verify_requested(budget=timedelta(seconds=50))


@shared_task(name="backups.rehearse_restore", acks_late=False)
def rehearse_restore_task() -> None:
    """Rehearse the restore of one backup (beat). A drill that takes its process down is not begun again that night."""
    rehearse_restore(now=timezone.now())


@shared_task(name=EXPORT)
def make_export_task(*, account_id: int, job_id: str) -> None:
    """Make the file of one export."""
    make_export(account_id=account_id, export_id=uuid.UUID(job_id))
    nudge_held_back(account_id=account_id)


@shared_task(name="backups.sweep_exports")
def sweep_exports_task() -> None:
    """Find forgotten exports (beat)."""
    sweep_exports(now=timezone.now())


@shared_task(name="backups.remove_expired_exports")
def remove_expired_exports_task() -> None:
    """Delete exports whose time is over, or that hold somebody who was erased (beat)."""
    remove_expired_exports(now=timezone.now())


@shared_task(name="backups.tidy_kept_files")
def tidy_kept_files_task() -> None:
    """Remove copies of files that nobody looks at any more from this machine (beat)."""
    tidy_kept_files()
