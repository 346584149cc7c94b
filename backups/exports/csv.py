"""A master-data file as CSV, for people and their spreadsheet programs."""

import codecs
from collections.abc import Iterator
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from recipients.masterdata.file import LINE, FieldDefinition, FieldType, MasterDataFile
from recipients.masterdata.formula_guard import guard
from recipients.masterdata.labels import GENDER_LABELS, Language, export_headers
from recipients.masterdata.values import format_number

Encoding = Literal["utf-8-sig", "utf-8", "utf-16"]
"""Encodings that hold every character. Only the first lets Excel show umlauts rightly when a CSV is opened."""

_LINE_END: Final = "\r\n"
_TAG_SEPARATOR: Final = ", "
_BATCH_ROWS: Final = 16_384


def csv_chunks(
    file: MasterDataFile, *, language: Language, delimiter: str = ";", encoding: Encoding = "utf-8-sig"
) -> Iterator[bytes]:
    """The file's rows as CSV (RFC 4180), in chunks; the first one, the header, comes at once.

    Moments are ISO 8601 in UTC with offset, dates ISO, numbers with a point, genders words of the language, tags parted
    by commas; texts that a spreadsheet program would run as formulas have an apostrophe in front. What Listkeep's own
    reader makes of it is the same data again. Raises DamagedMasterData while iterating.
    """
    encoder = codecs.getincrementalencoder(encoding)()
    headers = export_headers(file.description.fields, language)
    names = [name for name in file.schema.names if name != LINE]
    types = {field.key: field for field in file.description.fields}
    options = pa.csv.WriteOptions(include_header=False, delimiter=delimiter, eol=_LINE_END, batch_size=_BATCH_ROWS)
    yield encoder.encode(_header([headers[name] for name in names], options))
    for batch in file.batches(names, batch_size=_BATCH_ROWS):
        columns = [_as_text(batch.column(name), types.get(name), language) for name in names]
        rows = _written(pa.RecordBatch.from_arrays(columns, names=names), options)
        yield rows if encoding != "utf-16" else encoder.encode(rows.decode())


def _header(headers: list[str], options: pa.csv.WriteOptions) -> str:
    row = pa.RecordBatch.from_arrays([guard(pa.array([header])) for header in headers], names=headers)
    return _written(row, options).decode()


def _written(batch: pa.RecordBatch, options: pa.csv.WriteOptions) -> bytes:
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(batch, sink, options)
    return bytes(sink.getvalue())


def _as_text(column: pa.Array, field: FieldDefinition | None, language: Language) -> pa.Array:
    """A column of values as the texts of its cells."""
    if field is not None and field.type is FieldType.GENDER:
        return _gender_words(column, language)
    if pa.types.is_string(column.type):
        return guard(column)
    if pa.types.is_list(column.type):
        return guard(pc.binary_join(_quoted_where_quoted(column), _TAG_SEPARATOR))
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
    texts = pc.replace_substring(pc.cast(local, pa.string()), " ", "T")
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
