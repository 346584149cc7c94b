"""Guess the delimiter of a text, and whether its first row is a header."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from imports.readers.choices import DELIMITERS, DateFormat, DecimalMark
from imports.readers.dates import parse_naively
from imports.readers.numbers import parse_number
from imports.readers.records import Grammar
from recipients.masterdata.address import is_valid
from recipients.masterdata.labels import exported_language

# Seen in exports of old systems; believed only when nearly all rows agree.
_RARE: Final = ("^", "~", "\x01", "#", ":")
_ROWS: Final = 200
_USUAL_AGREEMENT: Final = 0.5
_RARE_AGREEMENT: Final = 0.95


def guess_delimiter(data: bytes, *, final: bool, likely: str = "") -> str:
    """The delimiter of the UTF-8 text that begins with `data`, or "" when it has one column.

    It is the one with which most rows have the same number of cells; `likely` is preferred when several do equally.
    Where each row ends with its last filled cell, few do: then the delimiter in the header counts.
    """
    best, best_score = "", (0.0, 0)
    for delimiter in (*([likely] if likely else []), *DELIMITERS, *_RARE):
        agreement, width = _agreement(_widths(data, delimiter, final=final))
        needed = _USUAL_AGREEMENT if delimiter in DELIMITERS else _RARE_AGREEMENT
        if width >= 2 and agreement >= needed and (round(agreement, 1), width) > best_score:
            best, best_score = delimiter, (round(agreement, 1), width)
    return best or _in_the_header(data, final=final)


def _in_the_header(data: bytes, *, final: bool) -> str:
    """The usual delimiter that parts the first row into the most cells, and at least half of all rows."""
    best, most = "", 1
    for delimiter in DELIMITERS:
        widths = _widths(data, delimiter, final=final)
        parted = sum(1 for width in widths if width >= 2)
        if widths and widths[0] > most and parted * 2 >= len(widths):
            best, most = delimiter, widths[0]
    return best


def _widths(data: bytes, delimiter: str, *, final: bool) -> list[int]:
    """How many cells each of the first rows has, with broken quotation marks as far as that can be told."""
    grammar = Grammar.of(delimiter)
    records, _ = grammar.records(data, first_line=1, final=final, limit=_ROWS)
    rows = (grammar.loose_cells(record.text) if record.cells is None else record.cells for record in records)
    return [len(cells) for cells in rows]


def _agreement(widths: Sequence[int]) -> tuple[float, int]:
    """Which part of the rows has the most frequent number of cells, and that number (0: the first row disagrees)."""
    if not widths:  # the text is nothing but this delimiter
        return 1.0, 2
    width, rows = Counter(widths).most_common(1)[0]
    return rows / len(widths), width if widths[0] >= 2 else 0


def guess_has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: it has no address, and either addresses follow or most of it are words."""
    if not rows:
        return False
    first, *others = rows
    if exported_language(first) is not None:
        return True
    if any(is_valid(cell) for cell in first):
        return False
    if any(is_valid(cell) for row in others for cell in row):
        return True
    cells = [cell for cell in first if cell]
    return sum(1 for cell in cells if not _is_value(cell)) * 2 > len(cells)


def _is_value(cell: str) -> bool:
    return any(parse_naively(cell, date_format) for date_format in DateFormat) or any(
        parse_number(cell, mark) is not None for mark in DecimalMark
    )
