"""Encode: record batches of a master-data file as the text that PostgreSQL's COPY reads, and back.

Vectorised; imports no Django. A row's field values become one JSON object: what has no value has no member. Used by
`staging` (file → database) and `take` (database → file).
"""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from recipients.masterdata.file import FieldDefinition, FieldType

TAG_SEPARATOR = ","  # no tag holds one: the database refuses it
_CONTROL_CHARACTERS = {**{chr(code): f"\\u{code:04x}" for code in range(1, 32)}, "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def json_objects(batch: pa.RecordBatch, fields: Sequence[FieldDefinition]) -> pa.Array:
    """One JSON object per row with the values of `fields`; columns that the batch does not have count as empty."""
    names = set(batch.schema.names)
    members = [
        pc.binary_join_element_wise(f',"{field.key}":', _json_values(batch.column(field.key), field.type), "")
        for field in fields
        if field.key in names
    ]
    if not members:
        return pa.repeat(pa.scalar("{}"), batch.num_rows)
    # Not null_handling="skip": Arrow then drops the rows in which every member is null.
    joined = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    return pc.binary_join_element_wise(pc.binary_replace_slice(joined, start=0, stop=1, replacement="{"), "}", "")


def _json_values(column: pa.Array, kind: FieldType) -> pa.Array:
    match kind:
        case FieldType.NUMBER:
            return plain_numbers(column)
        case FieldType.DATE:
            return pc.binary_join_element_wise('"', pc.cast(column, pa.string()), '"', "")
        case FieldType.TEXT | FieldType.GENDER:
            return pc.binary_join_element_wise('"', _json_text(column), '"', "")


def plain_numbers(column: pa.Array) -> pa.Array:
    """Decimals as text in positional notation without trailing zeros."""
    text = pc.cast(column, pa.string())
    if pc.any(pc.match_substring(text, "E")).as_py():  # Arrow writes very small decimals with an exponent
        text = pa.array([None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string())
    text = pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1")
    return pc.replace_substring_regex(text, r"\.$", "")


def _json_text(column: pa.Array) -> pa.Array:
    text = pc.replace_substring(column, "\\", "\\\\")
    text = pc.replace_substring(text, '"', '\\"')
    if pc.any(pc.match_substring_regex(text, r"[\x01-\x1f]")).as_py():
        for character, escape in _CONTROL_CHARACTERS.items():
            text = pc.replace_substring(text, character, escape)
    return text


def array_literals(tags: pa.Array) -> pa.Array:
    """Lists of text as PostgreSQL array literals; null stays null."""
    inner = tags.flatten()
    quoted = pc.binary_join_element_wise(
        '"', pc.replace_substring(pc.replace_substring(inner, "\\", "\\\\"), '"', '\\"'), '"', ""
    )
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(_lengths(tags))])
    lists = pa.ListArray.from_arrays(offsets, quoted)
    literals = pc.binary_join_element_wise("{", pc.binary_join(lists, ","), "}", "")
    return pc.if_else(pc.is_valid(tags), literals, pa.scalar(None, pa.string()))


def _lengths(lists: pa.Array) -> pa.Array:
    return pc.cast(pc.fill_null(pc.list_value_length(lists), 0), pa.int32())


def tag_lists(joined: pa.Array) -> pa.Array:
    """Tags joined with TAG_SEPARATOR back to lists; null stays null."""
    return pc.split_pattern(joined, TAG_SEPARATOR)


def copy_text(columns: dict[str, pa.Array]) -> memoryview:
    """Columns as CSV for COPY … (FORMAT csv): null is empty, text is quoted, moments are in UTC."""
    buffer = io.BytesIO()
    texts = [_moments(column) if pa.types.is_timestamp(column.type) else column for column in columns.values()]
    batch = pa.RecordBatch.from_arrays(texts, names=list(columns))
    pyarrow.csv.write_csv(batch, buffer, pyarrow.csv.WriteOptions(include_header=False))
    return buffer.getbuffer()


def _moments(column: pa.Array) -> pa.Array:
    """Moments as text. Arrow takes fourteen times as long when it writes them with their time zone itself."""
    local = pc.cast(column, pa.timestamp("us"))
    return pc.binary_join_element_wise(pc.cast(local, pa.string()), "Z", "")
