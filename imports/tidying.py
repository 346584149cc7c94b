"""Tidying: what imports leave behind does not stay. Called by beat every few minutes.

A running import is none of this module's business; `imports.orphans` removes files that no import refers to.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.tenancy import account_scope, across_accounts
from imports.models import Import
from imports.run import discard_files
from recipients.storage import FAILURES, remove

logger = logging.getLogger(__name__)

ABANDONED_AFTER = timedelta(days=7)  # a draft that nobody went on with
REJECTED_KEPT = timedelta(days=30)  # rejected rows, for the person to mend and import again; and whom an undo kept
AT_A_TIME = 1000


def tidy_imports(*, now: datetime) -> int:
    """Cancel abandoned drafts, delete the files of ended imports and rejected rows past their time.

    Gives how many imports' files went. A file that storage does not delete is tried again the next time and keeps no
    other from going.
    """
    with across_accounts("imports are tidied up"):
        abandoned = Import.objects.filter(status__in=Import.UNCONFIRMED, created_at__lt=now - ABANDONED_AFTER)
        abandoned.update(status=Import.Status.CANCELLED, finished_at=now, claim=None, preview={}, entered={})
        ended = Import.objects.exclude(status__in=[*Import.UNCONFIRMED, *Import.RUNNING])
        left = list(ended.exclude(file_key="", rows_key="")[:AT_A_TIME])
        due = ended.filter(finished_at__lt=now - REJECTED_KEPT)
        old = list(due.exclude(rejected_key="", kept_key="")[:AT_A_TIME])
    files = sum(_done(discard_files, run) for run in left)
    return files + sum(_done(_discard_rejected, run) for run in old)


def _discard_rejected(*, run: Import) -> None:
    for key in filter(None, (run.rejected_key, run.kept_key)):
        remove("imports", key)
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(rejected_key="", kept_key="")


def _done(discard: Callable[..., None], run: Import) -> bool:
    try:
        discard(run=run)
    except FAILURES:
        logger.warning("files of import %s could not be deleted; tried again later", run.pk, exc_info=True)
        return False
    return True
