"""Rejected rows: what an import left out, as a first look and as a file for the person to mend."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from imports.models import Import
from imports.readers import Reason
from imports.wording import reason_label
from recipients.masterdata.formula_guard import guard
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
    with open_file("imports", run.rejected_key) as opened:
        for batch in pq.ParquetFile(opened, pre_buffer=False).iter_batches(batch_size=most):
            return [
                RejectedRow(row["line"], *(row[name] or "" for name in ("email", "reason", "column", "value")))
                for row in batch.to_pylist()
            ]
    return []


def rejected_csv(run: Import) -> Iterator[bytes]:
    """All rejected rows as CSV in the present language, as spreadsheet programs open it, no cell of it a formula.

    The file is opened and the language read at once, so that the rest can be sent after the request. Raises
    FileNotFoundError, and what the storage raises.
    """
    opened = open_file("imports", run.rejected_key)
    reasons = {reason.value: reason_label(reason) for reason in Reason}
    header = [_("Line"), _("E-mail"), pgettext("rejected row", "Reason"), _("Column"), _("Value")]
    return _written(opened, header, reasons)


def _written(opened: IO[bytes], header: list[str], reasons: dict[str, str]) -> Iterator[bytes]:
    with opened:
        yield (BYTE_ORDER_MARK + _rows_as_text([header])).encode()
        for batch in pq.ParquetFile(opened, pre_buffer=False).iter_batches(batch_size=BATCH_ROWS):
            yield _rows_as_text(_readable(batch, reasons)).encode()


def _readable(batch: pa.RecordBatch, reasons: dict[str, str]) -> Iterator[tuple[object, ...]]:
    columns = [batch.column("line"), *(guard(batch.column(name)) for name in ("email", "reason", "column", "value"))]
    for line, email, reason, column, value in zip(*(one.to_pylist() for one in columns), strict=True):
        yield line, email, reasons.get(reason, reason), column, value


def _rows_as_text(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue()
