"""Files of imports that no import refers to, left by processes that died."""

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from accounts.tenancy import account_scope
from imports.compared import keys_of
from imports.models import Import
from recipients.orphans import remove_orphans

FORM = re.compile(r"(?P<account>\d+)/(?P<job>[0-9a-f-]{36})/[^/]+")


def remove_orphaned_files(*, now: datetime) -> int:
    """Delete what died readers and uploads left in the storage of imports, a day later; gives how many files."""
    return remove_orphans("imports", form=FORM, in_use=_in_use, now=now)


def _in_use(account_id: int, jobs: Mapping[str, uuid.UUID]) -> Collection[str]:
    """Files that an import refers to, and all files of one that may be read just now: one may be about to be named."""
    with account_scope(account_id):
        runs = {run.pk: run for run in Import.objects.filter(account_id=account_id, pk__in=set(jobs.values()))}
    return [key for key, pk in jobs.items() if pk in runs and _needs(runs[pk], key)]


def _needs(run: Import, key: str) -> bool:
    if run.is_running or run.status == Import.Status.PREVIEWING:
        return True
    return key in (run.file_key, run.rows_key, run.rejected_key, run.kept_key, *keys_of(run))
