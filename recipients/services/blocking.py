"""Block lists: patterns of addresses put on and taken off, in one list or account-wide.

A list's own block list is part of what its backups hold, so a change locks the list and raises its revision. An
account-wide one is part of no list; a change locks all lists of the account all the same, so that whoever has a list
locked, such as an import about to be applied, sees one state of the patterns until their transaction ends.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from accounts.models import Account, AuditAction, User
from accounts.services import record
from recipients.erased import lift_blocks
from recipients.masterdata.blocklist import Kind, kind_of
from recipients.models import BlockedAddress, Group
from recipients.revision import lock_all_groups, raise_revision
from recipients.services.groups import lock_to_change

MAX_OTHER_PATTERNS: Final = 1_000
"""So many patterns of one block list may be of the kind that is tried one by one."""


class TooManyOtherPatterns(Exception):
    """A block list would have more than MAX_OTHER_PATTERNS of the kind that is tried one by one."""


@transaction.atomic
def block_addresses(
    *, account: Account, group: Group | None, patterns: Collection[str], actor: User, now: datetime
) -> int:
    """Put canonical patterns on a list's block list, or without `group` on the account-wide one; how many are new.

    Who is in a list already stays there as they are. Raises TooManyOtherPatterns, and for a list GroupLocked or
    GroupGone; then nothing has changed.
    """
    _lock(account, group)
    given = sorted(set(patterns))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_blockedaddress (account_id, group_id, pattern, kind, blocked_at, blocked_by_id)
            SELECT %s, %s, pattern, kind, %s, %s FROM unnest(%s::text[], %s::text[]) AS given (pattern, kind)
            ON CONFLICT DO NOTHING
            """,
            [account.pk, group.pk if group else None, now, actor.pk, given, [kind_of(one).value for one in given]],
        )
        new: int = cursor.rowcount
    others = BlockedAddress.objects.filter(account_id=account.pk, group=group, kind=Kind.OTHER.value)
    if others.count() > MAX_OTHER_PATTERNS:
        raise TooManyOtherPatterns
    _note(account=account, group=group, action=AuditAction.BLOCKED, count=new, actor=actor, now=now)
    return new


@transaction.atomic
def unblock_addresses(
    *, account: Account, group: Group | None, patterns: Collection[str], actor: User, now: datetime
) -> int:
    """Take patterns off a list's block list, or without `group` off the account-wide one; how many stood there.

    By that, who was erased while they were blocked is blocked no more either. Raises for a list GroupLocked or
    GroupGone; then nothing has changed.
    """
    _lock(account, group)
    standing = BlockedAddress.objects.filter(account_id=account.pk, group=group, pattern__in=set(patterns))
    taken_off, _ = standing.delete()
    if taken_off:
        lift_blocks(account_id=account.pk, emails=patterns)
    _note(account=account, group=group, action=AuditAction.UNBLOCKED, count=taken_off, actor=actor, now=now)
    return taken_off


def _lock(account: Account, group: Group | None) -> None:
    if group is None:
        lock_all_groups(account_id=account.pk)
    else:
        lock_to_change(account_id=account.pk, group_id=group.pk)


def _note(
    *, account: Account, group: Group | None, action: AuditAction, count: int, actor: User, now: datetime
) -> None:
    """Raise the list's revision and add to the audit trail: how many patterns, but none of them."""
    if not count:
        return
    if group is not None:
        raise_revision(group=group, now=now)
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=action,
        subject=group.name if group else "",
        now=now,
        count=count,
    )
