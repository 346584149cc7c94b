"""Master data as the texts of cells: what a person reads in an export, and what Listkeep's own reader understands.

Moments are ISO 8601 in UTC with offset, dates ISO, numbers with a point, genders words of a language, tags parted by
commas. Nothing here is guarded against spreadsheet programs: see `formula_guard`.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from recipients.masterdata.file import FieldDefinition, FieldType
from recipients.masterdata.labels import GENDER_LABELS, Language
from recipients.masterdata.values import format_number

TAG_SEPARATOR: Final = ", "


def is_written_by_people(column: pa.DataType, field: FieldDefinition | None) -> bool:
    """Whether a column holds texts that anybody may have written, and not notations or words of Listkeep's own."""
    if field is not None and field.type is FieldType.GENDER:
        return False
    return bool(pa.types.is_string(column) or pa.types.is_list(column))


def as_texts(column: pa.Array, field: FieldDefinition | None, language: Language) -> pa.Array:
    """A column of a master-data file as the texts of its cells; `field` is None for a base column."""
    if field is not None and field.type is FieldType.GENDER:
        return _gender_words(column, language)
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_list(column.type):
        return pc.binary_join(_quoted_where_quoted(column), TAG_SEPARATOR)
    if pa.types.is_timestamp(column.type):
        return _moments(column)
    if pa.types.is_decimal(column.type):
        return _numbers(column)
    return pc.cast(column, pa.string())


def _quoted_where_quoted(tags: pa.Array) -> pa.Array:
    """Tags with quotation marks around them get another pair, because the reader takes one pair off."""
    texts = tags.flatten()
    if not pc.any(pc.starts_with(texts, '"'), min_count=0).as_py():
        return tags
    texts = pc.replace_substring_regex(texts, r'(?s)^".*"$', r'"\0"')
    lengths = pc.fill_null(pc.list_value_length(tags), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    return pa.ListArray.from_arrays(offsets, texts, mask=pc.is_null(tags))


def _gender_words(column: pa.Array, language: Language) -> pa.Array:
    labels = GENDER_LABELS[language]
    places = pc.index_in(column, pa.array(labels))
    return pa.array(labels.values(), pa.string()).take(places)


def _moments(column: pa.Array) -> pa.Array:
    """ISO 8601 with offset; whole seconds where all are, so that no cell has six zeros."""
    try:
        local = pc.cast(column, pa.timestamp("s"))
    except pa.ArrowInvalid:  # some have parts of a second, which the cast would lose
        local = pc.cast(column, pa.timestamp("us"))
    texts = pc.binary_replace_slice(pc.cast(local, pa.string()), 10, 11, "T")  # behind a year of four digits
    return pc.binary_join_element_wise(texts, "+00:00", "")


def _numbers(column: pa.Array) -> pa.Array:
    """`format_number` for a column."""
    texts = pc.cast(column, pa.string())
    shortest = pc.utf8_rtrim(pc.utf8_rtrim(texts, characters="0"), characters=".")
    with_power = pc.fill_null(pc.match_substring(texts, "E"), False)  # zero and what is very near to it
    if not pc.any(with_power, min_count=0).as_py():
        return shortest
    plain = [format_number(number) for number in column.filter(with_power).to_pylist()]
    return pc.replace_with_mask(shortest, with_power, pa.array(plain, pa.string()))
