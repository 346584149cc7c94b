"""Restore drills: a backup is applied to a list that nobody sees, taken again, and compared with its file.

The list belongs to an account of its own, and both exist in one transaction that is rolled back: other sessions never
see a row of them, no row of a customer is touched or locked, and a process that is killed leaves what the database
takes away by itself. See docs/adr/0013.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import Account, AuditAction
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.comparing import count_differences
from backups.models import Backup, RestoreDrill
from backups.verification import Contents, Outcome, contents_of, finding, write_down
from recipients.masterdata.apply import apply
from recipients.masterdata.file import Description, FieldScope, MasterDataFile
from recipients.masterdata.options import Mode, Options
from recipients.masterdata.staging import stage
from recipients.masterdata.take import take
from recipients.models import Field, Group
from recipients.scratch import scratch_folder
from recipients.storage import FAILURES, local_copy

logger = logging.getLogger(__name__)

TRIGGER: Final = "restore_drill"  # in the file that is taken again; no backup has it
NEVER: Final = timedelta(days=365)  # a list that was never rehearsed counts as one that was so long ago
OPTIONS: Final = Options(mode=Mode.UPDATE_AND_ADD)


@dataclass(frozen=True)
class Comparison:
    """What came back of a file."""

    recipient_count: int
    difference_count: int  # recipients that did not come back as they were
    same_list: bool  # its name, note, settings and the meaning of its fields came back


class _Undone(Exception):
    """Leaves a transaction that must not last, with what was found in it."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self.comparison = comparison


def rehearse_restore(*, now: datetime) -> RestoreDrill | None:
    """Rehearse a backup that is drawn by lot among all accounts; None when there is none."""
    with across_accounts("a backup is drawn for a restore drill"):
        backup = draw_backup(now=now)
    return None if backup is None else rehearse(backup=backup, now=now)


def draw_backup(*, now: datetime) -> Backup | None:
    """A complete backup that is not known to be damaged, by lot, in the scope's accounts.

    A list's backups have a chance that grows with the days since one of them was rehearsed.
    """
    last = RestoreDrill.objects.filter(
        account_id=OuterRef("account_id"), backup__group_id=OuterRef("group_id")
    ).order_by("-started_at")
    candidates = (
        Backup.objects.filter(status=Backup.Status.COMPLETE, damage="")
        .annotate(rehearsed_at=Subquery(last.values("started_at")[:1]))
        .values_list("pk", "rehearsed_at")
    )
    drawn, best = None, 0.0
    for pk, rehearsed_at in candidates.iterator():
        since = NEVER if rehearsed_at is None else max(now - rehearsed_at, timedelta(0))
        # The largest of the weighted lots wins: one pass, without keeping the others.
        lot = random.random() ** (1 / (since / timedelta(days=1) + 0.01))  # noqa: S311  # nobody gains by guessing it
        if lot >= best:
            drawn, best = pk, lot
    return None if drawn is None else Backup.objects.get(pk=drawn)


def rehearse(*, backup: Backup, now: datetime) -> RestoreDrill | None:
    """Rehearse the restore of a complete backup, and write down how it went; None when it is purged meanwhile.

    Its file is verified first, as before every restore.
    """
    comparison, failure = None, ""
    try:
        with local_copy("backups", backup.file_key) as path, path.open("rb") as file:
            failure = _unfit(backup, contents_of(file), now)
            if not failure:
                comparison = came_back(file, now=now)
    except FileNotFoundError:
        failure = _unfit(backup, None, now)
    except FAILURES as error:
        logger.warning("the drill of backup %s was given up: %s", backup.pk, error)
        failure = "storage_unavailable"
    except Exception:
        logger.exception("backup %s could not be restored for a drill", backup.pk)
        failure = "internal"
    return _write_down(backup, comparison, failure, now)


def _unfit(backup: Backup, contents: Contents | None, now: datetime) -> str:
    """Why the file cannot be restored, as a code; empty when it can. What was found stands in the backup's row."""
    write_down(account_id=backup.account_id, file_key=backup.file_key, contents=contents, now=now)
    found = finding(backup, contents)
    return "" if found is Outcome.INTACT else f"file_{found.value}"


