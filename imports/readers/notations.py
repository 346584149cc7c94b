"""Guess how dates and numbers are written in a column, from some of its cells."""

from collections.abc import Sequence
from typing import Final

from imports.readers.choices import DateFormat, DecimalMark
from imports.readers.dates import NO_DATE, parse_naively
from imports.readers.numbers import parse_number

# What may be days since 1899 or seconds since 1970 is nearly always just a number, so it must lie in these years.
_PLAUSIBLE_YEARS: Final = {
    DateFormat.COMPACT: range(1900, 2100),
    DateFormat.EXCEL: range(1920, 2060),
    DateFormat.UNIX: range(1990, 2060),
}


def guess_date_formats(cells: Sequence[str]) -> tuple[DateFormat, ...]:
    """The formats in which every cell can be read, the likeliest first; none for a column of blank cells.

    Days and months that could be either are taken for the European order first.
    """
    dates = [cell for cell in cells if cell and cell not in NO_DATE]
    if not dates:
        return ()
    found = [date_format for date_format in DateFormat if all(_fits(cell, date_format) for cell in dates)]
    if DateFormat.MONTH_SLASH in found and any(cell[-1:] in "mM" for cell in dates):
        found.sort(key=lambda date_format: date_format is not DateFormat.MONTH_SLASH)
    return tuple(found)


def _fits(cell: str, date_format: DateFormat) -> bool:
    moment = parse_naively(cell, date_format)
    years = _PLAUSIBLE_YEARS.get(date_format)
    return moment is not None and (years is None or moment.year in years)


def guess_decimals(cells: Sequence[str], *, first: DecimalMark) -> tuple[DecimalMark, ...]:
    """The decimal marks with which every cell can be read, the likeliest first; none for a column of blank cells.

    `first` is the likelier one when both are possible.
    """
    numbers = [cell for cell in cells if cell]
    if not numbers:
        return ()
    marks = sorted(DecimalMark, key=lambda mark: mark is not first)
    return tuple(mark for mark in marks if all(parse_number(cell, mark) is not None for cell in numbers))
