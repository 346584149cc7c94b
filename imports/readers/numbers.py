"""Numbers as people write them."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.choices import DecimalMark
from imports.readers.columns import Converted, convert
from recipients.masterdata.file import FieldType, arrow_type
from recipients.masterdata.values import NUMBER_PRECISION, NUMBER_SCALE

_WHOLE_DIGITS: Final = NUMBER_PRECISION - NUMBER_SCALE
_STEP: Final = Decimal(1).scaleb(-NUMBER_SCALE)
_CONTEXT: Final = Context(prec=2 * NUMBER_PRECISION)
_MARKS: Final = {DecimalMark.COMMA: (",", "."), DecimalMark.POINT: (".", ",")}


def _notation(decimal: DecimalMark) -> re.Pattern[str]:
    """Whole with or without groups of three (by the other mark, an apostrophe or a blank), fraction, exponent."""
    mark, other = (re.escape(sign) for sign in _MARKS[decimal])
    group = rf"[{other}'’ \u00a0\u2009\u202f]"
    whole = rf"[0-9]{{1,3}}(?P<group>{group})[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*|[0-9]+"
    return re.compile(
        rf"(?P<sign>[+\-−]?)(?P<whole>{whole}|)(?:{mark}(?P<fraction>[0-9]*))?(?P<power>[eE][+-]?[0-9]{{1,3}})?"
    )


_NOTATIONS: Final = {decimal: _notation(decimal) for decimal in DecimalMark}
_SHAPES: Final = {
    decimal: rf"^[+-]?[0-9]{{1,{_WHOLE_DIGITS}}}(?:{re.escape(mark)}[0-9]{{1,{NUMBER_SCALE}}})?$"
    for decimal, (mark, _) in _MARKS.items()
}


def parse_number(text: str, decimal: DecimalMark) -> Decimal | None:
    """The number, rounded (half to even) to ten places; None for what is none, or has over 28 digits before the mark.

    Rounding is for what machines write (0.30000000000000004): no field of a recipient has eleven places that matter.
    """
    match = _NOTATIONS[decimal].fullmatch(text)
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    whole = re.sub("[^0-9]", "", match["whole"]) or "0"
    sign = "-" if match["sign"] in ("-", "−") else ""
    number = Decimal(f"{sign}{whole}.{match['fraction'] or '0'}{match['power'] or ''}")
    if number and number.adjusted() >= _WHOLE_DIGITS:
        return None
    rounded = _round(number)
    return rounded if rounded.adjusted() < _WHOLE_DIGITS or not rounded else None


def _round(number: Decimal) -> Decimal:
    """To the places that a master-data file holds, whatever the thread's decimal context is."""
    if number.adjusted() < -NUMBER_SCALE - 1:
        return Decimal(0)
    return number.quantize(_STEP, rounding=ROUND_HALF_EVEN, context=_CONTEXT)


def convert_numbers(column: pa.Array, decimal: DecimalMark) -> Converted:
    """`parse_number` for a string array."""
    mark = _MARKS[decimal][0]
    decimal_type = arrow_type(FieldType.NUMBER)

    def at_once(texts: pa.Array) -> pa.Array:
        return pc.cast(texts if mark == "." else pc.replace_substring(texts, mark, "."), decimal_type)

    return convert(
        column,
        arrow_type=decimal_type,
        shape=_SHAPES[decimal],
        at_once=at_once,
        one=lambda text: parse_number(text, decimal),
    )