def came_back(file: BufferedReader, *, now: datetime) -> Comparison:
    """Apply a master-data file to a list that nobody sees, take that again, and compare the two. Leaves nothing.

    Memory stays the same however long the list is. Raises what the engine raises.
    """
    try:
        with scratch_folder() as folder, _nobodys_account(now) as account:
            raise _Undone(_compared(file, account, folder / "again.parquet", now))
    except _Undone as undone:
        return undone.comparison


@contextmanager
def _nobodys_account(now: datetime) -> Iterator[Account]:
    """An account without members, in whose scope the block runs. To be left with an exception, which undoes it."""
    with across_accounts("a restore is rehearsed in an account that is never committed"):
        account = Account.objects.create(name=TRIGGER, created_at=now)
        with account_scope(account.pk):
            yield account


def _compared(file: BufferedReader, account: Account, path: Path, now: datetime) -> Comparison:
    file.seek(0)
    with MasterDataFile.open(file) as kept:
        group = _list_as_described(account, kept.description, now)
        staged = stage(kept, progress=_untold)
        apply(group=group, staged=staged, options=OPTIONS, now=now)
        again = take(
            group=Group.objects.get(account_id=account.pk, pk=group.pk),
            path=path,
            trigger=TRIGGER,
            now=now,
            progress=_untold,
        )
        with MasterDataFile.open(path) as taken:
            return Comparison(
                recipient_count=max(kept.row_count, again.recipient_count),
                difference_count=count_differences(kept, taken),
                same_list=_meaning(kept.description) == _meaning(taken.description),
            )


def _list_as_described(account: Account, described: Description, now: datetime) -> Group:
    """A new list with the name, note, settings and fields that a file tells of."""
    known = Group().settings_for_backup().keys()
    group = Group.objects.create(
        account=account,
        name=described.group_name,
        note=described.group_note,
        created_at=now,
        changed_at=now,
        **{name: value for name, value in described.group_settings.items() if name in known},
    )
    Field.objects.bulk_create(
        Field(
            account=account,
            group=group if field.scope is FieldScope.LIST else None,
            key=field.key,
            label=field.label,
            type=field.type.value,
            position=place,
            created_at=now,
        )
        for place, field in enumerate(described.fields)
    )
    return group


def _meaning(described: Description) -> tuple[Any, ...]:
    """What must come back beside the recipients; fields in any order."""
    fields = sorted(described.fields, key=lambda field: field.key)
    return described.group_name, described.group_note, described.group_settings, fields


def _untold(_done: int, _known: int | None) -> None:
    """Nobody watches a drill."""


def _write_down(backup: Backup, comparison: Comparison | None, failure: str, now: datetime) -> RestoreDrill | None:
    result = RestoreDrill.Result.FAILED
    if comparison is not None:
        equal = comparison.difference_count == 0 and comparison.same_list
        result = RestoreDrill.Result.EQUAL if equal else RestoreDrill.Result.DIFFERENT
        failure = "" if comparison.same_list else "list_differs"
    if result is not RestoreDrill.Result.EQUAL:
        logger.error("the restore of backup %s was rehearsed: %s %s", backup.pk, result, failure)
    with account_scope(backup.account_id):
        there = Backup.objects.filter(
            account_id=backup.account_id, pk=backup.pk, status=Backup.Status.COMPLETE, file_key=backup.file_key
        )
        if not there.select_for_update(no_key=True, of=("self",)).exists():
            return None  # purged or written anew; and whatever failed, failed because of that
        drill = RestoreDrill.objects.create(
            account_id=backup.account_id,
            backup_id=backup.pk,
            group_name=backup.group_name,
            started_at=now,
            finished_at=timezone.now(),
            result=result,
            recipient_count=None if comparison is None else comparison.recipient_count,
            difference_count=None if comparison is None else comparison.difference_count,
            failure=failure,
        )
        record(
            account_id=backup.account_id,
            actor_id=None,
            action=AuditAction.RESTORE_DRILL,
            subject=backup.group_name,
            now=drill.finished_at,
            result=result.value,
            asked_for_at=backup.requested_at.isoformat(),
        )
    return drill
