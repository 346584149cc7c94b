"""Retention beside other work, with real commits: a backup that is pointed at the same file, and a second purge."""

import threading
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.retention import PurgeReport, purge_due_backups
from recipients.models import Group
from recipients.revision import lock_group
from recipients.storage import place
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.factories import make_account, make_group, make_recipient


class Purge(threading.Thread):
    """A purge in another connection."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now
        self.report = PurgeReport()

    def run(self) -> None:
        try:
            self.report = purge_due_backups(now=self.now)
        finally:
            connection.close()


def waits_for_a_lock() -> bool:
    """Whether any connection waits for another one's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def make_due(tmp_path: Path) -> tuple[Group, Backup]:
    group = make_group(make_account())
    make_recipient(group)
    return group, take_backup_of(group, tmp_path, requested_at=timezone.now() - 31 * DAY)


def test_file_that_a_backup_is_just_being_pointed_at_stays(committed_db: None, storage: Path, tmp_path: Path) -> None:
    group, due = make_due(tmp_path)
    purge = Purge(timezone.now())
    with account_scope(group.account_id):
        lock_group(account_id=group.account_id, group_id=group.pk)
        purge.start()
        while not waits_for_a_lock():
            purge.join(0.02)
            assert purge.is_alive(), "the purge did not wait for the list's lock"
        reusing = make_backup(group, file_key=due.file_key, sha256=due.sha256, size=due.size)
    purge.join()

    assert purge.report == PurgeReport(purged=1)
    assert place("backups").exists(due.file_key)
    with account_scope(group.account_id):
        assert [backup.pk for backup in Backup.objects.all()] == [reusing.pk]


def test_two_purges_at_once_delete_each_backup_once(committed_db: None, storage: Path, tmp_path: Path) -> None:
    group, _due = make_due(tmp_path)
    for days in range(32, 40):
        take_backup_of(group, tmp_path, requested_at=timezone.now() - days * DAY)
    now = timezone.now()
    purges = [Purge(now), Purge(now)]
    for purge in purges:
        purge.start()
    for purge in purges:
        purge.join()

    assert sum(purge.report.purged for purge in purges) == 9
    with account_scope(group.account_id):
        assert list(Backup.objects.all()) == []
