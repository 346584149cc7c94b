"""Rows of jobs for tests about who may do them: they stand as if asked for, and nobody has been sent to them."""

import uuid
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.jobs import SMALL_FILE, Job
from recipients.models import Deletion, Group
from tests.factories import NOW

J = TypeVar("J", bound=Job)


def make_import(group: Group, *, large: bool = False, asked_for_at: datetime = NOW, **fields: Any) -> Import:
    """An import whose file is to be read."""
    given = {"status": Import.Status.READING, "file_size": SMALL_FILE + large, "file_name": "kunden.csv", **fields}
    return kept(Import(account_id=group.account_id, group=group, created_at=asked_for_at, **given))


def make_backup(group: Group, *, asked_for_at: datetime = NOW, **fields: Any) -> Backup:
    """A backup that is to be taken; a large one if the list is."""
    given = {"trigger": Backup.Trigger.IMPORT, "group_name": group.name, **fields}
    return kept(Backup(account_id=group.account_id, group=group, requested_at=asked_for_at, **given))


def make_deletion(group: Group, *, asked_for_at: datetime = NOW, **fields: Any) -> Deletion:
    """A deletion that is to be carried out; a large one if the list was when it was asked for."""
    given = {"recipient_count": group.recipient_count, **fields}
    return kept(Deletion(account_id=group.account_id, group=group, requested_at=asked_for_at, **given))


def kept(job: J) -> J:
    """The job, stored."""
    with account_scope(job.account_id):
        job.save(force_insert=True)
    return job


def claim(job: Job, *, now: datetime | None = None) -> uuid.UUID | None:
    """Try to claim the job, as its service does; the token, or None."""
    with account_scope(job.account_id):
        token: uuid.UUID | None = type(job).objects.claim(job.pk, now=now or timezone.now())
    return token


def release(job: Job, token: uuid.UUID, **changes: Any) -> None:
    """Give the claim back, as the job's service does."""
    with account_scope(job.account_id):
        job.release(token, **changes)


def is_held_back(job: Job) -> bool:
    """Whether the job's row says that it is held back."""
    with account_scope(job.account_id):
        job.refresh_from_db()
    return job.held_back_at is not None


def waiting_for_turns() -> int:
    """How many sessions wait for the turns of an account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return int(cursor.fetchone()[0])
