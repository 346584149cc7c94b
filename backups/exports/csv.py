"""A master-data file as CSV, for people and their spreadsheet programs."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa
import pyarrow.csv

from accounts.formula_guard import guard
from backups.exports.refusals import NotInEncoding
from backups.exports.rows import People, names_of, rows_of
from recipients.masterdata.file import FieldDefinition, MasterDataFile
from recipients.masterdata.labels import Language, export_headers
from recipients.masterdata.texts import as_texts, is_written_by_people

Encoding = Literal["utf-8-sig", "utf-8", "utf-16", "windows-1252"]
"""All but the last hold every character. The second alone does not show umlauts rightly when Excel opens a CSV."""

_LINE_END: Final = "\r\n"
BATCH_ROWS: Final = 16_384
_AS_WRITTEN: Final = ("utf-8-sig", "utf-8")  # what Arrow writes already, but for the mark at the beginning
_SHOWN: Final = 5


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str = ";"
    encoding: Encoding = "utf-8-sig"


STANDARD: Final = Dialect()


def csv_chunks(
    file: MasterDataFile, *, language: Language, dialect: Dialect = STANDARD, left_out: People | None = None
) -> Iterator[bytes]:
    """The file's rows as CSV (RFC 4180), in chunks; the first one, the header, comes at once.

    Cells are as `recipients.masterdata.texts` has them; texts that a spreadsheet program would run as formulas have an
    apostrophe in front. What Listkeep's own reader makes of it is the same data again. Raises DamagedMasterData while
    iterating, and NotInEncoding, which `check_encoding` finds before.
    """
    encoder = codecs.getincrementalencoder(dialect.encoding)()
    for number, rows in enumerate(_pieces(file, language, dialect, left_out)):
        if number and dialect.encoding in _AS_WRITTEN:
            yield rows
            continue
        try:
            yield encoder.encode(rows.decode())
        except UnicodeEncodeError as error:
            raise NotInEncoding(characters=error.object[error.start : error.end]) from error


def check_encoding(
    file: MasterDataFile, *, language: Language, dialect: Dialect, left_out: People | None = None
) -> None:
    """Raise NotInEncoding when the CSV could not be written to its end. Reads all rows, where an encoding has gaps."""
    if dialect.encoding != "windows-1252":
        return
    missing = ""
    for rows in _pieces(file, language, dialect, left_out):
        kept = rows.decode().encode(dialect.encoding, "ignore").decode(dialect.encoding)
        if len(kept.encode()) == len(rows):
            continue
        for character in sorted(set(rows.decode()) - set(kept)):
            missing += "" if character in missing else character
        if len(missing) >= _SHOWN:
            break
    if missing:
        raise NotInEncoding(characters=missing[:_SHOWN])


def _pieces(file: MasterDataFile, language: Language, dialect: Dialect, left_out: People | None) -> Iterator[bytes]:
    """The header, then the rows, as UTF-8."""
    headers = export_headers(file.description.fields, language)
    fields = {field.key: field for field in file.description.fields}
    names = names_of(file)
    options = pa.csv.WriteOptions(
        include_header=False, delimiter=dialect.delimiter, eol=_LINE_END, batch_size=BATCH_ROWS
    )
    yield _header([headers[name] for name in names], options)
    for batch in rows_of(file, names, left_out=left_out, batch_size=BATCH_ROWS):
        columns = [_cells(batch.column(name), fields.get(name), language) for name in names]
        yield _written(pa.RecordBatch.from_arrays(columns, names=names), options)


def _header(headers: list[str], options: pa.csv.WriteOptions) -> bytes:
    row = pa.RecordBatch.from_arrays([guard(pa.array([header])) for header in headers], names=headers)
    return _written(row, options)


def _written(batch: pa.RecordBatch, options: pa.csv.WriteOptions) -> bytes:
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(batch, sink, options)
    return bytes(sink.getvalue())


def _cells(column: pa.Array, field: FieldDefinition | None, language: Language) -> pa.Array:
    texts = as_texts(column, field, language)
    return guard(texts) if is_written_by_people(column.type, field) else texts
