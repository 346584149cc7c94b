"""Single recipients: their master data edited by hand, signed off, made active again.

Each is one transaction: the group is locked, the row is written, the revision is raised and the group's numbers are
kept true. Account-wide values are seen in every list that has the address: with them all groups are locked and raised.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from accounts.models import AuditAction, User
from accounts.services import record
from recipients.erased import erased_entry, readmit
from recipients.exact_json import json_text
from recipients.masterdata.address import is_valid, normalise
from recipients.masterdata.file import FieldScope, FieldType
from recipients.masterdata.values import (
    GENDERS,
    NUMBER_PRECISION,
    NUMBER_SCALE,
    format_number,
    normalise_tags,
    normalise_text,
)
from recipients.models import BlockedAddress, Contact, Field, Group, Recipient
from recipients.queries import account_wide_keys, contact_values, fields_of, is_in_a_list, what_blocks
from recipients.revision import next_change, raise_all_revisions, raise_revision
from recipients.services.groups import lock_to_change

Value = str | int | Decimal
ROW_COLUMNS = ("email", "source", "tags")


class InvalidAddress(Exception):
    """The text is no e-mail address that Listkeep takes."""


class AddressTaken(Exception):
    """Another recipient of the list has the address."""


class AddressBlocked(Exception):
    """A block list holds the address: nobody gets it, and nobody with it becomes active. `blocked` says by what."""

    def __init__(self, blocked: BlockedAddress) -> None:
        super().__init__(f"block list entry {blocked.pk}")
        self.blocked = blocked


class AddressErased(Exception):
    """Who has the address was erased from the account while they were blocked."""


class ChangedMeanwhile(Exception):
    """The master data is no longer what the person saw when they edited it. `present` is what it is now."""

    def __init__(self, present: "MasterData") -> None:
        super().__init__(f"recipient {present.recipient.id}")
        self.present = present


@dataclass(frozen=True)
class MasterData:
    """What can be edited of one recipient. `values` has the list's and the account-wide values by key."""

    recipient: Recipient
    fields: list[Field]
    values: dict[str, Value]

    @property
    def seen(self) -> str:
        """A short mark of this very state, by which an edit can say what it was based on."""
        state = [self.recipient.email, self.recipient.source, self.recipient.tags, json_text(self.values)]
        return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:32]

    def as_changes(self) -> dict[str, Any]:
        """All of it, in the shape that `edit_recipient` takes changes in."""
        row = {name: getattr(self.recipient, name) for name in ROW_COLUMNS}
        return {**row, **{field.key: self.values.get(field.key) for field in self.fields}}


def read_master_data(*, group: Group, recipient_id: int) -> MasterData:
    """The master data of one recipient of a group. Raises Recipient.DoesNotExist."""
    recipient = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).get(id=recipient_id)
    recipient.group = group
    fields = fields_of(group)
    account_wide = contact_values(account_id=group.account_id, emails=[recipient.email]).get(recipient.email, {})
    both = {FieldScope.LIST: recipient.values, FieldScope.ACCOUNT: account_wide}
    values = {field.key: both[field.scope][field.key] for field in fields if field.key in both[field.scope]}
    return MasterData(recipient=recipient, fields=fields, values=values)


