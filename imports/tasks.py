"""The tasks of this app: each is one call of a service, and harmless when it runs twice, late or never."""

import uuid

from celery import shared_task
from django.utils import timezone

from imports.confirming import TASK
from imports.orphans import remove_orphaned_files
from imports.run import advance_import, sweep_imports
from imports.tidying import tidy_imports
from recipients.nudge import nudge_held_back


@shared_task(name=TASK)
def advance_import_task(*, account_id: int, job_id: str) -> None:
    """Do the next step of one import."""
    advance_import(account_id=account_id, import_id=uuid.UUID(job_id))
    nudge_held_back(account_id=account_id)


@shared_task(name="imports.sweep_imports")
def sweep_imports_task() -> None:
    """Find forgotten imports (beat)."""
    sweep_imports(now=timezone.now())


@shared_task(name="imports.tidy_imports")
def tidy_imports_task() -> None:
    """Delete what ended imports and abandoned drafts leave behind (beat)."""
    tidy_imports(now=timezone.now())


@shared_task(name="imports.remove_orphaned_files")
def remove_orphaned_files_task() -> None:
    """Delete files that no import refers to (beat)."""
    remove_orphaned_files(now=timezone.now())
