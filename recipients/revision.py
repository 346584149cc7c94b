"""The revision: raised by every write to a group's master data, so that a backup can say which state it holds.

Every writer locks the group first (or, where account-wide values change, all groups of the account: they are seen in
each) and writes in the same transaction. So writers of one group follow each other, and who has the lock sees a state
that nobody can change before the transaction ends.
"""

from datetime import datetime

from django.db import connection
from django.db.models import Count, F

from accounts.models import Account
from recipients.models import Group, Recipient
from recipients.querysets import ACTIVE


def lock_fields(*, account_id: int) -> Account:
    """Let nobody else make, rename or delete a field of the account until the transaction ends; locked before groups.

    Gives the account.
    """
    found: Account = Account.objects.select_for_update(no_key=True).get(pk=account_id)
    return found


def lock_group(*, account_id: int, group_id: int) -> Group:
    """The group, locked against other writers until the transaction ends. Raises Group.DoesNotExist.

    The lock lets rows that only refer to the group be written beside it.
    """
    found: Group = Group.objects.select_for_update(no_key=True).get(account_id=account_id, pk=group_id)
    return found


def lock_with_account_wide_values(*, account_id: int, group_id: int) -> Group:
    """As `lock_group`, for a change that touches account-wide values too: every group of the account is locked."""
    groups = {group.pk: group for group in lock_all_groups(account_id=account_id)}
    if group_id not in groups:
        raise Group.DoesNotExist
    return groups[group_id]


def lock_all_groups(*, account_id: int) -> list[Group]:
    """All groups of an account, locked in the order of their ids (so that two such lockers cannot block each other)."""
    return list(Group.objects.select_for_update(no_key=True).filter(account_id=account_id).order_by("pk"))


def next_change() -> int:
    """A number for what a transaction is about to write, higher than that of every change that is over.

    To be taken with the group locked (with account-wide values, all groups): then the numbers of a row only rise. Every
    writer leaves it in the rows that it writes, as `changed_in`; but a field that is deleted takes its values away
    from rows that count as unchanged, since nobody meant the person.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('recipients_change_number')")
        return int(cursor.fetchone()[0])


def raise_revision(
    *, group: Group, now: datetime, recipients_delta: int = 0, active_delta: int = 0, recount: bool = False
) -> None:
    """Say that the master data of a locked group changed, and keep its numbers true.

    Give the differences, or `recount` after a change to many rows.
    """
    changes = {"revision": F("revision") + 1, "changed_at": now}
    if recount:
        counted = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).aggregate(
            recipient_count=Count("id"), active_count=Count("id", filter=ACTIVE)
        )
        changes |= counted
    else:
        changes["recipient_count"] = F("recipient_count") + recipients_delta
        changes["active_count"] = F("active_count") + active_delta
    Group.objects.filter(account_id=group.account_id, pk=group.pk).update(**changes)
    group.refresh_from_db(fields=list(changes))


def raise_all_revisions(*, account_id: int, now: datetime) -> None:
    """Say that account-wide values changed; the caller has locked all groups of the account."""
    Group.objects.filter(account_id=account_id, deleted_at__isnull=True).update(
        revision=F("revision") + 1, changed_at=now
    )
