"""Turn a column of texts into a column of values: at once where their shape allows it, one by one where it does not.

Every notation has one plain function that reads one text; that function is the truth. The vectorised way beside it may
read only texts of a shape about which both agree, and exists because it is a hundred times faster.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Converted:
    """The values of a column, null where there is none, and a boolean array: where a text could not be read."""

    values: pa.Array
    unreadable: pa.Array


def convert(
    column: pa.Array,
    *,
    arrow_type: pa.DataType,
    shape: str,
    at_once: Callable[[pa.Array], pa.Array],
    one: Callable[[str], object | None],
) -> Converted:
    """Read the texts that match the regular expression `shape` with `at_once`, all others with `one`.

    `at_once` gets an array with null for the others; it may raise ArrowInvalid when a text of the right shape is no
    value (30 February), upon which all are read with `one`. `one` returns None for what it cannot read.
    """
    fits = pc.fill_null(pc.match_substring_regex(column, shape), False)
    others = pc.and_not(pc.is_valid(column), fits)
    some_others = pc.any(others, min_count=0).as_py()
    try:
        values = at_once(pc.if_else(fits, column, pa.scalar(None, pa.string())) if some_others else column)
    except pa.ArrowInvalid:
        values = pa.nulls(len(column), arrow_type)
        others = pc.is_valid(column)
        some_others = True
    if not some_others:
        return Converted(values, pa.repeat(False, len(column)))
    texts = column.filter(others).to_pylist()
    readings = {text: one(text) for text in set(texts)}
    read = pa.array([readings[text] for text in texts], arrow_type)
    unreadable = pc.replace_with_mask(others, others, pc.is_null(read))
    return Converted(pc.replace_with_mask(values, others, read), unreadable)


def convert_each(column: pa.Array, *, arrow_type: pa.DataType, one: Callable[[str], object | None]) -> Converted:
    """Read each different text once with `one`: for columns with few different texts."""
    encoded = column.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    read = pa.array([one(text) for text in texts], arrow_type)
    values = read.take(encoded.indices)
    return Converted(values, pc.and_(pc.is_null(values), pc.is_valid(column)))
