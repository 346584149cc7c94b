"""Tables as CSV for people and their spreadsheet programs: semicolons, a byte order mark, nothing that runs.

Written as a stream: memory does not grow with the rows. Knows no Django.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import IO, Final

import pyarrow as pa
import pyarrow.csv

from accounts.formula_guard import guard

BYTE_ORDER_MARK: Final = "\ufeff".encode()  # without it Excel does not show umlauts rightly
BATCH_ROWS: Final = 2000
_OPTIONS: Final = pa.csv.WriteOptions(include_header=False, delimiter=";", eol="\r\n")

Rows = Iterable[Sequence[str]]


def write_table(file: IO[bytes], head: Sequence[str], rows: Rows) -> int:
    """Write a table with its head; gives how many rows it has. Each text is guarded (`formula_guard`)."""
    file.write(table_head(head))
    left, count = iter(rows), 0
    while batch := list(islice(left, BATCH_ROWS)):
        file.write(lines([guard(pa.array(column, pa.string())) for column in zip(*batch, strict=True)]))
        count += len(batch)
    return count


def table_head(words: Sequence[str]) -> bytes:
    """How a table begins: the byte order mark, and its guarded head."""
    return BYTE_ORDER_MARK + lines([guard(pa.array([word], pa.string())) for word in words])


def lines(columns: Sequence[pa.Array]) -> bytes:
    """Rows as lines of the file, from their columns; what a program would run is the caller's to guard."""
    sink = pa.BufferOutputStream()
    names = [str(number) for number in range(len(columns))]
    pa.csv.write_csv(pa.RecordBatch.from_arrays(list(columns), names=names), sink, _OPTIONS)
    return bytes(sink.getvalue())
