"""Fields that an import makes: planned when the columns are mapped, made in the transaction that applies the rows.

So a person may look at a preview, go back or cancel, and the list has no field that nobody filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import transaction

from accounts.models import User
from imports.readers import ColumnMapping, DateFormat, DecimalMark
from recipients.masterdata.file import FieldDefinition, FieldScope, FieldType
from recipients.models import Field, Group
from recipients.services import FieldRefused, create_field


class NewFieldRefused(Exception):
    """A field cannot be made for the column at `position`; `reason` is what the recipients app says of it."""

    def __init__(self, position: int, reason: FieldRefused) -> None:
        super().__init__(f"column {position}: {reason}")
        self.position = position
        self.reason = reason


class FieldsChanged(Exception):
    """A planned field cannot be made any more as the rows were read for it. `label` names it."""

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


def make_fields(*, group: Group, planned: Sequence[PlannedField], actor: User | None, now: datetime) -> None:
    """Make the planned fields, in the caller's transaction. Raises FieldsChanged, GroupLocked or GroupGone."""
    for field in planned:
        try:
            made = _make(group=group, label=field.label, kind=field.type, scope=field.scope, actor=actor, now=now)
        except FieldRefused as reason:
            raise FieldsChanged(field.label) from reason
        if made.key != field.key:  # somebody made another field since, whose key this one was to have
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
