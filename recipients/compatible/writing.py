"""Batches of recipients, written: each row taken in its order, then all at once by the engine of the imports.

In one transaction with the list locked: what the rows say is worked out against what stands there (steps of numbers,
tags to take away, status), and the result is upserted. A row that cannot be taken is answered by a text and changes
nothing. No backup is made (mission A8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from recipients.compatible.consent import Status, status_of_known, status_of_new
from recipients.compatible.given import Given, Names, read_receiver
from recipients.compatible.refusals import INVALID_RECEIVER, Refusal
from recipients.compatible.values import UnfitValue, read_value
from recipients.given_rows import GivenRow, GivenValue, canonical_addresses
from recipients.masterdata.file import FieldScope
from recipients.masterdata.options import EmptyCells, Mode, Options, Restoring, TagsMode
from recipients.masterdata.values import UnstorableText, normalise_tags
from recipients.models import Field, Group, Recipient
from recipients.queries import contact_values, fields_of
from recipients.services.groups import lock_to_change
from recipients.services.upserting import upsert_recipients

# The rows hold all that is to be, the status too, which `consent` has decided.
_JUST_SO: Final = Options(
    mode=Mode.UPDATE_AND_ADD,
    empty_cells=EmptyCells.CLEAR,
    tags=TagsMode.REPLACE,
    restoring=Restoring(exact_status=True),
)
_REASONS: Final = {"blocked": "blocked address", "erased": "blocked address", "invalid_address": "invalid address"}


@dataclass(frozen=True)
class Manner:
    """Whom a batch reaches, and whether its tags take the place of those that are there."""

    mode: Mode = Mode.UPDATE_AND_ADD
    replaces_tags: bool = False


@dataclass(frozen=True)
class Written:
    """What became of a row: `problem` is a text such as "invalid address 'x'", or "" for one that was taken."""

    email: str
    is_new: bool = False
    problem: str = ""


@dataclass(frozen=True)
class _Person:
    """Somebody as they are to be; `values` are by the keys of the fields that the batch speaks of."""

    email: str
    status: Status
    source: str | None
    tags: tuple[str, ...]
    values: Mapping[str, GivenValue]


@transaction.atomic
def write_receivers(*, group: Group, rows: Sequence[Any], manner: Manner, actor: User, now: datetime) -> list[Written]:
    """Write a batch; what became of each row, in their order. Raises GroupGone, GroupLocked and UnknownFields."""
    names = Names(fields_of(group))
    given = [_read(row, names, now) for row in rows]
    fields = {one.key: one for each in given if isinstance(each, Given) for one, _value in each.values}
    account_wide = any(one.scope is FieldScope.ACCOUNT for one in fields.values())
    locked = lock_to_change(account_id=group.account_id, group_id=group.pk, account_wide=account_wide)
    emails = _addresses(locked, given)
    people = _present(locked, [email for email in emails if email], fields)
    written, touched = [], dict[str, _Person]()
    for each, email in zip(given, emails, strict=True):
        if isinstance(each, Written):
            written.append(each)
            continue
        done = _take(each, email, people, manner, now)
        written.append(done)
        if not done.problem:
            touched[email] = people[email]
    refused = _upsert(locked, list(touched.values()), actor, now)
    return [replace(one, problem=refused.get(one.email, one.problem)) for one in written]


def tags_after(present: Sequence[str], given: Sequence[str], *, replaces: bool) -> tuple[str, ...]:
    """The tags after a client has written some: `-tag` takes one away, `-origin.*` all of an origin, others are added.

    With `replaces`, those given take the place of all, unless one of them takes something away.
    """
    normal = normalise_tags(given)
    if replaces and not any(tag.startswith("-") for tag in normal):
        return tuple(normal)
    after = dict.fromkeys(present)
    for tag in normal:
        if not tag.startswith("-"):
            after[tag] = None
        elif tag.endswith(".*"):
            after = {one: None for one in after if not one.startswith(tag[1:-1])}
        else:
            after.pop(tag[1:], None)
    return tuple(after)


def _read(row: Any, names: Names, now: datetime) -> Given | Written:
    try:
        return read_receiver(row, names, now)
    except Refusal as refusal:
        return Written("", problem=refusal.detail)


def _addresses(group: Group, given: Sequence[Given | Written]) -> list[str]:
    """The canonical address of each row; "" for a row that has none. Rows with an id alone are looked up."""
    keys = [each.key if isinstance(each, Given) else "" for each in given]
    ids = {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19}
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
    by_id = dict(rows.filter(id__in=ids).values_list("id", "email")) if ids else {}
    asked = [by_id.get(int(key), "") if key.isascii() and key.isdigit() and len(key) < 19 else key for key in keys]
    found, refused = canonical_addresses(asked)
    invalid = {one.index for one in refused if one.reason == "invalid_address"}
    return ["" if place in invalid else email for place, email in enumerate(found)]


def _present(group: Group, emails: Sequence[str], fields: Mapping[str, Field]) -> dict[str, _Person]:
    """Those of the addresses that are in the list, as they are now."""
    contacts = (
        contact_values(account_id=group.account_id, emails=emails)
        if any(one.scope is FieldScope.ACCOUNT for one in fields.values())
        else {}
    )
    people = {}
    for one in Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(email__in=set(emails)):
        both = {FieldScope.LIST: one.values, FieldScope.ACCOUNT: contacts.get(one.email, {})}
        values = {key: both[each.scope].get(key) for key, each in fields.items()}
        people[one.email] = _Person(one.email, Status.of(one), one.source, tuple(one.tags), values)
    return people


def _take(given: Given, email: str, people: dict[str, _Person], manner: Manner, now: datetime) -> Written:
    """Have `people` hold what a row makes of somebody, or say why it cannot be taken."""
    if not email:
        reason = "invalid address" if "@" in given.key or not given.key.isdigit() else INVALID_RECEIVER
        return Written("", problem=f"{reason} '{given.key}'")
    person = people.get(email)
    if person is not None and manner.mode is Mode.ADD:
        return Written(email, problem=f"duplicate address '{email}'")
    if person is None and not manner.mode.adds:
        return Written(email, problem=f"{INVALID_RECEIVER} '{email}'")
    try:
        people[email] = _after(person, email, given, manner, now)
    except UnfitValue as unfit:
        return Written(email, problem=f"invalid value of attribute '{unfit.name}' for address '{email}'")
    except UnstorableText:
        return Written(email, problem=f"invalid text for address '{email}'")
    return Written(email, is_new=person is None)


def _after(person: _Person | None, email: str, given: Given, manner: Manner, now: datetime) -> _Person:
    if person is None:
        person = _Person(email, status_of_new(given.status, now), None, (), {})
    else:
        person = replace(person, status=status_of_known(person.status, given.status, now))
    values = dict(person.values)
    for one, value in given.values:
        values[one.key] = read_value(one, value, values.get(one.key))
    tags = person.tags if given.tags is None else tags_after(person.tags, given.tags, replaces=manner.replaces_tags)
    return replace(person, source=given.source or person.source, tags=tags, values=values)


def _upsert(group: Group, people: Sequence[_Person], actor: User, now: datetime) -> dict[str, str]:
    """Write people as they are to be; why some of them cannot be, by address."""
    if not people:
        return {}
    keys = {key for person in people for key in person.values}
    done = upsert_recipients(
        account_id=group.account_id,
        group_id=group.pk,
        rows=[_row(person, keys) for person in people],
        options=_JUST_SO,
        actor=actor,
        now=now,
    )
    emails = {one.index: people[one.index].email for one in done.refused}
    return {
        emails[one.index]: f"{_REASONS.get(one.reason, 'invalid data for address')} '{emails[one.index]}'"
        for one in done.refused
    }


def _row(person: _Person, keys: set[str]) -> GivenRow:
    return GivenRow(
        email=person.email,
        registered_at=person.status.registered_at,
        activated_at=person.status.activated_at,
        deactivated_at=person.status.deactivated_at,
        bounced_at=person.status.bounced_at,
        source=person.source,
        tags=list(person.tags),
        fields={key: person.values.get(key) for key in keys},
    )
