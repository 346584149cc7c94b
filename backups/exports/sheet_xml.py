"""The XML of a worksheet, made of whole columns at a time (ECMA-376, part 1, chapter 18).

Texts are inline strings: they need no table of all different texts, whose size would grow with the rows, and no program
takes one for a formula. What XML cannot hold is written as Excel writes it, `_x0001_`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_NARROWEST, _WIDEST, _WIDTH_OF_TEXT = 10, 48, 1.1
# What needs another notation: markup, a carriage return (else read as a line feed), what no XML may hold. No text has
# a NUL.
_FORBIDDEN: Final = "\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff"
_SPECIAL: Final = rf"[&<>\r{_FORBIDDEN}]|_x[0-9A-Fa-f]{{4}}"
_RARE: Final = rf"[\r{_FORBIDDEN}]|_x[0-9A-Fa-f]{{4}}"
# A text that looks like such a notation already, also with the first character of one that follows.
_LIKE_A_NOTATION: Final = re.compile(rf"_(?=x[0-9A-Fa-f]{{4}}[_{_FORBIDDEN}])")
_NOT_IN_XML: Final = re.compile(f"[{_FORBIDDEN}]")


class Style(IntEnum):
    """The styles of the workbook, by their places in it."""

    GENERAL = 0
    HEADER = 1
    TEXT = 2  # so that what somebody edits stays text too
    DATE = 3


@dataclass(frozen=True)
class Column:
    """The cells of one column: what stands in them, escaped; null for no cell.

    `is_plain` (a boolean array, None: nowhere) is true where it is a number, and where `style` holds then; all other
    cells are text.
    """

    texts: pa.Array
    is_plain: pa.Array | None
    style: Style


def escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand in XML."""
    if not pc.any(pc.match_substring_regex(texts, _SPECIAL), min_count=0).as_py():
        return texts
    rare = pc.fill_null(pc.match_substring_regex(texts, _RARE), False)
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, character, name)
    if not rare.true_count:
        return texts
    again = [_escape_rare(text) for text in texts.filter(rare).to_pylist()]
    return pc.replace_with_mask(texts, rare, pa.array(again, pa.string()))


def _escape_rare(text: str) -> str:
    text = _NOT_IN_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", _LIKE_A_NOTATION.sub("_x005F_", text))
    return text.replace("\r", "&#13;")


def letters(place: int) -> str:
    """The name of a column by its 0-based place: A to Z, then AA and so on."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def beginning_xml(headers: Sequence[str], columns: Sequence[Column]) -> bytes:
    """The sheet up to its first row of data: the header stays in sight; columns are as wide as the first rows ask."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(_widths(headers, columns), 1)
    )
    header = "".join(
        f'<c r="{letters(place)}1" s="{Style.HEADER}" t="inlineStr"><is><t xml:space="preserve">'
        f"{_escape_rare(escape(text))}</t></is></c>"
        for place, text in enumerate(headers)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{NAMESPACE}">'
        '<sheetViews><sheetView tabSelected="1" workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData><row r="1">{header}</row>'
    ).encode()


def _widths(headers: Sequence[str], columns: Sequence[Column]) -> list[int]:
    """In characters."""
    longest = [len(header) + 3 for header in headers]  # with room for the arrow of the filter
    for place, column in enumerate(columns):
        shown = 10 if column.style is Style.DATE else pc.max(pc.utf8_length(column.texts)).as_py() or 0
        longest[place] = max(longest[place], round(shown * _WIDTH_OF_TEXT))
    return [min(max(width, _NARROWEST), _WIDEST) for width in longest]


def rows_xml(columns: Sequence[Column], *, first_row: int, rows: int) -> bytes | memoryview:
    """Rows of cells, the first of them with the number `first_row` (1-based)."""
    if not rows:
        return b""
    numbers = pc.cast(pa.arange(first_row, first_row + rows), pa.string())
    cells = [_cells_xml(letters(place), column, numbers) for place, column in enumerate(columns)]
    xml = pc.binary_join_element_wise(
        '<row r="', numbers, '">', *cells, "</row>", "", null_handling="replace", null_replacement=""
    )
    return _bytes_of(xml)


def _cells_xml(name: str, column: Column, numbers: pa.Array) -> pa.Array:
    """One column's cells; null where there is none."""
    if column.is_plain is None:
        return _texts_xml(name, column.texts, numbers)
    plain = pc.binary_join_element_wise(
        f'<c r="{name}', numbers, f'" s="{column.style}"><v>', column.texts, "</v></c>", ""
    )
    if pc.all(column.is_plain, min_count=0).as_py():
        return plain
    return pc.if_else(column.is_plain, plain, _texts_xml(name, column.texts, numbers))


def _texts_xml(name: str, texts: pa.Array, numbers: pa.Array) -> pa.Array:
    opening = f'" s="{Style.TEXT}" t="inlineStr"><is><t>'
    return pc.binary_join_element_wise(f'<c r="{name}', numbers, opening, texts, "</t></is></c>", "")


def _bytes_of(texts: pa.StringArray) -> memoryview:
    """All texts one behind the other, without a copy."""
    ends = texts.buffers()[1]
    first = int.from_bytes(memoryview(ends)[texts.offset * 4 : texts.offset * 4 + 4], "little")
    at = (texts.offset + len(texts)) * 4
    last = int.from_bytes(memoryview(ends)[at : at + 4], "little")
    return memoryview(texts.buffers()[2])[first:last]


def end_xml(columns: int, rows: int) -> bytes:
    """What stands below the rows: the filter, and that numbers kept as text are no mistake."""
    area = f"A1:{letters(columns - 1)}{rows + 1}"
    return (
        f'</sheetData><autoFilter ref="{area}"/>'
        f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors></worksheet>'
    ).encode()
