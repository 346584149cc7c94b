"""The watch: what the people of an account should know of their backups before they need one. Changes nothing."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from django.core.files.storage import FileSystemStorage
from django.db.models import BigIntegerField, F, Q, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lead, RowNumber

from backups.models import Backup
from backups.queries import GroupWithBackups, backups_of
from imports.models import Import
from recipients.models import Deletion
from recipients.storage import place

LATE: Final = timedelta(hours=26)  # the purge runs every hour; so much may be an outage of a day
SHRUNK_FOR: Final = timedelta(days=7)  # so long a smaller backup is worth a question
SHRUNK_FROM = 100  # recipients; in a smaller list a half is soon gone
OF_KIND = ["group_id", "status"]  # a group's complete ones, and those that failed, each in their order
LEAST_FREE_SHARE, LEAST_FREE_BYTES = 0.1, 2**30  # of the disk that holds the backups


class Kind(StrEnum):
    """What there is to know."""

    DAMAGED = "damaged"
    FAILED = "failed"
    SHRUNK = "shrunk"
    STORAGE_FULL = "storage_full"
    PURGE_LATE = "purge_late"


@dataclass(frozen=True)
class About:
    """A group that an alert is about. `backup`: its newest, where the alert is about that one."""

    group_id: int
    name: str
    backup: Any = None
    before: int = 0  # recipients in the backup before it


@dataclass(frozen=True)
class Alert:
    """One thing to know, about all the groups that it holds for, by name."""

    kind: Kind
    about: tuple[About, ...] = ()
    number: int = 0  # of backups


def alerts_of(account_id: int, groups: Sequence[GroupWithBackups], *, now: datetime) -> list[Alert]:
    """What the account's people should know, the gravest first. Needs the account's scope and its groups."""
    found = []
    damaged = [one for one in groups if one.damaged]
    if damaged:
        about = tuple(About(one.pk, one.name) for one in damaged)
        found.append(Alert(Kind.DAMAGED, about, sum(one.damaged for one in damaged)))
    present = {one.pk: one for one in groups if not one.deleted}
    newest = [row for row in _newest_in_doubt(account_id, now) if row.group_id in present]
    newest.sort(key=lambda row: present[row.group_id].name.lower())
    failed = [row for row in newest if row.status == Backup.Status.FAILED and _is_newest(row, present[row.group_id])]
    if failed:
        about = tuple(About(row.group_id, present[row.group_id].name, row) for row in failed)
        found.append(Alert(Kind.FAILED, about, len(failed)))
    smaller = [row for row in newest if row.status == Backup.Status.COMPLETE]
    shrunk = _without_removed_on_purpose(account_id, smaller) if smaller else []
    if shrunk:
        about = tuple(About(row.group_id, present[row.group_id].name, row, row.previous_count) for row in shrunk)
        found.append(Alert(Kind.SHRUNK, about, len(shrunk)))
    if storage_is_nearly_full():
        found.append(Alert(Kind.STORAGE_FULL))
    if any(one.first_ends_at is not None and one.first_ends_at < now - LATE for one in groups):
        found.append(Alert(Kind.PURGE_LATE))
    return found


def _is_newest(failed: Any, group: GroupWithBackups) -> bool:
    """Whether no later backup of the group is complete."""
    return group.newest_complete_at is None or group.newest_complete_at < failed.requested_at


def _newest_in_doubt(account_id: int, now: datetime) -> list[Any]:
    """Of each group: the newest that failed, and the newest complete one if it is much smaller than the one before.

    A smaller one has `previous_count` and `previous_at`, of the complete backup before it. One pass over the account's
    backups, with few columns: there may be ten thousand.
    """
    newest_first = F("requested_at").desc()
    smaller = Q(
        status=Backup.Status.COMPLETE,
        requested_at__gte=now - SHRUNK_FOR,
        previous_count__gte=SHRUNK_FROM,
        recipient_count__lt=F("previous_count") / 2.0,
    )
    rows = (
        backups_of(account_id)
        .annotate(
            place=Window(RowNumber(), partition_by=OF_KIND, order_by=newest_first),
            previous_count=Window(Lead("recipient_count"), partition_by=OF_KIND, order_by=newest_first),
            previous_at=Window(Lead("requested_at"), partition_by=OF_KIND, order_by=newest_first),
        )
        .filter(Q(status=Backup.Status.FAILED) | smaller, place=1)
        .only("group_id", "status", "trigger", "failure", "requested_at", "completed_at", "recipient_count")
    )
    return list(rows)


def _without_removed_on_purpose(account_id: int, backups: list[Any]) -> list[Any]:
    """The backups that are still much smaller when what people removed in the browser meanwhile is taken off before."""
    of_group = {row.group_id: row for row in backups}
    removed = dict.fromkeys(of_group, 0)
    done = Q(
        account_id=account_id,
        group_id__in=list(of_group),
        status="done",  # of either
        finished_at__gte=min(row.previous_at for row in backups),
    )
    deletions = Deletion.objects.filter(done).exclude(kind=Deletion.Kind.FIELD)
    imports = Import.objects.filter(done, mode=Import.Mode.DELETE).annotate(
        removed=Cast(KeyTextTransform("removed", "report"), BigIntegerField())
    )
    numbers = deletions.values_list("group_id", "finished_at", "recipient_count").union(
        imports.values_list("group_id", "finished_at", "removed"), all=True
    )
    for group_id, finished_at, number in numbers:
        row = of_group[group_id]
        if row.previous_at <= finished_at <= row.completed_at:
            removed[group_id] += number or 0
    return [row for row in backups if _is_much_smaller(row.recipient_count, row.previous_count - removed[row.group_id])]


def _is_much_smaller(now: int, before: int) -> bool:
    return before >= SHRUNK_FROM and now * 2 < before


def storage_is_nearly_full() -> bool:
    """Whether the disk that holds the backups is nearly full; an S3 server does not say, and is never."""
    usage = disk_usage()
    return usage is not None and (usage[0] < LEAST_FREE_BYTES or usage[0] < LEAST_FREE_SHARE * usage[1])


def disk_usage() -> tuple[int, int] | None:
    """Bytes that are free and bytes that there are, on the disk that holds the backups; None for an S3 server."""
    storage = place("backups")
    if not isinstance(storage, FileSystemStorage):
        return None
    folder = Path(storage.location)
    while not folder.exists():  # before the first backup
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total
