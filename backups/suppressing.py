"""Suppression: who was erased since a backup was made is left out wherever its file is shown, exported or restored.

From the moment of the erasure on, and until the file itself was rewritten.
"""

from backups.models import Backup
from recipients.erased import Erased, erased_of


def suppression_for(backup: Backup) -> Erased:
    """The addresses that a complete backup's file may hold, and that nobody may see again."""
    return erased_of(backup.account_id, since=backup.requested_at)