@transaction.atomic
def edit_recipient(
    *,
    account_id: int,
    group_id: int,
    recipient_id: int,
    changes: Mapping[str, Any],
    seen: str | None = None,
    actor: User,
    now: datetime,
) -> Recipient:
    """Change a recipient's address, source, tags and field values; what is as it was already is not written.

    `changes`: `email` (text), `source` (text or None), `tags` (list of texts), and by their keys the values of fields
    as `stored_value` takes them; None takes a value away. `seen`: the mark of the state that the changes are based on.
    Account-wide values go with an address that changes, but where the new address has values of its own these stay.
    An address that was erased counts as erased no more: by hand, that is a decision about one person.
    Raises Recipient.DoesNotExist, GroupGone, GroupLocked, InvalidAddress, AddressTaken, AddressBlocked,
    AddressErased, ChangedMeanwhile, UnstorableText, and ValueError for what is no field's key or value; then nothing
    has changed.
    """
    account_wide = account_wide_keys(account_id)
    in_contact = bool(account_wide.intersection(changes)) or ("email" in changes and bool(account_wide))
    group = lock_to_change(account_id=account_id, group_id=group_id, account_wide=in_contact)
    present = read_master_data(group=group, recipient_id=recipient_id)
    if seen is not None and seen != present.seen:
        raise ChangedMeanwhile(present)
    old = present.as_changes()
    wanted = {name: value for name, value in _stored(changes, present.fields).items() if value != old[name]}
    if not wanted:
        return present.recipient
    row = {name: value for name, value in wanted.items() if name not in account_wide}
    if row:
        _write_row(group, present.recipient, row)
        if "email" in row:
            _let_in_again(group, row["email"], actor, now)
        raise_revision(group=group, now=now)
    if in_contact and _write_contact(
        account_id=account_id,
        old_email=old["email"],
        email=present.recipient.email,
        changes={name: value for name, value in wanted.items() if name in account_wide},
    ):
        raise_all_revisions(account_id=account_id, now=now)
    _record(group, present.recipient, actor, now, changed=sorted(wanted))
    return present.recipient


@transaction.atomic
def deactivate_recipient(*, account_id: int, group_id: int, recipient_id: int, actor: User, now: datetime) -> Recipient:
    """Sign a recipient off; who has signed off already stays so since then.

    Raises Recipient.DoesNotExist, GroupGone, GroupLocked.
    """
    group = lock_to_change(account_id=account_id, group_id=group_id)
    recipient: Recipient = Recipient.objects.of(account_id=account_id, group_id=group_id).get(id=recipient_id)
    if recipient.deactivated_at is None:
        _write_status(group, recipient, {"deactivated_at": now}, now)
        _record(group, recipient, actor, now, status="deactivated")
    return recipient


@transaction.atomic
def activate_recipient(*, account_id: int, group_id: int, recipient_id: int, actor: User, now: datetime) -> Recipient:
    """Make a recipient active from now on, whatever kept them inactive; who is active stays so since then.

    Raises Recipient.DoesNotExist, GroupGone, GroupLocked, and AddressBlocked for who would become active.
    """
    group = lock_to_change(account_id=account_id, group_id=group_id)
    recipient: Recipient = Recipient.objects.of(account_id=account_id, group_id=group_id).get(id=recipient_id)
    if not recipient.is_active:
        _refuse_blocked(group, recipient.email)
        _write_status(group, recipient, {"activated_at": now, "deactivated_at": None, "bounced_at": None}, now)
        _record(group, recipient, actor, now, status="activated")
    return recipient


def stored_value(kind: FieldType, value: Any) -> Value | None:
    """A value as it is stored: stripped text, a number, a date (or its ISO text) as ISO text, a gender's code.

    Nothing and blank text are None. Raises UnstorableText, and ValueError for what the type does not take.
    """
    if value is None:
        return None
    match kind:
        case FieldType.TEXT:
            return normalise_text(value)
        case FieldType.NUMBER:
            return _fitting(Decimal(value))
        case FieldType.DATE:
            return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
        case FieldType.GENDER:
            if value not in GENDERS:
                raise ValueError(f"{value!r} is no gender's code.")
            return str(value)


def _fitting(number: Decimal) -> Decimal:
    """The number if master-data files can hold it; one that they cannot would make the list's next backup fail."""
    if not number.is_finite() or abs(number) >= 10 ** (NUMBER_PRECISION - NUMBER_SCALE):
        raise ValueError("The number is too large.")
    if number and number.adjusted() < -NUMBER_SCALE:  # before it is written out with all its zeros
        raise ValueError(f"The number has more than {NUMBER_SCALE} decimals.")
    exponent = Decimal(format_number(number)).as_tuple().exponent
    if int(exponent) < -NUMBER_SCALE:
        raise ValueError(f"The number has more than {NUMBER_SCALE} decimals.")
    return number


