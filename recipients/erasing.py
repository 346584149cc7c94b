"""Erasure of a person from an account (GDPR Art. 17): the part in the database, in one transaction.

No backup is made of it: that would keep the person. What other apps hold of the person goes with the signal
`person_erased`, sent in the same transaction: files of imports, backups, exports. Lists that are locked against changes
are changed all the same, because the right to erasure stands above a list's settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.answers import forget_answers_of
from accounts.models import Account, AuditAction, User
from accounts.services import record
from recipients.erased import digest_of
from recipients.masterdata.address import is_valid, normalise
from recipients.masterdata.blocklist import Kind
from recipients.models import Activity, BlockedAddress, Contact, ErasedAddress, Group, Recipient, Removal
from recipients.querysets import ACTIVE
from recipients.revision import lock_all_groups, raise_revision
from recipients.services.recipients import InvalidAddress
from recipients.signals import person_erased


@dataclass(frozen=True)
class Found:
    """What an account holds of a person. `groups`: the lists that the address is in, by name."""

    email: str
    groups: Sequence[Group]
    has_account_values: bool
    activities: int
    block_entries: int  # that are this very address


def find_person(*, account_id: int, email: str) -> Found:
    """What would be erased of a person in the database. Raises InvalidAddress."""
    canonical = _canonical(email)
    ids = dict(_rows_of(account_id, canonical))
    groups = Group.objects.filter(account_id=account_id, pk__in=ids.values()).order_by("name", "pk")
    return Found(
        email=canonical,
        groups=list(groups),
        has_account_values=Contact.objects.filter(account_id=account_id, email=canonical).exists(),
        activities=Activity.objects.filter(account_id=account_id, recipient_id__in=ids).count(),
        block_entries=_entries_of(account_id, canonical).count(),
    )


@transaction.atomic
def erase_person(*, account: Account, email: str, actor: User, now: datetime) -> int:
    """Erase everything that the account's tables hold of an address; gives in how many lists it was.

    Canonical equality decides, nothing else. From the commit on no import brings the address in unnoticed, and backups
    do not show it. An address that stands nowhere may be in backups and is erased there. Raises InvalidAddress.
    """
    canonical = _canonical(email)
    groups = {group.pk: group for group in lock_all_groups(account_id=account.pk)}
    ids = dict(_rows_of(account.pk, canonical))
    active = set(Recipient.objects.filter(ACTIVE, account_id=account.pk, id__in=ids).values_list("group_id", flat=True))
    Activity.objects.filter(account_id=account.pk, recipient_id__in=ids).delete()
    Recipient.objects.filter(account_id=account.pk, id__in=ids).delete()
    Contact.objects.filter(account_id=account.pk, email=canonical).delete()
    Removal.objects.filter(account_id=account.pk, email=canonical).delete()
    forget_answers_of(account.pk)
    blocked = _entries_of(account.pk, canonical)
    blocked_in = set(blocked.values_list("group_id", flat=True))
    blocked.delete()
    in_lists = set(ids.values())
    for group_id in sorted(in_lists | (blocked_in - {None})):
        raise_revision(
            group=groups[group_id],
            now=now,
            recipients_delta=-int(group_id in in_lists),
            active_delta=-int(group_id in active),
        )
    digest = digest_of(key=account.erasure_key, email=canonical)
    _remember(account, digest, is_blocked=bool(blocked_in), actor=actor, now=now)
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=AuditAction.PERSON_ERASED,
        subject="",
        now=now,
        lists=len(in_lists),
    )
    person_erased.send(
        sender=ErasedAddress,
        account_id=account.pk,
        email=canonical,
        digest=digest,
        actor_id=actor.pk,
        list_count=len(in_lists),
        now=now,
    )
    return len(in_lists)


def _canonical(email: str) -> str:
    if not is_valid(email):
        raise InvalidAddress
    return normalise(email)


def _entries_of(account_id: int, email: str) -> QuerySet[BlockedAddress]:
    """Entries of block lists that are this very address; `*@example.org` is an address, too, but a pattern there."""
    return BlockedAddress.objects.filter(account_id=account_id, pattern=email, kind=Kind.ADDRESS.value)


def _rows_of(account_id: int, email: str) -> list[tuple[int, int]]:
    """Recipients with the address, as (id, group); asked list by list, as their index is ordered."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT recipient.id, recipient.group_id
            FROM recipients_group AS listed
            CROSS JOIN LATERAL (
                SELECT id, group_id FROM recipients_recipient
                WHERE account_id = %s AND group_id = listed.id AND email = %s
            ) AS recipient
            WHERE listed.account_id = %s
            """,
            [account_id, email, account_id],
        )
        rows: list[tuple[int, int]] = cursor.fetchall()
    return rows


def _remember(account: Account, digest: bytes, *, is_blocked: bool, actor: User, now: datetime) -> None:
    """Keep the digest. Who was blocked stays so, whether their entry went now or at an earlier erasure."""
    erased, is_new = ErasedAddress.objects.get_or_create(
        account_id=account.pk,
        digest=digest,
        defaults={"erased_at": now, "erased_by": actor, "blocked": is_blocked},
    )
    if not is_new:
        erased.erased_at, erased.erased_by, erased.blocked = now, actor, erased.blocked or is_blocked
        erased.save(update_fields=["erased_at", "erased_by", "blocked"])
