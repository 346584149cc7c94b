"""What a program gives of recipients, a few thousand at a time: valid rows as columns of master data, others refused.

A row says nothing of what it has no member for. Rows with the same members belong together (`Shape`), because what is
empty in a column means something else than a column that is not there (see `masterdata.rules.added_columns`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypedDict

import pyarrow as pa

from recipients.masterdata.address import judge_column
from recipients.masterdata.file import STATUS_COLUMNS, FieldDefinition, FieldType
from recipients.masterdata.values import UnstorableText, normalise_tags, normalise_text
from recipients.services.recipients import stored_value

MOST_ROWS: Final = 5_000
MOST_SHAPES: Final = 50
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

GivenValue = str | int | Decimal | None


class GivenRow(TypedDict, total=False):
    """One recipient as a program gives it; `email` is always there. `fields` are values by the keys of fields.

    Values of fields: text, a number (exact: no float), an ISO date as text, the code of a gender; None for no value.
    """

    email: str
    registered_at: datetime | None
    activated_at: datetime | None
    deactivated_at: datetime | None
    bounced_at: datetime | None
    source: str | None
    tags: list[str] | None
    fields: Mapping[str, GivenValue]


class UnknownFields(Exception):
    """Rows speak of fields that the list does not have: their `keys`."""

    def __init__(self, keys: Collection[str]) -> None:
        super().__init__(", ".join(sorted(keys)))
        self.keys = sorted(keys)


class TooManyShapes(Exception):
    """The rows of one call have more than MOST_SHAPES different sets of members."""


@dataclass(frozen=True)
class Refused:
    """A row that is left out: its place in the call from 0 on, the member that is wrong, and why, as a code."""

    index: int
    member: str
    reason: str


@dataclass
class Shape:
    """Rows with the same members: each column has a value or None for each row; `places` are theirs in the call."""

    columns: dict[str, list[Any]]
    places: list[int] = field(default_factory=list)


class UnfitValue(ValueError):
    """A value that cannot be stored."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(f"{member}: {reason}")
        self.member, self.reason = member, reason


def canonical_addresses(emails: Sequence[str]) -> tuple[list[str], list[Refused]]:
    """The canonical form of each address, and those that are none, or that an earlier one is already."""
    canonical, invalid = judge_column(pa.array(emails, pa.string()))
    found: list[str] = canonical.to_pylist()
    refused, seen = [], set()
    for place, (email, is_invalid) in enumerate(zip(found, invalid.to_pylist(), strict=True)):
        if is_invalid:
            refused.append(Refused(place, "email", "invalid_address"))
        elif email in seen:
            refused.append(Refused(place, "email", "doubled"))
        seen.add(email)
    return found, refused


def read_rows(
    rows: Sequence[GivenRow], emails: Sequence[str | None], *, fields: Mapping[str, FieldDefinition], clears: bool
) -> tuple[list[Shape], list[Refused]]:
    """The rows by their members, and those with a value that cannot be stored. `emails`: their canonical addresses.

    An address of None stands for a row that was refused before. Unless what is empty `clears`, only the members of the
    status tell shapes apart. Raises UnknownFields and TooManyShapes.
    """
    known = {key for row in rows for key in row.get("fields", {})}
    if not known <= fields.keys():
        raise UnknownFields(known - fields.keys())
    shapes: dict[frozenset[str], Shape] = {}
    refused = []
    for place, (row, email) in enumerate(zip(rows, emails, strict=True)):
        if email is None:
            continue
        try:
            values = _read(row, fields)
        except UnfitValue as unfit:
            refused.append(Refused(place, unfit.member, unfit.reason))
            continue
        members = frozenset(values) if clears else frozenset(values).intersection(STATUS_COLUMNS)
        shape = shapes.setdefault(members, Shape({"email": []}))
        if len(shapes) > MOST_SHAPES:
            raise TooManyShapes
        _append(shape, place, {"email": email, **values})
    return list(shapes.values()), refused


def _append(shape: Shape, place: int, values: dict[str, Any]) -> None:
    """Add a row; what only some rows of the shape speak of is None in the others."""
    before = len(shape.places)
    for name in values.keys() - shape.columns.keys():
        shape.columns[name] = [None] * before
    for name, column in shape.columns.items():
        column.append(values.get(name))
    shape.places.append(place)


def _read(row: GivenRow, fields: Mapping[str, FieldDefinition]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in STATUS_COLUMNS:
        if name in row:
            values[name] = moment = row[name]
            if moment is not None and not EARLIEST <= moment < LATEST:
                raise UnfitValue(name, "out_of_range")
    member = ""
    try:
        if "source" in row:
            member = "source"
            values[member] = normalise_text(row["source"])
        if "tags" in row:
            member = "tags"
            values[member] = None if row["tags"] is None else normalise_tags(row["tags"])
    except UnstorableText as error:
        raise UnfitValue(member, error.code) from error
    for key, value in row.get("fields", {}).items():
        values[key] = value_of(fields[key].type, value, member=f"fields.{key}")
    return values


def value_of(kind: FieldType, value: GivenValue, *, member: str) -> Any:
    """A field's value as its column holds it. Raises ValueError with `member` and `reason`."""
    try:
        match kind:
            case _ if value is None:
                return None
            case FieldType.NUMBER:
                return stored_value(kind, _number(value, member))
            case FieldType.DATE if isinstance(value, str) and _DATE.fullmatch(value):
                return date.fromisoformat(value)
            case FieldType.TEXT | FieldType.GENDER if isinstance(value, str):
                return stored_value(kind, value)
    except UnstorableText as error:
        raise UnfitValue(member, error.code) from error
    except ValueError as error:
        raise UnfitValue(member, f"no_{kind.value}") from error
    raise UnfitValue(member, f"no_{kind.value}")


def _number(value: GivenValue, member: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise UnfitValue(member, "no_number")
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise UnfitValue(member, "no_number")
    return Decimal(text)
