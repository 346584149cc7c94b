"""The audit trail as a CSV file, for people and their spreadsheet programs."""

from collections.abc import Iterator
from itertools import islice
from typing import IO

import pyarrow as pa
import pyarrow.csv
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.formula_guard import guard
from accounts.models import AuditEntry
from accounts.wording import details_of

BYTE_ORDER_MARK = "\ufeff".encode()  # without it Excel does not show umlauts rightly
BATCH_ROWS = 2000
OPTIONS = pa.csv.WriteOptions(include_header=False, delimiter=";", eol="\r\n")


def write_entries(entries: QuerySet[AuditEntry], file: IO[bytes]) -> int:
    """Write the entries with a head in the reader's language, in bounded memory; gives how many they are.

    Times are local ones with their offset. What a spreadsheet program would run has an apostrophe in front.
    """
    head = [
        _("When"),
        _("What"),
        _("Concerns"),
        _("Details"),
        _("Who"),
        _("E-mail address"),
        _("Through"),
        _("IP address"),
    ]
    file.write(BYTE_ORDER_MARK)
    _write([[word] for word in head], file)
    count = 0
    for batch in _batches(entries.iterator(chunk_size=BATCH_ROWS)):
        _write([list(column) for column in zip(*(_row(entry) for entry in batch), strict=True)], file)
        count += len(batch)
    return count


def _row(entry: AuditEntry) -> tuple[str, ...]:
    actor = entry.actor
    return (
        timezone.localtime(entry.at).isoformat(timespec="seconds"),
        entry.get_action_display(),
        entry.subject,
        details_of(entry),
        (actor.get_full_name() or actor.email) if actor else "Listkeep",
        actor.email if actor else "",
        entry.get_via_display(),
        entry.address or "",
    )


def _batches(entries: Iterator[AuditEntry]) -> Iterator[list[AuditEntry]]:
    while batch := list(islice(entries, BATCH_ROWS)):
        yield batch


def _write(columns: list[list[str]], file: IO[bytes]) -> None:
    arrays = [guard(pa.array(column, pa.string())) for column in columns]
    names = [str(number) for number in range(len(arrays))]
    pa.csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=names), file, OPTIONS)
