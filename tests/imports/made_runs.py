"""Imports in any state for tests of their page, and what the page shows."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.urls import reverse

from accounts.tenancy import account_scope
from imports.models import Import
from imports.readers import REJECTED_SCHEMA
from recipients.models import Group
from tests.factories import NOW
from tests.page_content import Element, read

FIGURES = {
    "rows": 40_212,
    "added": 1_000,
    "changed": 39_000,
    "unchanged": 200,
    "skipped": 0,
    "doubled": 3,
    "kept_inactive": 5,
    "rejected": 4,
    "rejected_by_reason": {"invalid_email": 3, "unreadable_date": 1},
}
AT_WORK = {"claim": uuid.uuid4(), "claimed_until": datetime.max.replace(tzinfo=UTC)}
RUNNING = [Import.Status.READING, Import.Status.WAITING, Import.Status.APPLYING]
ON_THIS_PAGE = [one for one in Import.Status if one not in (Import.Status.PREVIEWING, Import.Status.PREVIEWED)]
ENDED = [Import.Status.DRAFT, Import.Status.DONE, Import.Status.FAILED, Import.Status.CANCELLED]


def make_run(group: Group, status: Import.Status, **fields: Any) -> Import:
    """An import in a state, begun at NOW."""
    given = {
        "file_name": "kunden.csv",
        "file_size": 4_200_000,
        "file_key": "gone",
        "created_at": NOW,
        "confirmed_at": None if status == Import.Status.DRAFT else NOW,
        "finished_at": NOW + timedelta(seconds=125) if status in ENDED[1:] else None,
        "report": FIGURES if status == Import.Status.DONE else {},
        **(AT_WORK if status in (Import.Status.READING, Import.Status.APPLYING) else {}),
        **fields,
    }
    with account_scope(group.account_id):
        return Import.objects.create(account_id=group.account_id, group=group, status=status, **given)


def keep_rejected(run: Import, storage: Path, count: int) -> None:
    """Rejected rows in the storage, as the reader leaves them."""
    key = f"{run.account_id}/{run.pk}/rejected.parquet"
    path = storage / "imports" / key
    path.parent.mkdir(parents=True)
    line = {"email": "kein at", "reason": "invalid_email", "column": "E-Mail", "value": "kein at"}
    pq.write_table(pa.Table.from_pylist([line | {"line": n + 2} for n in range(count)], REJECTED_SCHEMA), path)
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(rejected_key=key)


def url_of(run: Import) -> str:
    return reverse("imports:run", args=[run.account_id, run.pk])


def the_run(response: Any) -> Element:
    """The part that changes."""
    (found,) = [one for one in read(response).all() if one.attributes.get("id") == "run"]
    return found


def figures(response: Any) -> dict[str, str]:
    """The report's figures by their labels."""
    return {
        stat.all(css_class="stat__label")[0].text: stat.all(css_class="stat__value")[0].text
        for stat in the_run(response).all(css_class="stat")
    }
