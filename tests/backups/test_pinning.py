"""Pins: what is pinned stays, who pins and unpins what, and what happens beside a purge."""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.pinning import (
    GRACE,
    AlreadyPinned,
    BeingDeleted,
    NothingToPin,
    PinRefused,
    pin_backup,
    unpin_backup,
)
from backups.retention import PurgeReport, purge_due_backups
from recipients.models import Group
from recipients.revision import lock_group
from recipients.storage import place
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.factories import make_account, make_group, make_recipient, make_user

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    """The present time: a purge takes no other."""
    return timezone.now()


@pytest.fixture
def group(db: None, storage: Path) -> Group:
    group = make_group(make_account())
    make_recipient(group, "änne@example.org")
    return group


@pytest.fixture
def anna(db: None) -> User:
    return make_user("anna@example.org")


def pin(backup: Backup, actor: User, now: datetime, reason: str = "Prüfung 2026") -> Backup:
    return pin_backup(account_id=backup.account_id, backup_id=backup.pk, reason=reason, actor=actor, now=now)


def unpin(backup: Backup, actor: User, now: datetime) -> Backup:
    return unpin_backup(account_id=backup.account_id, backup_id=backup.pk, actor=actor, now=now)


def stored(backup: Backup) -> Backup:
    with account_scope(backup.account_id):
        found: Backup = Backup.objects.select_related("pinned_by").get(pk=backup.pk)
    return found


def test_pin_keeps_who_when_and_why(group: Group, anna: User, now: datetime) -> None:
    backup = make_backup(group)
    pin(backup, anna, now)
    found = stored(backup)
    assert (found.pinned_at, found.pinned_by, found.pin_reason) == (now, anna, "Prüfung 2026")


def test_pinned_backup_is_not_purged_however_old(group: Group, anna: User, tmp_path: Path, now: datetime) -> None:
    backup = take_backup_of(group, tmp_path, requested_at=now - 400 * DAY)
    pin(backup, anna, now)
    assert purge_due_backups(now=now) == PurgeReport()
    assert (stored(backup).status, place("backups").exists(backup.file_key)) == ("complete", True)


def test_pinned_backup_with_contradictory_times_is_no_contradiction(group: Group, anna: User, now: datetime) -> None:
    pin(make_backup(group, completed_at=now + DAY, expires_at=now - DAY), anna, now)
    assert purge_due_backups(now=now) == PurgeReport()


def test_file_that_a_pinned_backup_shares_stays(group: Group, anna: User, tmp_path: Path, now: datetime) -> None:
    old = take_backup_of(group, tmp_path, requested_at=now - 40 * DAY)
    pinned = make_backup(group, requested_at=now - 39 * DAY, file_key=old.file_key)
    pin(pinned, anna, now)
    assert purge_due_backups(now=now) == PurgeReport(purged=1)
    assert place("backups").exists(pinned.file_key)


def test_unpinned_backup_whose_time_is_over_stays_seven_days(
    group: Group, anna: User, tmp_path: Path, now: datetime
) -> None:
    backup = take_backup_of(group, tmp_path, requested_at=now - 40 * DAY)
    pin(backup, anna, now)
    assert unpin(backup, anna, now).expires_at == now + GRACE
    assert (GRACE, purge_due_backups(now=now)) == (7 * DAY, PurgeReport())
    found = stored(backup)
    assert (found.pinned_at, found.pinned_by, found.pin_reason) == (None, None, "")


def test_unpinned_backup_goes_when_the_days_of_grace_are_over(
    group: Group, anna: User, tmp_path: Path, now: datetime
) -> None:
    backup = take_backup_of(group, tmp_path, requested_at=now - 40 * DAY)
    pin(backup, anna, now - 8 * DAY)
    unpin(backup, anna, now - 7 * DAY)
    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)


def test_unpinned_backup_with_more_time_left_keeps_its_time(group: Group, anna: User, now: datetime) -> None:
    backup = make_backup(group, requested_at=now - DAY)
    pin(backup, anna, now)
    assert unpin(backup, anna, now).expires_at == backup.expires_at


def test_unpinning_what_is_not_pinned_changes_nothing(group: Group, anna: User, now: datetime) -> None:
    backup = make_backup(group, requested_at=now - 31 * DAY)
    unpin(backup, anna, now)
    with account_scope(group.account_id):
        assert AuditEntry.objects.count() == 0
    assert stored(backup).expires_at == backup.expires_at


def test_pin_and_unpin_stand_in_the_audit_trail_without_the_reason(group: Group, anna: User, now: datetime) -> None:
    backup = make_backup(group, requested_at=now - DAY)
    pin(backup, anna, now)
    unpin(backup, anna, now)
    with account_scope(group.account_id):
        entries = list(AuditEntry.objects.order_by("id").values_list("action", "actor", "subject", "detail"))
    asked = {"asked_for_at": backup.requested_at.isoformat()}
    assert entries == [
        (action, anna.pk, "Kunden 2026", asked) for action in (AuditAction.BACKUP_PINNED, AuditAction.BACKUP_UNPINNED)
    ]


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"status": Backup.Status.PURGING}, BeingDeleted),
        ({"status": Backup.Status.PENDING}, NothingToPin),
        ({"status": Backup.Status.FAILED}, NothingToPin),
        ({"pinned_at": timezone.now(), "pin_reason": "vorher"}, AlreadyPinned),
    ],
)
def test_what_cannot_be_pinned_is_refused_and_stays_as_it_is(
    group: Group, anna: User, now: datetime, fields: dict[str, Any], refused: type[PinRefused]
) -> None:
    backup = make_backup(group, **fields)
    with pytest.raises(refused):
        pin(backup, anna, now)
    assert stored(backup).pin_reason == fields.get("pin_reason", "")


def test_backup_that_is_gone_cannot_be_pinned(group: Group, anna: User, now: datetime) -> None:
    backup = make_backup(group)
    with account_scope(group.account_id):
        Backup.objects.all().delete()
    with pytest.raises(Backup.DoesNotExist):
        pin(backup, anna, now)


def test_backup_pinned_while_a_purge_waits_for_the_list_stays(
    committed_db: None, storage: Path, tmp_path: Path, now: datetime
) -> None:
    group, anna = make_group(make_account()), make_user("anna@example.org")
    backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    reports: list[PurgeReport] = []
    purge = threading.Thread(target=purge_and_close, args=(now, reports))
    with account_scope(group.account_id):
        lock_group(account_id=group.account_id, group_id=group.pk)
        purge.start()
        wait_until_somebody_waits()
        Backup.objects.filter(pk=backup.pk).update(pinned_at=now, pinned_by=anna, pin_reason="eben noch")
    purge.join()
    assert reports == [PurgeReport()]
    assert (stored(backup).status, place("backups").exists(backup.file_key)) == ("complete", True)


def purge_and_close(now: datetime, reports: list[PurgeReport]) -> None:
    """Purge in a thread, with a connection of its own."""
    try:
        reports.append(purge_due_backups(now=now))
    finally:
        connection.close()


def wait_until_somebody_waits() -> None:
    """Until a session of the database waits for a lock."""
    waiting = 0
    while not waiting:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            waiting = cursor.fetchone()[0]
