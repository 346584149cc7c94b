"""Retention: what goes when its time is over, what stays, and what happens when storage or a process fails."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.retention import PurgeReport, due_backups, finish_purges, purge_due_backups
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.factories import make_account, make_group, make_recipient

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    """The present time: a purge takes no other."""
    return timezone.now()


@pytest.fixture
def group(db: None, storage: Path) -> Group:
    """A list with three recipients."""
    group = make_group(make_account())
    for email in ("änne@example.org", "bert@example.org", "carla@example.org"):
        make_recipient(group, email)
    return group


def catalogue(account: Account) -> list[tuple[Any, str]]:
    """The account's backups and their states, by the time they were asked for."""
    with account_scope(account.pk):
        return list(Backup.objects.order_by("requested_at").values_list("pk", "status"))


def stands(backup: Backup) -> bool:
    """Whether the backup's file is in storage."""
    return place("backups").exists(backup.file_key)


# --- what goes and what stays ----------------------------------------------------------------------------------------


def test_backup_whose_time_is_over_goes_with_its_file(group: Group, tmp_path: Path, now: datetime) -> None:
    old = take_backup_of(group, tmp_path, requested_at=now - 30 * DAY - MINUTE)

    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)

    assert catalogue(group.account) == []
    assert not stands(old)


def test_backup_stays_until_the_last_minute_of_its_time(group: Group, tmp_path: Path, now: datetime) -> None:
    kept = take_backup_of(group, tmp_path, requested_at=now - 30 * DAY + MINUTE)

    assert purge_due_backups(now=now) == PurgeReport()

    assert catalogue(group.account) == [(kept.pk, "complete")]
    assert stands(kept)


def test_purge_is_told_in_the_audit_trail(group: Group, tmp_path: Path, now: datetime) -> None:
    asked = now - 31 * DAY
    take_backup_of(group, tmp_path, requested_at=asked)

    purge_due_backups(now=now)

    with account_scope(group.account_id):
        entry = AuditEntry.objects.get(action=AuditAction.BACKUP_PURGED)
    assert (entry.actor, entry.subject, entry.at) == (None, "Kunden 2026", now)
    assert entry.detail == {"asked_for_at": asked.isoformat(), "recipients": 3}


def test_due_backups_of_every_account_go(group: Group, tmp_path: Path, now: datetime) -> None:
    other = make_group(make_account("Andere AG"))
    take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    take_backup_of(other, tmp_path, requested_at=now - 32 * DAY)

    assert purge_due_backups(now=now) == PurgeReport(purged=2, files_deleted=2)

    assert (catalogue(group.account), catalogue(other.account)) == ([], [])


def test_failed_backup_goes_after_the_days_of_its_account(group: Group, now: datetime) -> None:
    longer = make_group(make_account("Andere AG", retention_days=60))
    make_backup(group, requested_at=now - 30 * DAY - MINUTE, status=Backup.Status.FAILED)
    young = make_backup(group, requested_at=now - 30 * DAY + MINUTE, status=Backup.Status.FAILED)
    kept = make_backup(longer, requested_at=now - 31 * DAY, status=Backup.Status.FAILED)

    assert purge_due_backups(now=now) == PurgeReport(purged=1)

    assert catalogue(group.account) == [(young.pk, "failed")]
    assert catalogue(longer.account) == [(kept.pk, "failed")]


def test_pending_backup_is_never_purged(group: Group, now: datetime) -> None:
    pending = make_backup(group, requested_at=now - 400 * DAY, status=Backup.Status.PENDING)

    assert purge_due_backups(now=now) == PurgeReport()

    assert catalogue(group.account) == [(pending.pk, "pending")]


def test_deleted_list_stays_as_a_row_when_its_last_backup_goes(group: Group, tmp_path: Path, now: datetime) -> None:
    take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    with account_scope(group.account_id):
        Group.objects.update(deleted_at=now - 31 * DAY)

    purge_due_backups(now=now)

    with account_scope(group.account_id):
        assert list(Group.objects.values_list("name", flat=True)) == ["Kunden 2026"]


def test_longest_due_backup_is_the_first(group: Group, now: datetime) -> None:
    later = make_backup(group, requested_at=now - 31 * DAY)
    failed = make_backup(group, requested_at=now - 32 * DAY, status=Backup.Status.FAILED)
    first = make_backup(group, requested_at=now - 33 * DAY)

    with account_scope(group.account_id):
        assert [backup.pk for backup in due_backups(now)] == [first.pk, failed.pk, later.pk]


# --- files that backups share ----------------------------------------------------------------------------------------


def test_file_stays_while_a_younger_backup_refers_to_it(group: Group, tmp_path: Path, now: datetime) -> None:
    old = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    young = make_backup(group, requested_at=now - DAY, file_key=old.file_key, sha256=old.sha256, size=old.size)

    assert purge_due_backups(now=now) == PurgeReport(purged=1)

    assert catalogue(group.account) == [(young.pk, "complete")]
    assert stands(young)


def test_file_goes_with_the_last_of_the_backups_that_share_it(group: Group, tmp_path: Path, now: datetime) -> None:
    first = take_backup_of(group, tmp_path, requested_at=now - 33 * DAY)
    make_backup(group, requested_at=now - 32 * DAY, file_key=first.file_key)
    make_backup(group, requested_at=now - 31 * DAY, file_key=first.file_key)

    assert purge_due_backups(now=now) == PurgeReport(purged=3, files_deleted=1)

    assert catalogue(group.account) == []
    assert not stands(first)


