"""Reading, as the run of an import does it: the uploaded file becomes a master-data file and a file of rejected rows.

Called by `imports.run`, for the preview or for the import itself; `imports.readers` knows the formats.
"""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.tenancy import account_scope
from imports.compared import keys_of
from imports.confirming import TASK
from imports.models import Import
from imports.new_fields import FieldsChanged, PlannedField, settle_fields
from imports.readers import ColumnMapping, Source, UnreadableFile, read
from imports.sources import RowSource, RunFailed, attempt_key, source_of
from recipients.erased import Erased, Readmission, blocked_of, erased_of
from recipients.jobs import ClaimLost
from recipients.masterdata.blocklist import BlockList
from recipients.masterdata.file import FieldDefinition
from recipients.masterdata.options import Mode
from recipients.models import Group
from recipients.nudge import nudge
from recipients.queries import block_list_of, definitions_of
from recipients.scratch import scratch_folder
from recipients.storage import FAILURES, discard, local_copy, put

NOBODY = BlockList([])


@dataclass(frozen=True)
class KeptOut:
    """Who must not come in. `mark` is equal as long as that are the same people."""

    blocked: BlockList
    erased: Erased | Readmission | None
    mark: str


def fields_of_run(run: Import) -> tuple[FieldDefinition, ...]:
    """The fields that the rows may speak of: the list's, and those that the import makes."""
    planned = (PlannedField.from_json(one).definition() for one in run.new_fields)
    return (*definitions_of(run.group), *planned)


def settle(run: Import, group: Group) -> bool:
    """Have the run's planned fields and mapping fit the account's fields as they are now; whether they did before.

    On the object alone. Raises RunFailed when they cannot.
    """
    planned = [PlannedField.from_json(one) for one in run.new_fields]
    mapping = [ColumnMapping.from_json(one) for one in run.mapping]
    try:
        settled = settle_fields(group=group, planned=planned, mapping=mapping)
    except FieldsChanged as error:
        raise RunFailed("fields_changed", label=error.label) from error
    run.new_fields = [one.to_json() for one in settled[0]]
    run.mapping = [one.to_json() for one in settled[1]]
    return settled == (planned, mapping)


def block_list_for(run: Import, group: Group) -> KeptOut:
    """The addresses that the import must not bring in. What only takes people away is not kept from it.

    Of erased people nobody comes in, or, if the person asked to let them in again, nobody who was blocked then.
    """
    mode = Mode(run.mode)
    if not (mode.adds or mode.updates):
        return KeptOut(NOBODY, None, NOBODY.mark)
    blocked, erased = block_list_of(group), erased_of(run.account_id)
    if not erased:
        return KeptOut(blocked, None, blocked.mark)
    told = f"{blocked.mark} {erased.mark} {run.readmit_erased}"
    mark = hashlib.sha256(told.encode()).hexdigest()[:32]
    if run.readmit_erased:
        return KeptOut(blocked, Readmission(erased=erased, blocked=blocked_of(run.account_id)), mark)
    return KeptOut(blocked, erased, mark)


def _let_in(kept_out: KeptOut) -> dict[str, int]:
    """How many rows are of erased people who are let in again, as the report notes it."""
    let_in = kept_out.erased.let_in if isinstance(kept_out.erased, Readmission) else 0
    return {"readmitted": let_in} if let_in else {}


def read_source(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None], *, then: str) -> None:
    """Make a master-data file of where the run's rows come from; the run goes on with status `then`."""
    source = source_of(run)
    if source is None:
        _read_file(run, token, progress, then=then)
    else:
        _read_other(run, source, token, progress, then=then)


def _read_other(
    run: Import, source: RowSource, token: uuid.UUID, progress: Callable[[int, int | None], None], *, then: str
) -> None:
    """Have the rows read by whoever has them."""
    with account_scope(run.account_id):
        settle(run, run.group)
        kept_out = block_list_for(run, run.group)
    with scratch_folder() as folder:
        rows = folder / "rows.parquet"
        result = source.read(run, target=rows, progress=progress)
        report = {"rows": result.rows, "rejected": 0, "rejected_by_reason": {}, "notes": {}, **result.report}
        _keep(run, token, report, {"rows": rows}, rows_known=result.rows, status=then, block_list_mark=kept_out.mark)


def _read_file(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None], *, then: str) -> None:
    """Turn the uploaded file into a master-data file and the rejected rows."""
    with account_scope(run.account_id):
        settle(run, run.group)
        fields = fields_of_run(run)
        kept_out = block_list_for(run, run.group)
    with scratch_folder() as folder:
        rows, rejected = folder / "rows.parquet", folder / "rejected.parquet"
        try:
            with local_copy("imports", run.file_key) as path:
                result = read(
                    path,
                    source=Source.from_json(run.source),
                    mapping=[ColumnMapping.from_json(one) for one in run.mapping],
                    fields=fields,
                    target=rows,
                    rejected=rejected,
                    progress=progress,
                    blocked=kept_out.blocked,
                    erased=kept_out.erased,
                )
        except FileNotFoundError as error:
            raise RunFailed("file_missing") from error
        except UnreadableFile as error:
            detail = {"problem": error.code, "line": error.line, "column": error.column, "about": error.detail}
            raise RunFailed("unreadable", **detail) from error
        report = {
            "rows": result.rows_total,
            "rejected": sum(result.rejected_by_reason.values()),
            "rejected_by_reason": result.rejected_by_reason,
            "notes": result.notes | _let_in(kept_out),
        }
        files = {"rows": rows, "rejected": rejected}
        _keep(run, token, report, files, rows_known=result.rows_read, status=then, block_list_mark=kept_out.mark)


def _keep(run: Import, token: uuid.UUID, report: dict[str, Any], files: dict[str, Path], **changes: Any) -> None:
    """Put what was read into storage, and let the run go on with it."""
    keys = {f"{name}_key": attempt_key(run, token, name) for name in files}
    try:
        for key, path in zip(keys.values(), files.values(), strict=True):
            put("imports", key, path)
        with account_scope(run.account_id):
            run.release(
                token,
                report=report,
                read_at=timezone.now(),
                failure="",
                rows_done=0,
                new_fields=run.new_fields,
                mapping=run.mapping,
                **keys,
                **changes,
            )
            nudge(TASK, account_id=run.account_id, job_id=run.pk)
    except (*FAILURES, ClaimLost):
        discard("imports", *keys.values())
        raise


def read_anew(run: Import, token: uuid.UUID, *, status: str) -> None:
    """Let what was read go and have the file read once more, because the block list or the fields are others now.

    In the caller's transaction.
    """
    left = [key for key in (run.rows_key, run.rejected_key, *keys_of(run)) if key]
    run.release(token, status=status, rows_key="", rejected_key="", compared={}, rows_done=0)
    nudge(TASK, account_id=run.account_id, job_id=run.pk)
    # Not before the row has let go of them: else they would be missing if this transaction were rolled back.
    transaction.on_commit(lambda: discard("imports", *left), robust=True)
