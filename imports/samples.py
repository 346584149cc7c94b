"""What the first cells of a column tell: how they are written, and what they hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import pgettext

from imports.readers import DateFormat, DecimalMark, SniffedColumn, StatusFormat
from imports.readers.statuses import Status, parse_status, says_no, says_yes, told_by
from imports.readers.words import parse_gender
from imports.targets import SIGN_OFFS, STATUS_LABELS, Holds, Target, language
from recipients.masterdata.file import FieldType

SAMPLES_SHOWN: Final = 3
WORDS_SHOWN: Final = 8

ENTRY: Final = "entry"
"""Beside the date formats, for sign-offs and bounces: the column has no dates, and any entry but “no” is one."""

# Notations that are dates beyond doubt; digits alone could as well be customer numbers.
WRITTEN_DATES: Final = frozenset(
    {DateFormat.ISO, DateFormat.DAY_DOT, DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH, DateFormat.DAY_DASH}
)


@dataclass(frozen=True)
class Sample:
    """A cell of a column, and what it says of somebody's status where that is what the column is read for."""

    text: str
    meaning: str = ""


def filled(column: SniffedColumn) -> list[str]:
    """The sampled cells that hold something."""
    return [cell.strip() for cell in column.samples if cell.strip()]


def shown_samples(column: SniffedColumn) -> list[str]:
    """Three cells of a column that say something about it."""
    return filled(column)[:SAMPLES_SHOWN]


def samples_of(target: Target, column: SniffedColumn, notation: str) -> list[Sample]:
    """Cells of the column chosen for a target; of a status each different one, with what it says.

    `notation` is the DateFormat, DecimalMark, StatusFormat or ENTRY that the column is to be read with.
    """
    how = status_format(target, notation)
    if how is None:
        return [Sample(cell) for cell in shown_samples(column)]
    cells = [cell for cell in column.values if cell] or shown_samples(column)
    return [Sample(cell, _meaning(parse_status(cell, how))) for cell in cells[:WORDS_SHOWN]]


def _meaning(status: Status | None) -> str:
    return pgettext("status", "not known") if status is None else str(STATUS_LABELS[status])


def status_format(target: Target, notation: str) -> StatusFormat | None:
    """How the column of a target tells a status without dates; None when it does not."""
    if target.holds is Holds.STATUS:
        return StatusFormat(notation) if notation in list(StatusFormat) else StatusFormat.WORDS
    if target.holds is Holds.SIGN_OFF and notation == ENTRY:
        return entry_format(target)
    return None


def entry_format(target: Target) -> StatusFormat:
    """What an entry means in a column of sign-offs, or of bounces."""
    is_bounce = SIGN_OFFS[target.key] is Status.BOUNCED
    return StatusFormat.YES_BOUNCED if is_bounce else StatusFormat.YES_UNSUBSCRIBED


class Notations:
    """How a file's cells are most likely written; an export of Listkeep has its own notations."""

    def __init__(self, columns: Sequence[SniffedColumn], *, is_export: bool) -> None:
        self._is_export = is_export
        seen = Counter(one.likeliest_date_format for one in columns if one.likeliest_date_format in WRITTEN_DATES)
        # A column that shows no date yet is written as most others are.
        self._usual_dates = next((each for each, _times in seen.most_common(1) if each), DateFormat.ISO)
        self._usual_numbers = DecimalMark.COMMA if language() == "de" else DecimalMark.POINT

    def of(self, column: SniffedColumn) -> tuple[DateFormat, DecimalMark]:
        """How dates and numbers are written in a column, in case it has some."""
        if self._is_export:
            return DateFormat.ISO, DecimalMark.POINT
        return column.likeliest_date_format or self._usual_dates, column.likeliest_decimal or self._usual_numbers

    def for_target(self, target: Target, column: SniffedColumn) -> dict[str, str]:
        """How a column is to be read if it goes to a target; keys are the fields of the target's form."""
        date_format, decimal = self.of(column)
        cells = [cell for cell in column.values if cell]
        has_entries = told_by(column) is not None or (cells and all(says_yes(cell) or says_no(cell) for cell in cells))
        is_entry = target.holds is Holds.SIGN_OFF and has_entries and not self._is_export
        return {
            "date_format": ENTRY if is_entry else date_format.value,
            "decimal": decimal.value,
            "status": (told_by(column) or StatusFormat.WORDS).value,
        }


def suggested_type(column: SniffedColumn, known: FieldType | None) -> FieldType:
    """The type of a new field: that of fields with the same name, else what its cells are beyond doubt, else text.

    Whole numbers stay text: postcodes, telephone and customer numbers would lose their zeros.
    """
    cells = filled(column)
    if known is not None and fits(column, known):
        return known
    if not cells:
        return FieldType.TEXT
    if column.date_formats and column.date_formats[0] in WRITTEN_DATES:
        return FieldType.DATE
    if column.decimals and any("," in cell or "." in cell for cell in cells) and not any(map(_has_leading_zero, cells)):
        return FieldType.NUMBER
    if all(len(cell) > 1 and parse_gender(cell) for cell in cells):
        return FieldType.GENDER
    return FieldType.TEXT


def _has_leading_zero(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == "0" and cell[1].isdecimal()


def fits(column: SniffedColumn, field_type: FieldType) -> bool:
    """Whether the sampled cells of a column can be read as a type."""
    cells = filled(column)
    match field_type:
        case FieldType.DATE:
            return bool(column.date_formats) or not cells
        case FieldType.NUMBER:
            return bool(column.decimals) or not cells
        case FieldType.GENDER:
            return all(parse_gender(cell) for cell in cells)
        case FieldType.TEXT:
            return True
