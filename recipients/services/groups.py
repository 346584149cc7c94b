"""Groups: made, renamed, locked, left out of the automatic backups."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import Account, AuditAction, User
from accounts.services import record
from recipients.deletion import GroupGone, GroupLocked
from recipients.masterdata.blocklist import kind_of
from recipients.models import BlockedAddress, Group
from recipients.revision import lock_group, lock_with_account_wide_values, raise_revision


@transaction.atomic
def create_group(*, account: Account, name: str, note: str = "", actor: User, now: datetime) -> Group:
    """A new list without recipients and without fields of its own."""
    group = Group.objects.create(account=account, name=name, note=note, created_at=now, changed_at=now)
    record(account_id=account.pk, actor_id=actor.pk, action=AuditAction.GROUP_CREATED, subject=name, now=now)
    return group


@transaction.atomic
def prepare_group(
    *, account: Account, name: str, note: str, automatic_backups: bool, patterns: Collection[str], now: datetime
) -> Group:
    """A list that nobody sees before a job fills it (`deleted_at` is set until then), with these canonical patterns."""
    group = Group.objects.create(
        account=account,
        name=name,
        note=note,
        automatic_backups=automatic_backups,
        created_at=now,
        changed_at=now,
        deleted_at=now,
    )
    BlockedAddress.objects.bulk_create(
        BlockedAddress(account=account, group=group, pattern=pattern, kind=kind_of(pattern).value, blocked_at=now)
        for pattern in sorted(set(patterns))
    )
    return group


@transaction.atomic
def update_group(*, group: Group, name: str, note: str, locked: bool, actor: User, now: datetime) -> None:
    """Give a list another name or note, lock or unlock it; the same again changes nothing.

    These settings can be changed while the list is locked. They stand in backups, so the revision is raised.
    Raises GroupGone.
    """
    present = _lock_present(group)
    wanted: dict[str, str | bool] = {"name": name, "note": note, "locked": locked}
    changes = {column: value for column, value in wanted.items() if getattr(present, column) != value}
    if changes:
        _change(present, changes, now)
        record(
            account_id=present.account_id,
            actor_id=actor.pk,
            action=AuditAction.GROUP_CHANGED,
            subject=name,
            now=now,
            changed=sorted(changes),
        )
    group.name, group.note, group.locked = name, note, locked


@transaction.atomic
def set_group_backups(*, group: Group, enabled: bool, actor: User, now: datetime) -> None:
    """Switch the automatic backups of one list on or off; the same again changes nothing. Raises GroupGone."""
    present = _lock_present(group)
    if present.automatic_backups != enabled:
        _change(present, {"automatic_backups": enabled}, now)
        record(
            account_id=present.account_id,
            actor_id=actor.pk,
            action=AuditAction.GROUP_BACKUPS_ON if enabled else AuditAction.GROUP_BACKUPS_OFF,
            subject=present.name,
            now=now,
        )
    group.automatic_backups = enabled


def lock_to_change(*, account_id: int, group_id: int, account_wide: bool = False) -> Group:
    """The group, locked until the transaction ends, for a change to its recipients or fields.

    `account_wide`: the change may touch account-wide values, so every group of the account is locked.
    Raises GroupGone, or GroupLocked when a person has locked the list against changes.
    """
    lock = lock_with_account_wide_values if account_wide else lock_group
    group = lock(account_id=account_id, group_id=group_id)
    if group.deleted_at is not None:
        raise GroupGone
    if group.locked:
        raise GroupLocked
    return group


def _lock_present(group: Group) -> Group:
    present = lock_group(account_id=group.account_id, group_id=group.pk)
    if present.deleted_at is not None:
        raise GroupGone
    return present


def _change(group: Group, changes: dict[str, str | bool], now: datetime) -> None:
    Group.objects.filter(account_id=group.account_id, pk=group.pk).update(**changes)
    raise_revision(group=group, now=now)
