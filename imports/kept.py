"""Whom an undo leaves as they are, and why: written down at the preview, as a file that the person can look through.

Written anew when the undo is carried out, if the list has changed in between.

Parquet in the storage of imports, with the columns `email` and `reason` (see `masterdata.details.kept_query`). It goes
when rejected rows go.
"""

import uuid
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection
from django.utils import timezone

from imports.models import Import
from imports.preview import options_of
from imports.sources import attempt_key
from recipients.masterdata.details import kept_query
from recipients.masterdata.rules import parameters
from recipients.masterdata.staging import Staged
from recipients.scratch import scratch_folder
from recipients.storage import put

SCHEMA: Final = pa.schema([("email", pa.string()), ("reason", pa.string())])
AT_A_TIME: Final = 10_000  # rows


def write_down_kept(run: Import, staged: Staged, *, attempt: uuid.UUID) -> str:
    """The key of the new file; empty when the undo reaches everybody. In the transaction that has the rows staged."""
    options = options_of(run)
    if options.restoring is None or not options.restoring.spares_changed:
        return ""
    key = attempt_key(run, attempt, "kept")
    with scratch_folder() as folder, connection.cursor() as cursor:
        cursor.execute(kept_query(options), parameters(run.group, staged, options, timezone.now()))
        path, count = folder / "kept.parquet", 0
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            while rows := cursor.fetchmany(AT_A_TIME):
                emails, reasons = zip(*rows, strict=True)
                writer.write_batch(pa.RecordBatch.from_arrays([pa.array(emails), pa.array(reasons)], schema=SCHEMA))
                count += len(rows)
        if count:
            put("imports", key, path)
    return key if count else ""
