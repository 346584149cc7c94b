"""Columns as the reader sniffs them."""

from imports.readers import DecimalMark, SniffedColumn
from imports.readers.notations import (
    guess_date_formats,
    guess_decimals,
    likeliest_date_format,
    likeliest_decimal,
)

COMMA = DecimalMark.COMMA


def column(*cells: str) -> SniffedColumn:
    """A column called X with these cells, of which a comma is the likelier decimal mark."""
    return SniffedColumn(
        position=0,
        name="X",
        samples=cells,
        date_formats=guess_date_formats(cells),
        decimals=guess_decimals(cells, first=COMMA),
        values=tuple(dict.fromkeys(cells)),
        likeliest_date_format=likeliest_date_format(cells),
        likeliest_decimal=likeliest_decimal(cells, first=COMMA),
    )
