"""A customer's imports: one in each state, and an undo. Part of `tests.customer`."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from imports.drafts import sniffed_to_json
from imports.models import Import
from imports.readers import ColumnMapping, FileProblem, Source, read, sniff
from imports.restoring import Way, Wish
from recipients.masterdata.details import Details, Sample
from recipients.masterdata.options import Outcome
from recipients.models import Group
from recipients.queries import definitions_of
from recipients.scratch import scratch_folder
from recipients.storage import put


def make_imports(group: Group, owner: User, secret: str) -> dict[str, Import]:
    """One in each state, and an undo of the one that is done, previewed."""
    runs = {status: make_import(group, owner, status, secret) for status in Import.Status.values}
    return runs | {"undo": make_undo(runs[Import.Status.DONE], owner, secret)}


def make_import(group: Group, actor: User, status: str, secret: str) -> Import:
    """An import of a CSV file with a row that can be read and one that cannot, in the state that is asked for.

    The uploaded file is in the storage; of an import that is done, the rejected rows are too.
    """
    now = timezone.now()
    with scratch_folder() as folder, account_scope(group.account_id):
        path = folder / "upload"
        path.write_text(f"E-Mail;Ort\nneu@{secret}.example;{secret}\nkein {secret};Ulm\n")
        found = sniff(path, file_name="upload.csv")
        mapping = [ColumnMapping(target="email", column=0), ColumnMapping(target="ort", column=1)]
        run = Import(
            account_id=group.account_id,
            group=group,
            status=status,
            requested_by=actor,
            file_name=f"Kunden {secret}.csv",
            file_size=path.stat().st_size,
            sniffed=sniffed_to_json(found),
            source=found.source.to_json(),
            mapping=[one.to_json() for one in mapping],
            created_at=now - timedelta(minutes=2),
        )
        run.file_key = f"{group.account_id}/{run.pk}/upload"
        put("imports", run.file_key, path)
        if status == Import.Status.DONE:
            keep_rejected_rows(run, path, folder, mapping)
        if status == Import.Status.FAILED:
            run.failure = "unreadable"
            run.failure_detail = {"problem": FileProblem.NO_SHEET, "line": None, "column": None, "about": secret}
        if status == Import.Status.PREVIEWED:
            run.report = {"rows": 1, "rejected": 0, "rejected_by_reason": {}}
            run.preview = preview_of_one(f"neu@{secret}.example", secret)
        if status not in Import.UNCONFIRMED:
            run.confirmed_at = now - timedelta(minutes=1)
            run.finished_at = None if run.is_running else now
        run.save(force_insert=True)
    return run


def make_undo(run: Import, actor: User, secret: str) -> Import:
    """The undo of an import, with its preview, and one recipient whom it leaves as they are."""
    email = f"neu@{secret}.example"
    with scratch_folder() as folder, account_scope(run.account_id):
        undo = Import(
            account_id=run.account_id,
            group=run.group,
            kind=Import.Kind.UNDO,
            undoes=run,
            restore=Wish(way=Way.UNDO).to_json(),
            mode=Import.Mode.EXACT,
            status=Import.Status.PREVIEWED,
            requested_by=actor,
            file_name=run.file_name,
            file_size=0,
            report={"rows": 1, "rejected": 0, "rejected_by_reason": {}},
            created_at=timezone.now(),
        )
        undo.preview = preview_of_one(email, secret)
        undo.preview["details"]["kept"] = [{"email": email, "reason": "edited"}]
        undo.kept_key = f"{run.account_id}/{undo.pk}/kept.parquet"
        pq.write_table(pa.table({"email": [email], "reason": ["edited"]}), folder / "kept.parquet")
        put("imports", undo.kept_key, folder / "kept.parquet")
        undo.save(force_insert=True)
    return undo


def preview_of_one(email: str, value: str) -> dict[str, Any]:
    """A preview as a worker keeps it: one recipient would be added, with a value in the field `ort`."""
    sample = Sample(line=2, email=email, changes=[("ort", None, value)])
    found = Details({}, 0, 0, added=[sample], changed=[], removed=[], kept_inactive=[])
    outcome = Outcome(1, *[0] * 9)
    return {
        "outcome": outcome.to_json(),
        "details": json.loads(json.dumps(found.to_json())),
        "recipients": 3,
        "active": 1,
        "revision": 0,
    }


def keep_rejected_rows(run: Import, path: Path, folder: Path, mapping: list[ColumnMapping]) -> None:
    """Read the file of an import, and put the rows that it could not read where the report finds them."""
    rejected = folder / "rejected.parquet"
    result = read(
        path,
        source=Source.from_json(run.source),
        mapping=mapping,
        fields=definitions_of(run.group),
        target=folder / "rows.parquet",
        rejected=rejected,
        progress=lambda _done, _known: None,
    )
    assert (result.rows_read, result.rows_total) == (1, 2)
    run.rejected_key = f"{run.account_id}/{run.pk}/rejected.parquet"
    put("imports", run.rejected_key, rejected)
    run.report = {
        "rows": result.rows_total,
        "rejected": sum(result.rejected_by_reason.values()),
        "rejected_by_reason": result.rejected_by_reason,
    }
