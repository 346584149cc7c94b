"""`manage.py purge_backups`."""

from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.factories import make_account, make_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def group(storage: Path) -> Group:
    return make_group(make_account())


def run(*arguments: str) -> list[str]:
    """What the command says, by lines."""
    said = StringIO()
    call_command("purge_backups", *arguments, stdout=said)
    return said.getvalue().splitlines()


def left(group: Group) -> int:
    with account_scope(group.account_id):
        return Backup.objects.count()


def test_purge_deletes_what_is_due_and_says_how_much(group: Group, tmp_path: Path, now: datetime) -> None:
    old = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    make_backup(group, requested_at=now - 32 * DAY, status=Backup.Status.FAILED)
    make_backup(group, requested_at=now)
    assert run() == ["Backups deleted: 2. Files deleted: 1."]
    assert (left(group), place("backups").exists(old.file_key)) == (1, False)


def test_dry_run_says_why_each_goes_and_deletes_nothing(group: Group, tmp_path: Path, now: datetime) -> None:
    alone, shared, failed = (now - days * DAY for days in (33, 32, 31))
    first = take_backup_of(group, tmp_path, requested_at=alone)
    second = take_backup_of(group, tmp_path, requested_at=shared)
    third = make_backup(group, requested_at=failed, status=Backup.Status.FAILED)
    make_backup(group, requested_at=now, file_key=second.file_key)
    fourth = make_backup(group, completed_at=now + DAY, expires_at=now - DAY)
    make_backup(group, requested_at=now, status=Backup.Status.PURGING)
    name = "Blumen Berger / Kunden 2026"
    assert run("--dry-run") == [
        f"{name} / {absolute(alone)} ({first.pk}): kept until {absolute(alone + 30 * DAY)}; its file goes too",
        (
            f"{name} / {absolute(shared)} ({second.pk}): kept until {absolute(shared + 30 * DAY)};"
            " its file stays, another backup refers to it"
        ),
        (
            f"{name} / {absolute(failed)} ({third.pk}): failed, and kept for 30 days until"
            f" {absolute(failed + 30 * DAY)}; it has no file"
        ),
        f"{name} / {absolute(fourth.requested_at)} ({fourth.pk}): stays, because its times contradict each other",
        "Due: 3. Begun before and not finished: 1.",
    ]
    assert (left(group), place("backups").exists(first.file_key)) == (6, True)


def test_file_that_two_due_backups_share_goes_with_them(group: Group, tmp_path: Path, now: datetime) -> None:
    first = take_backup_of(group, tmp_path, requested_at=now - 33 * DAY)
    make_backup(group, requested_at=now - 32 * DAY, file_key=first.file_key)
    assert [line.rpartition("; ")[2] for line in run("--dry-run")[:2]] == ["its file goes too"] * 2


def test_purge_fails_when_storage_kept_a_file(group: Group, tmp_path: Path, now: datetime) -> None:
    backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    path = Path(place("backups").path(backup.file_key))
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(CommandError, match=r"did not delete: 1\. They are hidden and tried again\.$"):
        run()


def test_purge_fails_when_it_kept_a_contradictory_backup(group: Group, now: datetime) -> None:
    make_backup(group, completed_at=now + DAY, expires_at=now - DAY)
    with pytest.raises(CommandError, match=r"contradict each other: 1\.$"):
        run()
