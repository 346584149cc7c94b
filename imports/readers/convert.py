"""From a block of texts to rows of a master-data file, and which of its rows must be rejected, and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.cells import clean
from imports.readers.choices import STATUS_TARGET, ColumnMapping, DateFormat, DecimalMark
from imports.readers.columns import Converted
from imports.readers.date_columns import convert_dates, convert_moments
from imports.readers.numbers import convert_numbers
from imports.readers.problems import InvalidMapping, MappingProblem, Reason
from imports.readers.statuses import convert_entries, convert_sign_offs
from imports.readers.words import convert_genders, convert_tags
from recipients.masterdata.address import judge_column
from recipients.masterdata.file import BASE_COLUMNS, STATUS_COLUMNS, FieldDefinition, FieldType
from recipients.masterdata.values import MAX_TEXT_LENGTH

Reader = Callable[[pa.Array], Converted]
_TEXT = pa.string()


@dataclass(frozen=True)
class Check:
    """Rows to reject: where `failed` (boolean array), for this reason, in the source column at this position."""

    failed: pa.Array
    reason: Reason
    column: int


class TargetColumn:
    """One column of the master-data file, and how it is made from a column of texts."""

    def __init__(self, mapping: ColumnMapping, field_type: FieldType | None, zone: ZoneInfo, now: datetime) -> None:
        """`field_type` is None for a base column."""
        self.mapping = mapping
        self._read, self._reason = (
            self._base_reader(zone, now) if field_type is None else self._field_reader(field_type, zone)
        )

    def _base_reader(self, zone: ZoneInfo, now: datetime) -> tuple[Reader, Reason]:
        date_format = self.mapping.date_format or DateFormat.ISO
        if self.mapping.target == "email":
            return _convert_emails, Reason.INVALID_EMAIL
        if self.mapping.target in STATUS_COLUMNS:

            def dates(texts: pa.Array) -> Converted:
                return convert_moments(texts, date_format, zone)

            if self.mapping.target not in ("deactivated_at", "bounced_at"):
                return dates, Reason.UNREADABLE_DATE_TIME
            read = convert_sign_offs if self.mapping.status is None else convert_entries
            return lambda texts: read(texts, dates=dates, now=now), Reason.UNREADABLE_DATE_TIME
        if self.mapping.target == "tags":
            return convert_tags, Reason.TEXT_TOO_LONG
        return _convert_texts, Reason.TEXT_TOO_LONG

    def _field_reader(self, field_type: FieldType, zone: ZoneInfo) -> tuple[Reader, Reason]:
        date_format = self.mapping.date_format or DateFormat.ISO
        decimal = self.mapping.decimal or DecimalMark.POINT
        if field_type is FieldType.DATE:
            return lambda texts: convert_dates(texts, date_format, zone), Reason.UNREADABLE_DATE
        if field_type is FieldType.NUMBER:
            return lambda texts: convert_numbers(texts, decimal), Reason.UNREADABLE_NUMBER
        if field_type is FieldType.GENDER:
            return convert_genders, Reason.UNKNOWN_GENDER
        return _convert_texts, Reason.TEXT_TOO_LONG

    def values(self, raw: pa.Array, position: int, *, has_nul: bool) -> tuple[pa.Array, list[Check]]:
        """The column made of the raw cells of the source column at a position, and what is wrong with it.

        Unreadable cells are null. `has_nul` false means that no cell has a NUL.
        """
        checks: list[Check] = []
        texts = clean(raw)
        if has_nul:
            garbled = pc.fill_null(pc.match_substring(raw, "\x00"), False)
            checks.append(Check(garbled, Reason.UNREADABLE_CHARACTER, position))
            texts = pc.if_else(garbled, pa.scalar(None, _TEXT), texts)
        if self.mapping.target == "email":
            checks.append(Check(pc.is_null(texts), Reason.MISSING_EMAIL, position))
        converted = self._read(texts)
        checks.append(Check(converted.unreadable, self._reason, position))
        return converted.values, checks

    def alternative(self) -> pa.Scalar:
        """The value that every row gets when the column has none in the file. Raises InvalidMapping."""
        values, checks = self.values(pa.array([self.mapping.alternative or ""], _TEXT), 0, has_nul=True)
        if any(pc.any(check.failed).as_py() for check in checks):
            raise InvalidMapping(MappingProblem.BAD_ALTERNATIVE, target=self.mapping.target)
        return values[0]


def _convert_emails(texts: pa.Array) -> Converted:
    return Converted(*judge_column(texts))


def _convert_texts(texts: pa.Array) -> Converted:
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest <= MAX_TEXT_LENGTH:  # bytes, of which a character has at least one
        return Converted(texts, pa.repeat(False, len(texts)))
    too_long = pc.fill_null(pc.greater(pc.utf8_length(texts), MAX_TEXT_LENGTH), False)
    return Converted(pc.if_else(too_long, pa.scalar(None, _TEXT), texts), too_long)


def email_column(mapping: Sequence[ColumnMapping]) -> int:
    """The position of the source column that has the addresses. Raises InvalidMapping when none is mapped."""
    for entry in mapping:
        if entry.target == "email" and entry.column is not None:
            return entry.column
    raise InvalidMapping(MappingProblem.NO_EMAIL, target="email")


def target_columns(
    mapping: Sequence[ColumnMapping], fields: Sequence[FieldDefinition], *, zone: ZoneInfo, width: int, now: datetime
) -> list[TargetColumn]:
    """The columns that a mapping asks for, in file order; an entry with neither column nor alternative asks for none.

    STATUS_TARGET is left out. Raises InvalidMapping. `width` is how many columns the source file has, `now` the moment
    from which on a sign-off without a date counts.
    """
    types: dict[str, FieldType | None] = dict.fromkeys(BASE_COLUMNS)
    types.update({field.key: field.type for field in fields})
    by_target: dict[str, ColumnMapping] = {}
    for entry in mapping:
        if entry.target == STATUS_TARGET or not entry.is_mapped:
            continue
        if entry.target not in types:
            raise InvalidMapping(MappingProblem.UNKNOWN_TARGET, target=entry.target)
        if entry.target in by_target:
            raise InvalidMapping(MappingProblem.TARGET_TWICE, target=entry.target)
        if entry.column is not None and not 0 <= entry.column < width:
            raise InvalidMapping(MappingProblem.NO_SUCH_COLUMN, target=entry.target)
        by_target[entry.target] = entry
    return [TargetColumn(by_target[name], types[name], zone, now) for name in types if name in by_target]
