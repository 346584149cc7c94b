"""Reading, as the run of an import does it: the uploaded file becomes a master-data file and a file of rejected rows.

Called by `imports.run`, for the preview or for the import itself; `imports.readers` knows the formats.
"""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.tenancy import account_scope
from imports.confirming import TASK
from imports.models import Import
from imports.new_fields import FieldsChanged, PlannedField, settle_fields
from imports.readers import ColumnMapping, ReadResult, Source, UnreadableFile, read
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


class RunFailed(Exception):
    """The run ends as failed, for a reason that the person is told. `code` names it."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


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


def block_list_for(run: Import, group: Group) -> BlockList:
    """The addresses that the import must not bring in. What only takes people away is not kept from it."""
    mode = Mode(run.mode)
    return block_list_of(group) if mode.adds or mode.updates else NOBODY


def read_file(run: Import, token: uuid.UUID, progress: Callable[[int, int | None], None], *, then: str) -> None:
    """Turn the uploaded file into a master-data file and the rejected rows; the run goes on with status `then`."""
    with account_scope(run.account_id):
        settle(run, run.group)
        fields = fields_of_run(run)
        blocked = block_list_for(run, run.group)
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
                    blocked=blocked,
                )
        except FileNotFoundError as error:
            raise RunFailed("file_missing") from error
        except UnreadableFile as error:
            detail = {"problem": error.code, "line": error.line, "column": error.column, "about": error.detail}
            raise RunFailed("unreadable", **detail) from error
        _keep(run, token, result, (rows, rejected), status=then, block_list_mark=blocked.mark)


def _keep(run: Import, token: uuid.UUID, result: ReadResult, files: tuple[Path, Path], **changes: Any) -> None:
    """Put what was read into storage, and let the run go on with it.

    Each attempt has a place of its own: a process that was stopped and overtaken may go on at any time, and must not
    leave a file where nobody looks for one any more.
    """
    rows_key, rejected_key = (f"{run.account_id}/{run.pk}/{token.hex}.{name}.parquet" for name in ("rows", "rejected"))
    report = {
        "rows": result.rows_total,
        "rejected": sum(result.rejected_by_reason.values()),
        "rejected_by_reason": result.rejected_by_reason,
        "notes": result.notes,
    }
    try:
        put("imports", rows_key, files[0])
        put("imports", rejected_key, files[1])
        with account_scope(run.account_id):
            run.release(
                token,
                rows_key=rows_key,
                rejected_key=rejected_key,
                report=report,
                read_at=timezone.now(),
                failure="",
                rows_done=0,
                rows_known=result.rows_read,
                new_fields=run.new_fields,
                mapping=run.mapping,
                **changes,
            )
            nudge(TASK, account_id=run.account_id, job_id=run.pk)
    except (*FAILURES, ClaimLost):
        discard("imports", rows_key, rejected_key)
        raise


def read_anew(run: Import, token: uuid.UUID, *, status: str) -> None:
    """Let what was read go and have the file read once more, because the block list or the fields are others now.

    In the caller's transaction.
    """
    left = (run.rows_key, run.rejected_key)
    run.release(token, status=status, rows_key="", rejected_key="", rows_done=0)
    nudge(TASK, account_id=run.account_id, job_id=run.pk)
    # Not before the row has let go of them: else they would be missing if this transaction were rolled back.
    transaction.on_commit(lambda: discard("imports", *left), robust=True)
