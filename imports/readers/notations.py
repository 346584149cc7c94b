"""Guess how dates and numbers are written in a column, from some of its cells."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from imports.readers.choices import DateFormat, DecimalMark
from imports.readers.dates import NO_DATE, parse_naively
from imports.readers.numbers import parse_number

Notation = TypeVar("Notation", DateFormat, DecimalMark)

# What may be days since 1899 or seconds since 1970 is nearly always just a number, so it must lie in these years.
_PLAUSIBLE_YEARS: Final = {
    DateFormat.COMPACT: range(1900, 2100),
    DateFormat.EXCEL: range(1920, 2060),
    DateFormat.UNIX: range(1990, 2060),
}
# Beside these, cells in ISO notation are what a spreadsheet program makes of real dates.
_WRITTEN: Final = (DateFormat.DAY_DOT, DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH, DateFormat.DAY_DASH)
_DIGITS: Final = frozenset("0123456789")


def guess_date_formats(cells: Sequence[str]) -> tuple[DateFormat, ...]:
    """The formats in which every cell can be read, the likeliest first; none for a column of blank cells.

    Days and months that could be either are taken for the European order first.
    """
    dates = [cell for cell in cells if cell and cell not in NO_DATE]
    return tuple(
        date_format
        for date_format in _in_order(dates)
        if any(_fits(cell, date_format) for cell in dates) and all(_is_read(cell, date_format) for cell in dates)
    )


def likeliest_date_format(cells: Sequence[str]) -> DateFormat | None:
    """The format in which most cells can be read, of several the likeliest; None when no cell can be read."""
    dates = [cell for cell in cells if cell and cell not in NO_DATE]
    return _most_readable(dates, _in_order(dates), _is_read)


def _in_order(dates: Sequence[str]) -> list[DateFormat]:
    """All formats, the likelier first when several are possible."""
    formats = list(DateFormat)
    if any(cell[-1:] in ("m", "M") for cell in dates):  # a clock of twelve hours
        formats.sort(key=lambda date_format: date_format is not DateFormat.MONTH_SLASH)
    return formats


def _most_readable(
    cells: Iterable[str], notations: Sequence[Notation], fits: Callable[[str, Notation], bool]
) -> Notation | None:
    counted = Counter(cells)
    readable = {
        notation: sum(times for cell, times in counted.items() if fits(cell, notation)) for notation in notations
    }
    best = max(notations, key=lambda notation: readable[notation])
    return best if readable[best] else None


def _is_read(cell: str, date_format: DateFormat) -> bool:
    return _fits(cell, date_format) or (date_format in _WRITTEN and _fits(cell, DateFormat.ISO))


def _fits(cell: str, date_format: DateFormat) -> bool:
    if cell[:1] not in _DIGITS:  # as in most columns
        return False
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
    return tuple(mark for mark in _beginning_with(first) if all(_is_number(cell, mark) for cell in numbers))


def likeliest_decimal(cells: Sequence[str], *, first: DecimalMark) -> DecimalMark | None:
    """The decimal mark with which most cells can be read, `first` when both can; None when no cell can be read."""
    return _most_readable(filter(None, cells), _beginning_with(first), _is_number)


def _beginning_with(first: DecimalMark) -> list[DecimalMark]:
    return sorted(DecimalMark, key=lambda mark: mark is not first)


def _is_number(cell: str, mark: DecimalMark) -> bool:
    return parse_number(cell, mark) is not None
