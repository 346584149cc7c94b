"""What pages and services ask of groups, fields and recipients."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Lower, StrIndex

from recipients.masterdata.blocklist import BlockList, Kind, matches_pattern, patterns_to_look_up
from recipients.masterdata.file import FieldDefinition
from recipients.models import Activity, BlockedAddress, Contact, Deletion, Field, Group, Recipient

ACTIVITIES_SHOWN = 50
BLOCKED_A_PAGE = 50


def groups_of(account_id: int) -> QuerySet[Group]:
    """The lists of an account that have not been deleted, by name."""
    return Group.objects.present().filter(account_id=account_id).order_by(Lower("name"), "pk")


def fields_of(group: Group) -> list[Field]:
    """The fields seen in a group: its own first, then the account-wide ones, each in their order."""
    return list(
        Field.objects.filter(Q(group=group) | Q(group__isnull=True), account_id=group.account_id).order_by(
            F("group_id").asc(nulls_last=True), "position", "id"
        )
    )


def definitions_of(group: Group) -> tuple[FieldDefinition, ...]:
    """The fields seen in a group, as master-data files describe them."""
    return tuple(field.definition() for field in fields_of(group))


def account_wide_keys(account_id: int) -> set[str]:
    """The keys of the account-wide fields."""
    return set(Field.objects.filter(account_id=account_id, group__isnull=True).values_list("key", flat=True))


def contact_values(*, account_id: int, emails: Collection[str]) -> dict[str, dict[str, Any]]:
    """The account-wide values of those of the addresses that have some."""
    contacts = Contact.objects.filter(account_id=account_id, email__in=set(emails))
    return {contact.email: contact.values for contact in contacts}


def is_in_a_list(*, account_id: int, email: str) -> bool:
    """Whether any list of the account has the address."""
    groups = Group.objects.present().filter(account_id=account_id).values_list("pk", flat=True)
    # By the groups' ids, because the index of addresses has the group before the address.
    return Recipient.objects.filter(account_id=account_id, group_id__in=list(groups), email=email).exists()


def latest_activities(recipient: Recipient) -> list[Activity]:
    """What a recipient did last, newest first, at most ACTIVITIES_SHOWN."""
    activities = Activity.objects.filter(account_id=recipient.account_id, recipient_id=recipient.id)
    return list(activities.order_by("-at")[:ACTIVITIES_SHOWN])


def waiting_deletion(group: Group) -> Deletion | None:
    """The deletion of the list, of recipients or of a field of it, that is under way, if one is."""
    return Deletion.objects.filter(
        account_id=group.account_id, group_id=group.pk, status=Deletion.Status.WAITING
    ).first()


def waiting_deletions(group: Group) -> list[Deletion]:
    """The deletions under way that the list shows: its own, and that of an account-wide field."""
    return list(
        Deletion.objects.filter(
            Q(group=group) | Q(group__isnull=True), account_id=group.account_id, status=Deletion.Status.WAITING
        ).order_by("requested_at")
    )


def groups_that_show(field: Field) -> list[Group]:
    """The present lists in which a field is seen."""
    groups = Group.objects.present().filter(account_id=field.account_id).order_by("pk")
    return list(groups if field.group_id is None else groups.filter(pk=field.group_id))


def block_list_of(group: Group) -> BlockList:
    """What must not come into a list: its own patterns and the account-wide ones."""
    found = _blocked_in(account_id=group.account_id, group=group)
    return BlockList(found.values_list("pattern", flat=True))


def blocked_among(group: Group, emails: Sequence[str]) -> list[bool]:
    """Which of some canonical addresses, a few thousand, must not come into a list; however many patterns there are."""
    return _which_match(_blocked_in(account_id=group.account_id, group=group), emails)


def blocked_everywhere_among(account_id: int, emails: Sequence[str]) -> list[bool]:
    """As `blocked_among`, which must not come into any list of the account."""
    return _which_match(_blocked_in(account_id=account_id, group=None), emails)


class _AmongArray(Func):
    """Whether a column is one of an array: thousands of parameters of `IN` take longer to write than to look up."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()


