"""Fields that an import makes: planned when the columns are mapped, made in the transaction that applies the rows.

So a person may look at a preview, go back or cancel, and the list has no field that nobody filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.db import transaction

from accounts.models import User
from imports.readers import STATUS_TARGET, ColumnMapping, DateFormat, DecimalMark
from recipients.masterdata.file import BASE_COLUMNS, FieldDefinition, FieldScope, FieldType
from recipients.models import Field, Group
from recipients.services import FieldRefused, create_field
from recipients.services.fields import key_for


class NewFieldRefused(Exception):
    """A field cannot be made for the column at `position`; `reason` is what the recipients app says of it."""

    def __init__(self, position: int, reason: FieldRefused) -> None:
        super().__init__(f"column {position}: {reason}")
        self.position = position
        self.reason = reason


class FieldsChanged(Exception):
    """A field that the rows are for is gone, or cannot be made any more. `label` names it."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


@dataclass(frozen=True)
class NewField:
    """A field to be made for the column at `position` (0-based)."""

    position: int
    label: str
    type: FieldType
    scope: FieldScope
    date_format: DateFormat | None = None
    decimal: DecimalMark | None = None


@dataclass(frozen=True)
class PlannedField:
    """A field that the import will make, with the key that its column has in the master-data file."""

    key: str
    label: str
    type: FieldType
    scope: FieldScope

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"key": self.key, "label": self.label, "type": self.type.value, "scope": self.scope.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`."""
        return cls(data["key"], data["label"], FieldType(data["type"]), FieldScope(data["scope"]))

    def definition(self) -> FieldDefinition:
        """The field as master-data files describe it."""
        return FieldDefinition(key=self.key, label=self.label, type=self.type, scope=self.scope)


def plan_fields(
    *, group: Group, new_fields: Sequence[NewField], actor: User, now: datetime
) -> tuple[list[PlannedField], list[ColumnMapping]]:
    """The fields as they will be, and which column fills each. Nothing stays: they are made and taken back.

    Raises NewFieldRefused, and for a list GroupLocked or GroupGone.
    """
    if not new_fields:
        return [], []
    planned: list[PlannedField] = []
    point = transaction.savepoint()
    try:
        for new in new_fields:
            try:
                field = _make(group=group, label=new.label, kind=new.type, scope=new.scope, actor=actor, now=now)
            except FieldRefused as reason:
                raise NewFieldRefused(new.position, reason) from reason
            planned.append(PlannedField(field.key, field.label, new.type, new.scope))
    finally:
        transaction.savepoint_rollback(point)
    mapping = [
        ColumnMapping(target=field.key, column=new.position, date_format=new.date_format, decimal=new.decimal)
        for field, new in zip(planned, new_fields, strict=True)
    ]
    return planned, mapping


def settle_fields(
    *, group: Group, planned: Sequence[PlannedField], mapping: Sequence[ColumnMapping]
) -> tuple[list[PlannedField], list[ColumnMapping]]:
    """The planned fields and the mapping, as the account's fields are now. Equal to what is given if nothing is amiss.

    A field that somebody made meanwhile under the same name, of the same type and scope, is the one that is filled; a
    key that another list's field has got meanwhile is replaced. Raises FieldsChanged when a name stands for something
    else in the list now, or a mapped field is gone.
    """
    fields = list(Field.objects.filter(account_id=group.account_id))
    seen = [field for field in fields if field.group_id in (None, group.pk)]
    _refuse_lost(seen, planned, mapping)
    by_label = {field.label.lower(): field for field in seen}
    targets = {one.target for one in mapping}
    taken = {field.key for field in fields}
    keys: dict[str, str] = {}
    still_planned = []
    for one in planned:
        same = by_label.get(one.label.lower())
        if same is None:
            key = one.key if one.key not in taken else key_for(one.label, taken=taken)
            still_planned.append(replace(one, key=key))
            taken.add(key)
        elif (same.definition().type, same.scope) == (one.type, one.scope) and same.key not in targets - {one.key}:
            key = same.key
        else:
            raise FieldsChanged(one.label)
        keys[one.key] = key
    return still_planned, [replace(one, target=keys.get(one.target, one.target)) for one in mapping]


def _refuse_lost(seen: Sequence[Field], planned: Sequence[PlannedField], mapping: Sequence[ColumnMapping]) -> None:
    known = {*BASE_COLUMNS, STATUS_TARGET, *(field.key for field in seen), *(one.key for one in planned)}
    for one in mapping:
        if one.is_mapped and one.target not in known:
            raise FieldsChanged(one.target)


def make_fields(*, group: Group, planned: Sequence[PlannedField], actor: User | None, now: datetime) -> None:
    """Make the planned fields, in the caller's transaction. Raises FieldsChanged, GroupLocked or GroupGone.

    The caller has the account's fields locked, and the plan settled since.
    """
    for field in planned:
        try:
            made = _make(group=group, label=field.label, kind=field.type, scope=field.scope, actor=actor, now=now)
        except FieldRefused as reason:
            raise FieldsChanged(field.label) from reason
        if made.key != field.key:
            raise FieldsChanged(field.label)


def _make(*, group: Group, label: str, kind: FieldType, scope: FieldScope, actor: User | None, now: datetime) -> Field:
    return create_field(
        account=group.account,
        group=group if scope is FieldScope.LIST else None,
        label=label,
        type=kind,
        actor=actor,
        now=now,
    )