def test_file_stays_while_another_accounts_due_backup_goes(group: Group, tmp_path: Path, now: datetime) -> None:
    kept = take_backup_of(group, tmp_path, requested_at=now - DAY)
    stranger = make_group(make_account("Andere AG"))
    take_backup_of(stranger, tmp_path, requested_at=now - 31 * DAY)

    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)

    assert stands(kept)


# --- storage that fails ----------------------------------------------------------------------------------------------


@pytest.fixture
def blocked(group: Group, tmp_path: Path, now: datetime) -> Backup:
    """A due backup whose file storage cannot delete, because a folder with something in it stands in its place."""
    backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    path = Path(place("backups").path(backup.file_key))
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    return backup


def unblock(backup: Backup) -> None:
    path = Path(place("backups").path(backup.file_key))
    (path / "in the way").rmdir()
    path.rmdir()
    path.write_bytes(b"back again")


def test_storage_that_fails_leaves_the_backup_hidden_and_the_others_go(
    blocked: Backup, group: Group, tmp_path: Path, now: datetime
) -> None:
    take_backup_of(group, tmp_path, requested_at=now - 32 * DAY)
    take_backup_of(group, tmp_path, requested_at=now - 30 * DAY - MINUTE)

    assert purge_due_backups(now=now) == PurgeReport(purged=2, files_deleted=2, unfinished=1)

    assert catalogue(group.account) == [(blocked.pk, "purging")]


def test_backup_that_storage_refused_goes_at_the_next_run(blocked: Backup, group: Group, now: datetime) -> None:
    purge_due_backups(now=now)
    unblock(blocked)

    assert purge_due_backups(now=now + MINUTE) == PurgeReport(purged=1, files_deleted=1)

    assert catalogue(group.account) == []
    assert not stands(blocked)


def test_sweep_lets_a_refused_backup_rest_longer_each_time(blocked: Backup, group: Group, now: datetime) -> None:
    purge_due_backups(now=now)
    assert finish_purges(now=now + MINUTE - timedelta(seconds=1)) == PurgeReport()
    assert finish_purges(now=now + MINUTE) == PurgeReport(unfinished=1)
    assert finish_purges(now=now + 3 * MINUTE - timedelta(seconds=1)) == PurgeReport()
    unblock(blocked)
    assert finish_purges(now=now + 3 * MINUTE) == PurgeReport(purged=1, files_deleted=1)


def test_missing_file_does_not_keep_a_backup_from_going(group: Group, tmp_path: Path, now: datetime) -> None:
    backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    Path(place("backups").path(backup.file_key)).unlink()

    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)

    assert catalogue(group.account) == []


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_nothing_goes_while_the_clock_is_ahead_of_the_databases(group: Group, tmp_path: Path, now: datetime) -> None:
    kept = take_backup_of(group, tmp_path, requested_at=now)

    report = purge_due_backups(now=now + 365 * DAY)

    assert (report.purged, report.unfinished) == (0, 0)
    assert report.refusal.endswith(" ahead of the database's clock.")
    assert catalogue(group.account) == [(kept.pk, "complete")]
    assert stands(kept)


def test_backup_dated_in_the_future_stays(group: Group, tmp_path: Path, now: datetime) -> None:
    kept = take_backup_of(group, tmp_path, completed_at=now + DAY, expires_at=now - MINUTE)

    assert purge_due_backups(now=now) == PurgeReport(contradictory=1)

    assert catalogue(group.account) == [(kept.pk, "complete")]
    assert stands(kept)


def test_backup_completed_by_a_clock_that_ran_behind_is_kept_its_time_from_its_request(
    group: Group, tmp_path: Path, now: datetime
) -> None:
    wrong = now - 1000 * DAY
    fields = {"completed_at": wrong, "expires_at": wrong + 30 * DAY}
    kept = take_backup_of(group, tmp_path, requested_at=now - 30 * DAY + MINUTE, **fields)
    take_backup_of(group, tmp_path, requested_at=now - 30 * DAY - MINUTE, **fields)

    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1, contradictory=1)

    assert catalogue(group.account) == [(kept.pk, "complete")]


# --- interruptions and company ----------------------------------------------------------------------------------------


def test_purge_that_crashed_after_hiding_is_continued(group: Group, tmp_path: Path, now: datetime) -> None:
    hidden = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY, status=Backup.Status.PURGING)

    assert finish_purges(now=now) == PurgeReport(purged=1, files_deleted=1)

    assert catalogue(group.account) == []
    assert not stands(hidden)


def test_purge_that_crashed_after_deleting_the_file_is_continued(group: Group, tmp_path: Path, now: datetime) -> None:
    hidden = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY, status=Backup.Status.PURGING)
    Path(place("backups").path(hidden.file_key)).unlink()

    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)

    assert catalogue(group.account) == []


def test_continued_purge_keeps_a_file_that_another_backup_refers_to(
    group: Group, tmp_path: Path, now: datetime
) -> None:
    hidden = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY, status=Backup.Status.PURGING)
    kept = make_backup(group, requested_at=now - DAY, file_key=hidden.file_key)

    assert finish_purges(now=now) == PurgeReport(purged=1)

    assert catalogue(group.account) == [(kept.pk, "complete")]
    assert stands(kept)


def test_finishing_begins_no_purge(group: Group, tmp_path: Path, now: datetime) -> None:
    due = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)

    assert finish_purges(now=now) == PurgeReport()

    assert catalogue(group.account) == [(due.pk, "complete")]