def _stored(changes: Mapping[str, Any], fields: list[Field]) -> dict[str, Any]:
    """The changes as they are stored."""
    kinds = {field.key: FieldType(field.type) for field in fields}
    stored: dict[str, Any] = {}
    for name, value in changes.items():
        match name:
            case "email":
                if not is_valid(value):
                    raise InvalidAddress
                stored[name] = normalise(value)
            case "source":
                stored[name] = normalise_text(value)
            case "tags":
                stored[name] = normalise_tags(value)
            case _ if name in kinds:
                stored[name] = stored_value(kinds[name], value)
            case _:
                raise ValueError(f"No field is called {name!r}.")
    return stored


def _write_row(group: Group, recipient: Recipient, row: dict[str, Any]) -> None:
    """Write the recipient's own columns and list values, number for number."""
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
    if "email" in row and rows.filter(email=row["email"]).exists():
        raise AddressTaken
    if "email" in row:
        _refuse_blocked(group, row["email"])
    columns = {name: row[name] for name in ROW_COLUMNS if name in row}
    values = {name: value for name, value in row.items() if name not in columns}
    if values:
        removed = [name for name, value in values.items() if value is None]
        kept = json_text({name: value for name, value in values.items() if value is not None})
        columns["values"] = RawSQL("(values - %s::text[]) || %s::jsonb", (removed, kept))
    columns["changed_in"] = next_change()
    rows.filter(id=recipient.id).update(**columns)
    recipient.refresh_from_db(fields=list(columns))


def _let_in_again(group: Group, email: str, actor: User, now: datetime) -> None:
    """Asked with the list locked, as an erasure has all lists locked."""
    erased = erased_entry(account_id=group.account_id, email=email)
    if erased is None:
        return
    if erased.blocked:
        raise AddressErased
    readmit(
        account_id=group.account_id,
        digests=[bytes(erased.digest)],
        actor_id=actor.pk,
        subject=group.name,
        now=now,
    )


def _refuse_blocked(group: Group, email: str) -> None:
    """Asked with the list locked: its patterns, and the account-wide ones, are changed by nobody meanwhile."""
    blocked = what_blocks(account_id=group.account_id, group=group, email=email)
    if blocked is not None:
        raise AddressBlocked(blocked)


def _write_contact(*, account_id: int, old_email: str, email: str, changes: dict[str, Any]) -> bool:
    """Write the account-wide values that `email` has now; gives whether they became others.

    An address that is new to this list brings its values with it, and takes from the old one what it has none of.
    """
    contacts = contact_values(account_id=account_id, emails=[old_email, email])
    own, there = contacts.get(old_email, {}), contacts.get(email, {})
    wanted = {name: value for name, value in {**own, **there, **changes}.items() if value is not None}
    if old_email != email and old_email in contacts and not is_in_a_list(account_id=account_id, email=old_email):
        Contact.objects.filter(account_id=account_id, email=old_email).delete()
    if wanted == there:
        return False
    if not wanted:
        Contact.objects.filter(account_id=account_id, email=email).delete()
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_contact (account_id, email, values, changed_in) VALUES (%s, %s, %s::jsonb, %s)
            ON CONFLICT (account_id, email) DO UPDATE SET values = excluded.values, changed_in = excluded.changed_in
            """,
            [account_id, email, json_text(wanted), next_change()],
        )
    return True


def _write_status(group: Group, recipient: Recipient, dates: dict[str, datetime | None], now: datetime) -> None:
    was_active = recipient.is_active
    for name, value in dates.items():
        setattr(recipient, name, value)
    recipient.changed_in = next_change()
    recipient.save(update_fields=[*dates, "changed_in"])
    raise_revision(group=group, now=now, active_delta=int(recipient.is_active) - int(was_active))


def _record(group: Group, recipient: Recipient, actor: User, now: datetime, **detail: Any) -> None:
    """Add to the audit trail: which row and which columns, but nothing that stands in them."""
    record(
        account_id=group.account_id,
        actor_id=actor.pk,
        action=AuditAction.RECIPIENT_CHANGED,
        subject=group.name,
        now=now,
        recipient=recipient.id,
        **detail,
    )
