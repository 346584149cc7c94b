"""What the first cells of a column tell: how they are written, what they hold, whether they fit a target."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, TypeVar

from django.utils.translation import gettext as _

from imports.readers import DateFormat, DecimalMark, SniffedColumn
from imports.readers.notations import guess_date_formats, guess_decimals
from imports.readers.words import parse_gender
from imports.targets import Holds, Target, language
from recipients.masterdata.address import is_valid
from recipients.masterdata.file import FieldType

Notation = TypeVar("Notation", DateFormat, DecimalMark)

SAMPLES_SHOWN: Final = 3

# Notations that are dates beyond doubt; digits alone could as well be customer numbers.
WRITTEN_DATES: Final = frozenset(
    {DateFormat.ISO, DateFormat.DAY_DOT, DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH, DateFormat.DAY_DASH}
)


def filled(column: SniffedColumn) -> list[str]:
    """The sampled cells that hold something."""
    return [cell.strip() for cell in column.samples if cell.strip()]


def shown_samples(column: SniffedColumn) -> list[str]:
    """Three cells of a column that say something about it."""
    return filled(column)[:SAMPLES_SHOWN]


def likeliest_notations(column: SniffedColumn, *, is_export: bool) -> tuple[DateFormat, DecimalMark]:
    """How dates and numbers are most likely written in a column; an export of Listkeep has its own notations.

    What reads every cell goes first, else what reads most of them: one wrong cell must not cost all others.
    """
    if is_export:
        return DateFormat.ISO, DecimalMark.POINT
    first = DecimalMark.COMMA if language() == "de" else DecimalMark.POINT
    cells = filled(column)
    date_format = _most(column.date_formats, [guess_date_formats([cell]) for cell in cells], DateFormat.ISO)
    decimal = _most(column.decimals, [guess_decimals([cell], first=first) for cell in cells], first)
    return date_format, decimal


def _most(certain: Sequence[Notation], by_cell: Sequence[Sequence[Notation]], otherwise: Notation) -> Notation:
    if certain:
        return certain[0]
    counted = Counter(notation for notations in by_cell for notation in notations)
    return counted.most_common(1)[0][0] if counted else otherwise


def doubt(target: Target, column: SniffedColumn, notation: str) -> str:
    """Why a column seems not to belong to a target, as a sentence; empty when it seems to.

    `notation` is the DateFormat or DecimalMark that the column is to be read with.
    """
    cells = filled(column)
    if not cells:
        return ""
    match target.holds:
        case Holds.EMAIL if not any(is_valid(cell) for cell in cells):
            return _("None of these values is an e-mail address.")
        case Holds.MOMENT | Holds.DATE:
            return _doubt_of(notation, column.date_formats, [guess_date_formats([cell]) for cell in cells])
        case Holds.NUMBER:
            first = DecimalMark.POINT
            return _doubt_of(notation, column.decimals, [guess_decimals([cell], first=first) for cell in cells])
        case Holds.GENDER if not all(parse_gender(cell) for cell in cells):
            return _("Not all of these values are genders. Rows with others will be rejected.")
    return ""


def _doubt_of(notation: str, certain: Sequence[str], by_cell: Sequence[Sequence[str]]) -> str:
    if notation in certain:
        return ""
    readable = sum(notation in notations for notations in by_cell)
    if readable == 0:
        return _("These values are not written so. Their rows will be rejected.")
    return _("Some values of this column are not written so. Their rows will be rejected.")


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
