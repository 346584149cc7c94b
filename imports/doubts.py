"""Doubts: why a column seems not to belong to a target, or may be read wrongly, told before anything is imported."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _

from imports.readers import DateFormat, DecimalMark, SniffedColumn, Status, StatusFormat
from imports.readers.dates import parse_naively
from imports.readers.notations import guess_date_formats, guess_decimals
from imports.readers.numbers import parse_number
from imports.readers.statuses import parse_status, says_no, says_yes
from imports.readers.words import parse_gender
from imports.samples import ENTRY, SAMPLES_SHOWN, filled, status_format
from imports.targets import Holds, Target
from recipients.masterdata.address import is_valid
from recipients.masterdata.values import format_number

_DAY_OR_MONTH_FIRST: Final = (DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH)


def doubt(target: Target, column: SniffedColumn, notation: str) -> str:
    """What speaks against a column that is chosen for a target, as a sentence; empty when nothing does.

    `notation` is the DateFormat, DecimalMark, StatusFormat or ENTRY that the column is to be read with.
    """
    how = status_format(target, notation)
    if how is not None:
        return _of_status(column, how, is_entry=notation == ENTRY)
    return _of_cells(target, column, notation) if filled(column) else ""


def _of_cells(target: Target, column: SniffedColumn, notation: str) -> str:
    cells = filled(column)
    match target.holds:
        case Holds.EMAIL if not any(is_valid(cell) for cell in cells):
            return _("None of these values is an e-mail address.")
        case Holds.MOMENT | Holds.SIGN_OFF | Holds.DATE:
            return _of_dates(column, notation, may_be_words=target.holds is Holds.SIGN_OFF)
        case Holds.NUMBER:
            by_cell = [guess_decimals([cell], first=DecimalMark.POINT) for cell in cells]
            return _of_notation(notation, column.decimals, by_cell) or _ambiguous_number(column, notation)
        case Holds.GENDER if not all(parse_gender(cell) for cell in cells):
            return _("Not all of these values are genders. Rows with others will be rejected.")
    return ""


def _of_dates(column: SniffedColumn, notation: str, *, may_be_words: bool) -> str:
    """Words for yes and no are read as well, where they may stand for a date."""
    cells = filled(column)
    dates = [cell for cell in cells if not (may_be_words and (says_yes(cell) or says_no(cell)))]
    by_cell = [guess_date_formats([cell]) for cell in dates]
    if len(dates) < len(cells) and all(notation in notations for notations in by_cell):
        return ""
    return _of_notation(notation, column.date_formats, by_cell) or _ambiguous_date(column, notation)


def _of_notation(notation: str, certain: Sequence[str], by_cell: Sequence[Sequence[str]]) -> str:
    if notation in certain:
        return ""
    if not any(notation in notations for notations in by_cell):
        return _("These values are not written so. Their rows will be rejected.")
    return _("Some values of this column are not written so. Their rows will be rejected.")


def _of_status(column: SniffedColumn, how: StatusFormat, *, is_entry: bool) -> str:
    if is_entry and column.likeliest_date_format is not None:
        return _("These values are dates. Choose how they are written, so that they are kept.")
    told = {cell: parse_status(cell, how) for cell in column.values or filled(column)}
    unknown = [_("“%(text)s”") % {"text": cell} for cell, status in told.items() if cell and status is None]
    doubts = []
    if unknown:
        words = ", ".join(unknown[:SAMPLES_SHOWN])
        doubts.append(
            _("Nobody can know what %(words)s means here. Rows with an unknown status will be rejected.")
            % {"words": words}
        )
    elif None in told.values():
        doubts.append(_("Some rows have no status. They will be rejected."))
    if Status.PENDING in told.values():
        doubts.append(_("Who has not confirmed yet is only imported, as such, if “Activated at” has a column as well."))
    return " ".join(doubts)


def _ambiguous_date(column: SniffedColumn, notation: str) -> str:
    """How a date is read that could as well be another one, when all of the column could be."""
    if notation not in _DAY_OR_MONTH_FIRST or not set(_DAY_OR_MONTH_FIRST) <= set(column.date_formats):
        return ""
    for cell in filled(column):
        day_first, month_first = (parse_naively(cell, date_format) for date_format in _DAY_OR_MONTH_FIRST)
        if day_first and month_first and day_first != month_first:
            read = day_first if notation == DateFormat.DAY_SLASH else month_first
            return _as_read(cell, formats.date_format(read))
    return ""


def _ambiguous_number(column: SniffedColumn, notation: str) -> str:
    """How a number is read that could as well be another one, when all of the column could be."""
    if set(column.decimals) != set(DecimalMark):
        return ""
    for cell in filled(column):
        numbers = {mark: parse_number(cell, mark) for mark in DecimalMark}
        read = numbers[DecimalMark(notation)]
        if read is not None and len(set(numbers.values())) > 1:
            return _as_read(cell, formats.localize(Decimal(format_number(read)), use_l10n=True))
    return ""


def _as_read(cell: str, meaning: object) -> str:
    return _("“%(cell)s” is read as %(meaning)s. If that is wrong, choose the other way of writing.") % {
        "cell": cell,
        "meaning": meaning,
    }
