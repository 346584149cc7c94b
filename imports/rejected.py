"""Rejected rows: what an import left out, as a first look and as a file for the person to mend and import again."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from accounts.formula_guard import guard, unguard
from imports.models import Import
from imports.readers import ADDED_NAMES, Reason, original_header, without_added
from imports.targets import language
from imports.wording import reason_label
from recipients.masterdata.values import BLANKS
from recipients.storage import open_file

BATCH_ROWS: Final = 8192
BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True)
class RejectedRow:
    """A row that was left out: its line in the file, the address as written, a Reason, the column and cell at fault."""

    line: int
    email: str
    reason: str
    column: str
    value: str


def first_rejected(run: Import, most: int) -> list[RejectedRow]:
    """The first rejected rows of an import. Raises FileNotFoundError, and what the storage raises."""
    texts = ["email", "reason", "column", "value"]
    with open_file("imports", run.rejected_key) as opened:
        parquet = pq.ParquetFile(opened, pre_buffer=False)
        for batch in parquet.iter_batches(batch_size=most, columns=["line", *texts]):
            return [RejectedRow(row["line"], *(row[name] or "" for name in texts)) for row in batch.to_pylist()]
    return []


@dataclass(frozen=True)
class Words:
    """What the file says in the person's language: the names of the columns that it adds, and reasons by their codes.

    `unnamed` is the name of a column that has none, with its number to be filled in.
    """

    added: tuple[str, str, str]
    unnamed: str
    reasons: dict[str, str]

    @classmethod
    def in_present_language(cls) -> Self:
        """The words in the present language."""
        return cls(
            added=ADDED_NAMES[language()],
            unnamed=_("Column %(position)d"),
            reasons={reason.value: reason_label(reason) for reason in Reason},
        )


def rejected_csv(run: Import) -> Iterator[bytes]:
    """All rejected rows as CSV that a spreadsheet program opens, in the layout of the person's file.

    It has the columns of that file under their names, each cell as written, and behind them the row's line, the reason
    and the name of the column at fault. So it can be mended and imported again with the same mapping: what the reader
    makes of a cell is the same, though no cell is a formula. Cells beyond the last column stand behind all others and
    reject the row again unless they go. A file without names gets some, lest its first row be taken for them.

    The file is opened and the language read at once, so that the rest can be sent after the request. Raises
    FileNotFoundError, and what the storage raises.
    """
    return _written(open_file("imports", run.rejected_key), Words.in_present_language())


def _written(opened: IO[bytes], words: Words) -> Iterator[bytes]:
    with opened:
        parquet = pq.ParquetFile(opened, pre_buffer=False)
        header = original_header(parquet)
        width = len(header)
        kept = len(without_added(header))
        if not any(header):
            header = [words.unnamed % {"position": position} for position in range(1, width + 1)]
        yield (
            BYTE_ORDER_MARK + _rows_as_text([[*_harmless(pa.array(header[:kept], pa.string())), *words.added]])
        ).encode()
        for group in range(parquet.num_row_groups):  # one by one: what stands in one fits in memory
            for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group]):
                yield _rows_as_text(_laid_out(batch, width, kept, words.reasons)).encode()


def _laid_out(batch: pa.RecordBatch, width: int, kept: int, reasons: dict[str, str]) -> Iterator[list[object]]:
    """Rows of a file with `width` columns, of which the first ones are `kept`."""
    cells = iter(_harmless(batch.column("cells").flatten()))
    widths = pc.list_value_length(batch.column("cells")).to_pylist()
    columns = _harmless(batch.column("column"))
    lines, codes = batch.column("line").to_pylist(), batch.column("reason").to_pylist()
    for line, code, column, own_width in zip(lines, codes, columns, widths, strict=True):
        row = list(islice(cells, own_width))
        yield [*row[:kept], line, reasons.get(code, code), column, *row[width:]]


def _harmless(cells: pa.Array) -> list[str | None]:
    """Cells that no spreadsheet program runs, and that a reader takes for the same as these."""
    # Blanks that count as the beginning of a formula mean nothing to the reader either.
    bare = pc.if_else(pc.match_substring_regex(cells, r"^[\t\r]"), pc.utf8_ltrim(cells, characters=BLANKS), cells)
    harmless: list[str | None] = guard(unguard(bare)).to_pylist()
    return harmless


def _rows_as_text(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue()
