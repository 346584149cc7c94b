"""Readers: a person's file (CSV, TXT, XLSX, XLS, any of them in a ZIP archive, pasted text) becomes a master-data file.

Nothing here knows Django.

`sniff` says what a file seems to be, `guess_mapping` which column goes where, `read` does it.
"""

from imports.readers.choices import (
    DELIMITERS,
    ENCODINGS,
    STATUS_TARGET,
    ColumnMapping,
    DateFormat,
    DecimalMark,
    Kind,
    Sniffed,
    SniffedColumn,
    Source,
    StatusFormat,
)
from imports.readers.mapping import Guess, Origin, Recalled, guess_columns, guess_mapping, header_mark
from imports.readers.problems import FileProblem, InvalidMapping, MappingProblem, Reason, UnreadableFile
from imports.readers.reading import ReadResult, read
from imports.readers.rejects import ADDED_NAMES, REJECTED_SCHEMA, original_header, without_added
from imports.readers.sniffing import sniff
from imports.readers.statuses import Status

__all__ = [
    "ADDED_NAMES",
    "DELIMITERS",
    "ENCODINGS",
    "REJECTED_SCHEMA",
    "STATUS_TARGET",
    "ColumnMapping",
    "DateFormat",
    "DecimalMark",
    "FileProblem",
    "Guess",
    "InvalidMapping",
    "Kind",
    "MappingProblem",
    "Origin",
    "ReadResult",
    "Reason",
    "Recalled",
    "Sniffed",
    "SniffedColumn",
    "Source",
    "Status",
    "StatusFormat",
    "UnreadableFile",
    "guess_columns",
    "guess_mapping",
    "header_mark",
    "original_header",
    "read",
    "sniff",
    "without_added",
]
