"""Sniff: find out what a person's file is, so that the mapping page can show it and let it be changed."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from imports.readers.blocks import RowSource
from imports.readers.cells import clean, clean_cells
from imports.readers.choices import DecimalMark, Kind, Sniffed, SniffedColumn, Source
from imports.readers.delimited import DelimitedText, separator_line_length
from imports.readers.delimiters import guess_delimiter, guess_has_header
from imports.readers.encodings import Utf8Stream, guess_encoding
from imports.readers.kinds import detect_kind
from imports.readers.notations import (
    guess_date_formats,
    guess_decimals,
    likeliest_date_format,
    likeliest_decimal,
)
from imports.readers.parquet import ParquetTable
from imports.readers.records import Grammar
from imports.readers.unpacking import unpacked
from imports.readers.workbook import Sheet

SAMPLE_ROWS: Final = 5
_GUESS_ROWS: Final = 1_000
_GUESS_BYTES: Final = 256 * 1024
_HEADER_ROWS: Final = 20
_MOST_VALUES: Final = 20
_VALUE_LENGTH: Final = 60
_NUMBER_OF_A_SHEET: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def sniff(path: Path, *, file_name: str, chosen: Source | None = None) -> Sniffed:
    """Guess how the file at `path` is to be read, from its bytes; `file_name` (as uploaded) only breaks ties.

    With `chosen`, nothing about the source is guessed: columns and samples are shown as that choice reads them.
    Of a ZIP archive the one table in it is read. Raises UnreadableFile.
    """
    with unpacked(path) as (table, inner_name):
        sniffed = _sniff(table, inner_name or file_name, chosen)
    return replace(sniffed, inner_name=inner_name)


def _sniff(path: Path, file_name: str, chosen: Source | None) -> Sniffed:
    source = chosen or _guess_source(path, file_name)
    is_sheet = source.kind in (Kind.XLSX, Kind.XLS)
    with _opened(path, source) as rows:
        names = clean_cells(rows.header)
        columns = _first_cells(rows)
        sheets = rows.sheets
        source = replace(source, sheet=rows.sheet)
    if chosen is None and is_sheet and not guess_has_header(_first_rows(names, columns)):
        # Only text is looked at before it is opened; opening a workbook twice would double the wait.
        columns = [[name, *cells] for name, cells in zip(names, columns, strict=True)]
        names = [""] * len(names)
        source = replace(source, has_header=False)
    first_decimal = DecimalMark.COMMA if source.delimiter == ";" else DecimalMark.POINT
    return Sniffed(
        source=source,
        sheets=sheets,
        columns=tuple(
            _look_at(position, name, cells, first_decimal, is_sheet=is_sheet)
            for position, (name, cells) in enumerate(zip(names, columns, strict=True))
        ),
        sample=tuple(zip(*(cells[:SAMPLE_ROWS] for cells in columns), strict=True)),
    )


def _opened(path: Path, source: Source) -> DelimitedText | Sheet | ParquetTable:
    if source.kind is Kind.PARQUET:
        return ParquetTable(path)
    return DelimitedText(path, source) if source.kind is Kind.CSV else Sheet(path, source, rows=_GUESS_ROWS + 1)


def _look_at(
    position: int, name: str, cells: Sequence[str], first_decimal: DecimalMark, *, is_sheet: bool
) -> SniffedColumn:
    numbers = _written_numbers(cells) if is_sheet else cells
    date_formats, decimals = guess_date_formats(cells), guess_decimals(numbers, first=first_decimal)
    likeliest = likeliest_decimal(numbers, first=first_decimal) or likeliest_decimal(cells, first=first_decimal)
    return SniffedColumn(
        position=position,
        name=name,
        samples=tuple(cells[:SAMPLE_ROWS]),
        date_formats=date_formats,
        decimals=decimals,
        values=_different(cells),
        likeliest_date_format=date_formats[0] if date_formats else likeliest_date_format(cells),
        likeliest_decimal=decimals[0] if decimals else likeliest,
    )


def _written_numbers(cells: Sequence[str]) -> Sequence[str]:
    """The cells of a sheet that somebody has written as text, if there are such; the sheet gives numbers in any way."""
    return [cell for cell in cells if cell and not _NUMBER_OF_A_SHEET.fullmatch(cell)] or cells


def _different(cells: Sequence[str]) -> tuple[str, ...]:
    """The different cells, the most frequent first; none when they are too many to be words with a meaning."""
    counted = Counter(cells)
    if len(counted) > _MOST_VALUES or any(len(cell) > _VALUE_LENGTH for cell in counted):
        return ()
    return tuple(cell for cell, _ in counted.most_common())


def _first_rows(names: list[str], columns: list[list[str]]) -> list[list[str]]:
    """The header and the rows below it, as rows."""
    return [names, *(list(row) for row in zip(*(cells[:_HEADER_ROWS] for cells in columns), strict=True))]


def _guess_source(path: Path, file_name: str) -> Source:
    kind = detect_kind(path)
    if kind is not Kind.CSV:
        return Source(kind=kind, encoding=None, delimiter=None, has_header=True, sheet=None)
    encoding = guess_encoding(path)
    data, final = _first_bytes(path, encoding)
    separator = separator_line_length(data)
    if separator:
        delimiter = data[4:5].decode()
        data = data[separator:]
    else:
        likely = "\t" if file_name.lower().endswith((".tsv", ".tab")) else ""
        delimiter = guess_delimiter(data, final=final, likely=likely)
    records, _ = Grammar.of(delimiter).records(data, first_line=1, final=final, limit=_HEADER_ROWS)
    first_rows = [clean_cells(record.cells or []) for record in records]
    return Source(
        kind=kind, encoding=encoding, delimiter=delimiter, has_header=guess_has_header(first_rows), sheet=None
    )


def _first_bytes(path: Path, encoding: str) -> tuple[bytes, bool]:
    """The beginning of a text as UTF-8, and whether it is all of it."""
    stream = Utf8Stream(path, encoding)
    try:
        data = stream.read()
        final = len(data) <= _GUESS_BYTES and not stream.read()
    finally:
        stream.close()
    return data[:_GUESS_BYTES], final


def _first_cells(rows: RowSource) -> list[list[str]]:
    """The first cells of each column, cleaned, "" for no value."""
    positions = range(len(rows.header))
    block = next(rows.blocks(positions, ()), None)
    if block is None:
        return [[] for _ in positions]
    return [
        [cell or "" for cell in clean(block.columns[position].slice(0, _GUESS_ROWS)).to_pylist()]
        for position in positions
    ]
