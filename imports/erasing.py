"""What imports hold of a person who is erased: the part in the database at once, the part in storage by a job.

Uploads that nobody has started yet go as a whole: whether the person stands in a file that was never read cannot be
told, and who uploaded it still has it. Running imports read their file again, because the erased people are others now
(`imports.reading`), and are cleaned up when they have ended. Called by `imports.receivers` and `backups.erasing`.
"""

import re
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Lower

from accounts.tenancy import account_scope
from imports.models import Import
from imports.restoring import wish_of
from imports.run import discard_files
from recipients.scratch import scratch_folder
from recipients.storage import local_copy, put, remove

# Columns that hold cells of files or addresses that somebody chose, and what is left of each without them.
TOLD: Final = ("sniffed", "entered", "mapping", "preview", "restore", "report", "failure_detail")
_BESIDE = r"""[\s<>()\[\]{}"',;:|/]"""


def count_unstarted(*, account_id: int) -> int:
    """Uploads that an erasure discards."""
    return _unstarted(account_id).count()


def forget_unstarted(*, account_id: int, now: datetime) -> None:
    """Cancel the imports that nobody has started, in the erasure's transaction. Their files go with the job."""
    for run in _unstarted(account_id).select_for_update().order_by("pk"):
        run.status, run.finished_at, run.claim, run.claimed_until = Import.Status.CANCELLED, now, None, None
        run.preview, run.entered, run.sniffed = {}, {}, without_cells(run.sniffed)
        if run.kind != Import.Kind.FILE:
            run.restore = wish_of(run).without_people().to_json()
        run.save(
            update_fields=[
                "status",
                "finished_at",
                "claim",
                "claimed_until",
                "preview",
                "entered",
                "restore",
                "sniffed",
            ]
        )


def _unstarted(account_id: int) -> QuerySet[Import]:
    return Import.objects.filter(account_id=account_id, status__in=Import.UNCONFIRMED)


def erase_from_imports(*, account_id: int, email: str, before: datetime) -> bool:
    """Take a person out of all that imports begun `before` keep; False when some still run, and it is to be done again.

    Not to be called in a transaction. Raises what storage raises; done again it does the rest.
    """
    with account_scope(account_id):
        begun = Import.objects.filter(account_id=account_id, created_at__lte=before)
        running = begun.filter(status__in=Import.RUNNING).exists()
        ended = begun.exclude(status__in=[*Import.RUNNING, *Import.UNCONFIRMED])
        with_files = list(ended.exclude(file_key="", rows_key="", rejected_key="", kept_key="").defer("sniffed"))
    person = _mention_of(email)
    for run in with_files:
        discard_files(run=run)
        for key in filter(None, (run.rejected_key, run.kept_key)):
            _erase_from_file(key, person)
    with account_scope(account_id):
        for run in _telling(ended, email).select_for_update().order_by("pk"):
            _erase_from_row(run, re.compile(person, re.IGNORECASE))
    return not running


def _mention_of(email: str) -> str:
    """An expression that finds the address in a text, and not in longer addresses that end like it."""
    return f"(?:^|{_BESIDE}){re.escape(email)}(?:$|{_BESIDE}|[.](?:$|{_BESIDE}))"


def _erase_from_file(key: str, person: str) -> None:
    """Write a Parquet file of rows anew, under its key, without those that mention the person.

    One that cannot be read is of no use to anybody, and goes.
    """
    with scratch_folder() as folder:
        try:
            with local_copy("imports", key) as path, pq.ParquetFile(path, pre_buffer=False) as parquet:
                if not any(_mentions(batch, person) for batch in parquet.iter_batches(8192)):
                    return
                rest = folder / "rest.parquet"
                with pq.ParquetWriter(rest, parquet.schema_arrow, compression="zstd") as writer:
                    for batch in parquet.iter_batches(8192):
                        writer.write_batch(batch.filter(pc.invert(_told_in(batch, person))))
        except FileNotFoundError:
            return
        except pa.ArrowInvalid:
            remove("imports", key)
            return
        put("imports", key, rest)


def _mentions(batch: pa.RecordBatch, person: str) -> bool:
    return bool(pc.any(_told_in(batch, person), min_count=0).as_py())


def _told_in(batch: pa.RecordBatch, person: str) -> pa.BooleanArray:
    """Which rows mention the person in any text."""
    found = pa.array([False] * batch.num_rows, pa.bool_())
    for column in batch.columns:
        if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
            matches = _matches(pc.list_flatten(column), person)
            rows = pc.list_parent_indices(column).filter(matches)
            told = pc.is_in(pa.array(range(batch.num_rows), rows.type), rows)
        elif pa.types.is_string(column.type):
            told = _matches(column, person)
        else:
            continue
        found = pc.or_(found, told)
    return found


def _matches(texts: pa.Array, person: str) -> pa.BooleanArray:
    return pc.fill_null(pc.match_substring_regex(texts, person, ignore_case=True), False)


def _telling(runs: QuerySet[Import], email: str) -> QuerySet[Import]:
    """The runs that have the address in any of their columns."""
    told = Q()
    for name in TOLD:
        runs = runs.alias(**{f"{name}_text": Lower(Cast(name, TextField()))})
        told |= Q(**{f"{name}_text__contains": email})
    return runs.filter(told)


def _erase_from_row(run: Import, person: "re.Pattern[str]") -> None:
    """Of the cells that a run remembers of its file none stays: a name stands in another column than the address."""
    run.sniffed = without_cells(run.sniffed)
    for name in TOLD:
        setattr(run, name, _without(getattr(run, name), person))
    run.save(update_fields=list(TOLD))


def without_cells(sniffed: dict[str, Any]) -> dict[str, Any]:
    """What a file was seen to look like, without any of its cells."""
    if not sniffed:
        return sniffed
    columns = [{**column, "samples": [], "values": []} for column in sniffed["columns"]]
    return {**sniffed, "columns": columns, "sample": []}


def _without(value: Any, person: "re.Pattern[str]") -> Any:
    """Plain JSON without what mentions the person: a text is emptied, an entry of a list goes."""
    if isinstance(value, str):
        return "" if person.search(value) else value
    if isinstance(value, list):
        return [_without(one, person) for one in value if not _is_about(one, person)]
    if isinstance(value, dict):
        return {name: _without(one, person) for name, one in value.items() if not person.search(name)}
    return value


def _is_about(entry: Any, person: "re.Pattern[str]") -> bool:
    texts = entry.values() if isinstance(entry, dict) else [entry]
    return any(isinstance(text, str) and person.search(text) for text in texts)
