"""Backups for tests: rows of the catalogue with real files behind them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import sha256_of
from recipients.masterdata.take import take
from recipients.models import Group
from recipients.storage import put

DAY = timedelta(days=1)


def make_backup(group: Group, *, requested_at: datetime | None = None, **fields: Any) -> Backup:
    """A row without a file, complete unless `status` says otherwise, asked for now and kept 30 days."""
    at = requested_at or timezone.now()
    given: dict[str, Any] = {
        "trigger": Backup.Trigger.IMPORT,
        "label": "kunden.csv",
        "group_name": group.name,
        "status": Backup.Status.COMPLETE,
        "requested_at": at,
    }
    if fields.get("status", Backup.Status.COMPLETE) in (Backup.Status.COMPLETE, Backup.Status.PURGING):
        given |= {
            "completed_at": at,
            "expires_at": at + 30 * DAY,
            "revision": 1,
            "recipient_count": 3,
            "active_count": 3,
            "file_key": f"{group.account_id}/{group.pk}/{at.timestamp()}.parquet",
            "size": 1000,
            "sha256": "0" * 64,
        }
    with account_scope(group.account_id):
        return Backup.objects.create(account_id=group.account_id, group=group, **{**given, **fields})


def take_backup_of(group: Group, folder: Path, *, requested_at: datetime | None = None, **fields: Any) -> Backup:
    """A complete backup of the group as it is, its file in storage. `folder`: a place for the file before that."""
    at = requested_at or timezone.now()
    path = folder / "taken.parquet"
    with account_scope(group.account_id):
        current = Group.objects.get(pk=group.pk)
        taken = take(group=current, path=path, trigger="import", now=at, progress=lambda _done, _known: None)
    key = f"{group.account_id}/{group.pk}/{at.timestamp()}.parquet"
    put("backups", key, path)
    known: dict[str, Any] = {
        "file_key": key,
        "size": path.stat().st_size,
        "sha256": sha256_of(path),
        "revision": taken.revision,
        "recipient_count": taken.recipient_count,
        "active_count": taken.active_count,
    }
    return make_backup(current, requested_at=at, **{**known, **fields})
