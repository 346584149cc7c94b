"""Pins: a pinned backup is not purged, however old it is, until somebody unpins it.

Pin and purge both decide with the group locked: a backup that was pinned a moment before stays, and one whose deletion
has begun cannot be pinned any more.
"""

import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import AuditAction, User
from accounts.services import record
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.revision import lock_group

GRACE = timedelta(days=7)  # an unpinned backup whose time is over stays so long, in case the click was a mistake


class PinRefused(Exception):
    """A backup cannot be pinned. `code` says why; the page turns it into a sentence."""

    code = ""


class BeingDeleted(PinRefused):
    """Its time is over, and the purge has begun to delete it."""

    code = "being_deleted"


class NothingToPin(PinRefused):
    """It is still being made, or could not be made: there is no file to keep."""

    code = "nothing_to_pin"


class AlreadyPinned(PinRefused):
    """Somebody has pinned it before; their name and reason stay."""

    code = "already_pinned"


def pin_backup(*, account_id: int, backup_id: uuid.UUID, reason: str, actor: User, now: datetime) -> Backup:
    """Keep a complete backup until it is unpinned. Raises PinRefused, and Backup.DoesNotExist when it is gone."""
    with account_scope(account_id):
        backup = _locked(account_id, backup_id)
        if backup.status == Backup.Status.PURGING:
            raise BeingDeleted
        if backup.status != Backup.Status.COMPLETE:
            raise NothingToPin
        if backup.pinned_at is not None:
            raise AlreadyPinned
        backup.pinned_at, backup.pinned_by, backup.pin_reason = now, actor, reason
        backup.save(update_fields=["pinned_at", "pinned_by", "pin_reason"])
        _note(backup, AuditAction.BACKUP_PINNED, actor, now)
    return backup


def unpin_backup(*, account_id: int, backup_id: uuid.UUID, actor: User, now: datetime) -> Backup:
    """Let a backup go when its time is over, at the earliest GRACE from now; one that is not pinned stays as it is.

    Raises Backup.DoesNotExist when it is gone.
    """
    with account_scope(account_id):
        backup = _locked(account_id, backup_id)
        if backup.pinned_at is None:
            return backup
        backup.expires_at = kept_until_if_unpinned(backup, now)
        backup.pinned_at, backup.pinned_by, backup.pin_reason = None, None, ""
        backup.save(update_fields=["expires_at", "pinned_at", "pinned_by", "pin_reason"])
        _note(backup, AuditAction.BACKUP_UNPINNED, actor, now)
    return backup


def kept_until_if_unpinned(backup: Backup, now: datetime) -> datetime:
    """How long a pinned, complete backup is still kept when it is unpinned at `now`."""
    return max(backup.expires_at or now, now + GRACE)


def _locked(account_id: int, backup_id: uuid.UUID) -> Backup:
    """The backup with its group locked, as the purge locks them."""
    mine: QuerySet[Backup] = Backup.objects.filter(account_id=account_id, pk=backup_id)
    lock_group(account_id=account_id, group_id=mine.values_list("group_id", flat=True).get())
    return mine.select_for_update(of=("self",)).get()


def _note(backup: Backup, action: AuditAction, actor: User, now: datetime) -> None:
    """Say so in the audit trail, without the reason: people may write anything there, and the trail is for ever."""
    record(
        account_id=backup.account_id,
        actor_id=actor.pk,
        action=action,
        subject=backup.group_name,
        now=now,
        asked_for_at=backup.requested_at.isoformat(),
    )
