"""Files of backups and exports that the catalogue does not know, left by processes that died."""

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from accounts.tenancy import account_scope
from backups.models import Backup, Closure, Export
from recipients.orphans import remove_orphans

# As `taking.key_of`, `exporting.key_of` and `closing_job.key_of` give it; a file that was never finished has a dot in
# front and something behind.
FORM = re.compile(
    r"(?P<account>\d+)/(?:\d+|exports)/\.?(?P<job>[0-9a-f-]{36})\.[0-9a-f]{32}\.(?:parquet|csv|xlsx|zip)[^/]*"
)

MAKING: Final[dict[type[Any], str]] = {  # whose files stand here, and the status in which one is being made
    Backup: Backup.Status.PENDING,
    Export: Export.Status.PENDING,
    Closure: Closure.Status.EXPORTING,
}


def remove_orphaned_files(*, now: datetime) -> int:
    """Delete what died workers left in the storage of backups, a day later; gives how many files."""
    return remove_orphans("backups", form=FORM, in_use=_in_use, now=now)


def _in_use(account_id: int, jobs: Mapping[str, uuid.UUID]) -> Collection[str]:
    """Files that a backup (its own or another's), an export or a closing refers to, and files of those being made."""
    with account_scope(account_id):
        named: set[str] = set()
        being_made: set[uuid.UUID] = set()
        for kind, making in MAKING.items():
            found = kind.objects.filter(account_id=account_id)
            named.update(found.filter(file_key__in=jobs.keys()).values_list("file_key", flat=True))
            pending = found.filter(pk__in=set(jobs.values()), status=making)
            being_made.update(pending.values_list("pk", flat=True))
    return named | {key for key, pk in jobs.items() if pk in being_made}
