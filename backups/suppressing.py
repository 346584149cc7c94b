"""Suppression: who was erased since a backup was made is left out wherever its file is shown, exported or restored.

From the moment of the erasure on, and until the file itself was rewritten. Which files are meant is told by revisions,
not by clocks: an erasure keeps the revision of each list that it left behind, with every list locked, so a file with an
older one may hold the person, and one with that or a newer one does not. Who signs up anew later is not taken out of
later backups.
"""

from uuid import UUID

from django.db.models import Q

from accounts.tenancy import account_scope
from backups.models import Backup, Erasure
from recipients.erased import Erased, key_of

UNKEYED = UUID(int=0)  # when nobody is left out, the account's key is asked for nothing

# While their job runs, and after it for files that it could not read.
OPEN = ~Q(status=Erasure.Status.DONE) | Q(report__unreadable__gt=0)


def suppression_for(backup: Backup) -> Erased:
    """The addresses that a complete backup's file may hold, and that nobody may see again."""
    older = {f"report__revisions__{backup.group_id}__gt": backup.revision}
    erasures = Erasure.objects.filter(OPEN, account_id=backup.account_id, **older)
    digests = frozenset(bytes(digest) for digest in erasures.values_list("digest", flat=True))
    return Erased(key_of(backup.account_id) if digests else UNKEYED, digests)


def has_moved(backup: Backup) -> bool:
    """Whether an erasure has the backup point at another file than the given row says; the row is made fresh then."""
    with account_scope(backup.account_id):
        found = Backup.objects.filter(
            account_id=backup.account_id, pk=backup.pk, status=Backup.Status.COMPLETE
        ).exclude(file_key=backup.file_key)
        if not found.exists():
            return False
        backup.refresh_from_db(fields=["file_key", "sha256", "size", "recipient_count", "active_count", "damage"])
    return True
