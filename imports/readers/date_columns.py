"""Columns of dates and moments, read at once where they have one of the usual shapes."""

from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.choices import DateFormat
from imports.readers.columns import Converted, convert
from imports.readers.dates import NO_DATE, parse_date, parse_moment
from recipients.masterdata.file import TIMESTAMP

# Years 1000 to 2999 only: a change of zone near the ends of the calendar can leave it; the plain function decides.
_YEAR = "[12][0-9]{3}"
_DAY_SHAPES: Final = {
    DateFormat.ISO: rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}",
    DateFormat.DAY_DOT: rf"[0-9]{{2}}\.[0-9]{{2}}\.{_YEAR}",
    DateFormat.DAY_SLASH: rf"[0-9]{{2}}/[0-9]{{2}}/{_YEAR}",
    DateFormat.MONTH_SLASH: rf"[0-9]{{2}}/[0-9]{{2}}/{_YEAR}",
    DateFormat.DAY_DASH: rf"[0-9]{{2}}-[0-9]{{2}}-{_YEAR}",
    DateFormat.COMPACT: rf"{_YEAR}[0-9]{{2}}[0-9]{{2}}",
}
# Where year, month and day begin in these shapes, and where the date ends.
_PLACES: Final = {
    DateFormat.DAY_DOT: (6, 3, 0, 10),
    DateFormat.DAY_SLASH: (6, 3, 0, 10),
    DateFormat.MONTH_SLASH: (6, 0, 3, 10),
    DateFormat.DAY_DASH: (6, 3, 0, 10),
    DateFormat.COMPACT: (0, 4, 6, 8),
}
# Arrow knows the change of clocks up to 2037 only.
_CLOCK_YEAR = "(?:19[0-9]{2}|20[0-2][0-9]|203[0-7])"
_TIME_SHAPE = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_OFFSET_SHAPE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_NOTHING: Final = pa.array(NO_DATE, pa.string())
_NULL: Final = pa.scalar(None, pa.string())
_ISO_LENGTH: Final = 10
_NEVER: Final = r"[^\s\S]"


def convert_dates(column: pa.Array, date_format: DateFormat, zone: tzinfo) -> Converted:
    """`parse_date` for a string array; what programs write for "no date" is null."""
    column = pc.if_else(pc.is_in(column, _NOTHING), _NULL, column)
    return convert(
        column,
        arrow_type=pa.date32(),
        shape=f"^{_DAY_SHAPES.get(date_format, _NEVER)}(?:{_TIME_SHAPE})?$",
        at_once=lambda texts: pc.cast(_iso_dates(texts, date_format), pa.date32()),
        one=lambda text: parse_date(text, date_format, zone),
    )


def convert_moments(column: pa.Array, date_format: DateFormat, zone: ZoneInfo) -> Converted:
    """`parse_moment` for a string array; what programs write for "never" is null."""
    column = pc.if_else(pc.is_in(column, _NOTHING), _NULL, column)
    if date_format is DateFormat.ISO and _mostly_with_offset(column):
        shape = f"^{_DAY_SHAPES[DateFormat.ISO]}{_TIME_SHAPE}{_OFFSET_SHAPE}$"
        at_once = _with_offset
    else:
        day = _DAY_SHAPES.get(date_format, _NEVER).replace(_YEAR, _CLOCK_YEAR)
        shape = f"^{day}(?:{_TIME_SHAPE})?$"

        def at_once(texts: pa.Array) -> pa.Array:
            return _local(_as_iso(texts, date_format), zone)

    return convert(
        column,
        arrow_type=TIMESTAMP,
        shape=shape,
        at_once=at_once,
        one=lambda text: parse_moment(text, date_format, zone),
    )


def _mostly_with_offset(column: pa.Array) -> bool:
    """Whether the first text has an offset, as then all have that a program wrote."""
    first = column.drop_null().slice(0, 1)
    return bool(pc.any(pc.match_substring_regex(first, f"{_OFFSET_SHAPE}$"), min_count=0).as_py())


def _with_offset(texts: pa.Array) -> pa.Array:
    return pc.cast(texts, TIMESTAMP)


def _local(texts: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Local times in ISO notation as moments; raises ArrowInvalid for a time that a change of clocks left out."""
    return pc.assume_timezone(
        pc.cast(texts, pa.timestamp("us")), zone.key, ambiguous="earliest", nonexistent="raise"
    ).cast(TIMESTAMP)


def _iso_dates(texts: pa.Array, date_format: DateFormat) -> pa.Array:
    """The days of texts of one of the shapes in ISO notation, without what follows them."""
    if date_format not in _PLACES:
        return pc.utf8_slice_codeunits(texts, 0, _ISO_LENGTH)
    parts = [
        pc.utf8_slice_codeunits(texts, start, start + length)
        for start, length in zip(_PLACES[date_format][:3], (4, 2, 2), strict=True)
    ]
    return pc.binary_join_element_wise(*parts, "-")


def _as_iso(texts: pa.Array, date_format: DateFormat) -> pa.Array:
    """The same dates (of one of the shapes) in ISO notation, with what follows them."""
    if date_format not in _PLACES:
        return texts
    times = pc.utf8_slice_codeunits(texts, _PLACES[date_format][3])
    return pc.binary_join_element_wise(_iso_dates(texts, date_format), times, "")
