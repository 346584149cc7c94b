"""What goes when the last backup that needed it goes: called by the purge, in the transaction that deletes the rows."""

import uuid
from collections.abc import Collection

from backups.models import Backup
from recipients.models import BlockedAddress, Group, Removal


def forget_with(*, account_id: int, group_id: int, change_ids: Collection[uuid.UUID | None]) -> None:
    """Forget whom the changes removed, when no backup of theirs is left: nobody can undo them any more.

    And the block list of a deleted list that cannot come back: addresses stand in it.
    """
    of_account = Backup.objects.filter(account_id=account_id)
    made = {change_id for change_id in change_ids if change_id is not None}
    still_there = set(of_account.filter(change_id__in=made).values_list("change_id", flat=True))
    Removal.objects.filter(account_id=account_id, job_id__in=made - still_there).delete()
    gone = Group.objects.filter(account_id=account_id, pk=group_id, deleted_at__isnull=False)
    if gone.exists() and not of_account.filter(group_id=group_id).exists():
        BlockedAddress.objects.filter(account_id=account_id, group_id=group_id).delete()
