"""Attribute values as clients write them: all as texts, numbers also as steps (`+2`), dates in many ways."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from recipients.given_rows import GivenValue, value_of
from recipients.masterdata.file import FieldType
from recipients.masterdata.values import format_number
from recipients.models import Field

_STEP: Final = re.compile(r"[+-][0-9]{1,20}(?:\.[0-9]{1,10})?")
_DAY_DOT: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_NO_DATE: Final = frozenset({"0", "0000-00-00", "0000-00-00 00:00:00", "00.00.0000"})
_GENDERS: Final = {
    **dict.fromkeys(("female", "f", "w", "weiblich", "frau", "mrs", "ms", "mrs.", "ms.", "miss"), "female"),
    **dict.fromkeys(("male", "m", "männlich", "maennlich", "herr", "mr", "mr."), "male"),
    **dict.fromkeys(("diverse", "divers", "d", "x"), "diverse"),
}


class UnfitValue(Exception):
    """A value that the field of its attribute cannot hold; `name` is the attribute's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_value(field: Field, value: Any, present: Any) -> GivenValue:
    """A client's value of an attribute as upserts take it; a step is added to `present`. Raises UnfitValue."""
    kind = FieldType(field.type)
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, (int, Decimal)) and kind is not FieldType.NUMBER:
        value = format_number(Decimal(value)) if Decimal(value).is_finite() else None
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = _readings(kind, value, present)
        value_of(kind, found, member=field.key)  # refused here, row by row, by the rule of all interfaces
    except (ValueError, ArithmeticError) as error:
        raise UnfitValue(field.key) from error
    return found


def _readings(kind: FieldType, value: Any, present: Any) -> GivenValue:
    if not isinstance(value, (str, int, Decimal)):
        raise ValueError("No text and no number.")  # noqa: TRY004  # one way of being unfit
    text = str(value).strip()
    match kind:
        case FieldType.NUMBER if isinstance(value, str) and _STEP.fullmatch(text):
            return Decimal(present or 0) + Decimal(text)
        case FieldType.NUMBER:
            return value if not isinstance(value, str) else _plain_number(text)
        case FieldType.DATE:
            return _date(text)
        case FieldType.GENDER:
            return _GENDERS.get(text.lower(), text)
        case FieldType.TEXT:
            return str(value)


def _plain_number(text: str) -> str:
    """A comma counts as the point where it is alone; "1,234.5" is refused rather than guessed."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _date(text: str) -> str | None:
    """ISO 8601 with or without a time, or day.month.year."""
    if text in _NO_DATE:
        return None
    dotted = _DAY_DOT.fullmatch(text)
    if dotted:
        day, month, year = map(int, dotted.groups())
        return date(year, month, day).isoformat()
    return datetime.fromisoformat(text).date().isoformat()