def _which_match(found: QuerySet[BlockedAddress], emails: Sequence[str]) -> list[bool]:
    exact = set(emails)
    for domain in {email.rpartition("@")[2] for email in emails}:
        exact.update(patterns_to_look_up(f"@{domain}")[1:])
    found = found.filter(Q(_AmongArray(F("pattern"), Value(list(exact)))) | Q(kind=Kind.OTHER.value))
    blocked: list[bool] = (
        BlockList(found.values_list("pattern", flat=True)).matches(pa.array(emails, pa.string())).to_pylist()
    )
    return blocked


def patterns_of(group: Group) -> tuple[str, ...]:
    """The patterns of a list's own block list, in their order."""
    own = BlockedAddress.objects.filter(account_id=group.account_id, group=group)
    return tuple(own.order_by("pattern").values_list("pattern", flat=True))


def what_blocks(*, account_id: int, group: Group | None, email: str) -> BlockedAddress | None:
    """The pattern that blocks an address (canonical) in a list, or without `group` in all of the account's.

    The most exact one if there are several, and of two alike the list's own.
    """
    exact = patterns_to_look_up(email)
    found = _blocked_in(account_id=account_id, group=group).filter(Q(pattern__in=exact) | Q(kind=Kind.OTHER.value))
    places = {pattern: place for place, pattern in enumerate(exact)}
    matching = [blocked for blocked in found if matches_pattern(email, blocked.pattern)]
    return min(
        matching,
        key=lambda blocked: (places.get(blocked.pattern, len(places)), blocked.group_id is None, blocked.pattern),
        default=None,
    )


def count_blocked(*, account_id: int, group: Group | None) -> int:
    """How many patterns stand on a list's own block list, or without `group` on the account-wide one."""
    return BlockedAddress.objects.filter(account_id=account_id, group=group).count()


def _blocked_in(*, account_id: int, group: Group | None) -> QuerySet[BlockedAddress]:
    """The patterns that hold in a list, or in all of the account's."""
    everywhere = Q(group__isnull=True)
    return BlockedAddress.objects.filter(everywhere | Q(group=group) if group else everywhere, account_id=account_id)


@dataclass(frozen=True)
class BlockedPage:
    """Some patterns, in their order, and those from which on the neighbouring pages are read (None: there is none)."""

    rows: list[BlockedAddress]
    previous: str | None
    next: str | None


def blocked_page(
    *, account_id: int, group: Group | None, search: str = "", after: str = "", before: str = ""
) -> BlockedPage:
    """The patterns of a list's own block list, or without `group` of the account-wide one, that have `search` in them.

    Those just after a pattern, or just before one.
    """
    found = BlockedAddress.objects.filter(account_id=account_id, group=group).select_related("blocked_by")
    if search:
        found = found.alias(place=StrIndex("pattern", Value(search))).filter(place__gt=0)
    # By the group as well: with one group or none that is the same order, but only so the index is read in it.
    if before:
        rows = list(found.filter(pattern__lt=before).order_by("-group_id", "-pattern")[: BLOCKED_A_PAGE + 1])
        if len(rows) > BLOCKED_A_PAGE:
            rows = rows[:BLOCKED_A_PAGE][::-1]
            return BlockedPage(rows, previous=rows[0].pattern, next=before)
        after = ""  # the beginning is reached: a whole first page, not its rest
    if after:
        found = found.filter(pattern__gt=after)
    rows = list(found.order_by("group_id", "pattern")[: BLOCKED_A_PAGE + 1])
    more = len(rows) > BLOCKED_A_PAGE
    rows = rows[:BLOCKED_A_PAGE]
    first = rows[0].pattern if rows else after
    return BlockedPage(rows, previous=first if after else None, next=rows[-1].pattern if more else None)
