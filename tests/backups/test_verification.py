"""Verification: one read for all who share a file, nothing said by a storage that is silent, and who waits for it.

What it finds in files that something has befallen: test_damaged_backups.py.
"""

from collections import Counter
from datetime import datetime, timedelta
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.verification import (
    LEASE,
    REST,
    NotComplete,
    Outcome,
    contents_of,
    finding,
    request_verification,
    verify_backup,
    verify_if_requested,
    verify_requested,
)
from config.embedded.s3_server import free_port
from config.storage_url import storage_from_url
from recipients.models import Group
from recipients.storage import DurableFileSystemStorage
from tests.backups.catalogue import make_backup, take_backup_of
from tests.backups.damage import remove_file, replace, stored_bytes
from tests.factories import make_account, make_group, make_member, make_recipient
from tests.faults.storages import storage_of
from tests.messages import messages

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class CountingStorage(DurableFileSystemStorage):
    """A local folder that counts how often a file is asked for."""

    asked: ClassVar[Counter[str]] = Counter()

    def path(self, name: str) -> str:
        self.asked[name] += 1
        return super().path(name)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def group(storage: Path) -> Group:
    group = make_group(make_account())
    make_recipient(group, "anna@example.org")
    return group


@pytest.fixture
def editor(group: Group) -> User:
    return make_member(group.account)


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def another_of(backup: Backup, **fields: Any) -> Backup:
    """A backup that points at the same file."""
    kept = ("file_key", "sha256", "size", "revision", "recipient_count", "active_count")
    return make_backup(backup.group, **{name: getattr(backup, name) for name in kept}, **fields)


def reload(backup: Backup) -> Backup:
    with account_scope(backup.account_id):
        return Backup.objects.get(pk=backup.pk)


def ask(backup: Backup, person: User, now: datetime) -> None:
    with account_scope(backup.account_id):
        request_verification(backup=backup, actor_id=person.pk, now=now)


def told(backup: Backup) -> list[tuple[str, int | None, str]]:
    with account_scope(backup.account_id):
        entries = AuditEntry.objects.filter(action__in=[AuditAction.BACKUP_VERIFIED, AuditAction.BACKUP_DAMAGED])
        return [(entry.action, entry.actor_id, entry.detail["result"]) for entry in entries.order_by("pk")]


def nobody() -> Any:
    """Settings with an S3 server that nobody runs."""
    storage = storage_from_url(f"s3://a:b@127.0.0.1:{free_port()}/listkeep?tls=0", folder="backups")
    return override_settings(STORAGES=settings.STORAGES | {"backups": storage})


# --- one file ----------------------------------------------------------------------------------------------------


def test_file_that_backups_share_is_read_once_for_all_of_them(backup: Backup, now: datetime) -> None:
    other = another_of(backup)
    CountingStorage.asked.clear()
    with storage_of("backups", CountingStorage):
        assert verify_backup(backup=backup, now=now) is Outcome.INTACT
    assert CountingStorage.asked == {backup.file_key: 1}
    assert [reload(one).verified_at for one in (backup, other)] == [now, now]


def test_damage_of_a_shared_file_stands_in_the_row_of_each(backup: Backup, now: datetime) -> None:
    other = another_of(backup)
    remove_file(backup, other)
    verify_backup(backup=backup, now=now)
    assert [reload(one).damage for one in (backup, other)] == ["missing", "missing"]
    assert told(backup) == [(AuditAction.BACKUP_DAMAGED, None, "missing")] * 2


def test_damage_is_told_once(backup: Backup, now: datetime) -> None:
    remove_file(backup, backup)
    verify_backup(backup=backup, now=now)
    verify_backup(backup=backup, now=now + MINUTE)
    assert (reload(backup).verified_at, len(told(backup))) == (now + MINUTE, 1)


@pytest.mark.parametrize("column", ["recipient_count", "revision"])
def test_file_with_other_counts_than_the_catalogue_is_damaged(backup: Backup, column: str, now: datetime) -> None:
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(**{column: 4711})
    assert verify_backup(backup=reload(backup), now=now) is Outcome.DIFFERS


def test_backup_without_a_file_cannot_be_verified(group: Group, now: datetime) -> None:
    with pytest.raises(NotComplete):
        verify_backup(backup=make_backup(group, status=Backup.Status.PENDING), now=now)


def test_backup_that_is_being_purged_is_left_alone(backup: Backup, now: datetime) -> None:
    going = another_of(backup, status=Backup.Status.PURGING)
    remove_file(backup, going)
    verify_backup(backup=backup, now=now)
    assert (reload(going).damage, reload(going).verified_at) == ("", None)


def test_older_finding_does_not_overwrite_a_newer_one(backup: Backup, now: datetime) -> None:
    verify_backup(backup=backup, now=now)
    remove_file(backup, backup)
    verify_backup(backup=backup, now=now - MINUTE)
    assert (reload(backup).damage, reload(backup).verified_at) == ("", now)


def test_finding_overwrites_one_that_a_wrong_clock_dated_next_year(backup: Backup, now: datetime) -> None:
    verify_backup(backup=backup, now=now + timedelta(days=365))
    remove_file(backup, backup)
    verify_backup(backup=backup, now=now)
    assert (reload(backup).damage, reload(backup).verified_at) == ("missing", now)


# --- a storage that does not answer --------------------------------------------------------------------------------


def test_server_that_does_not_answer_changes_nothing(backup: Backup, now: datetime) -> None:
    with nobody():
        assert verify_backup(backup=backup, now=now) is Outcome.UNAVAILABLE
    assert (reload(backup).damage, reload(backup).verified_at, told(backup)) == ("", None, [])


def test_place_that_is_gone_as_a_whole_changes_nothing(backup: Backup, storage: Path, now: datetime) -> None:
    """As when a disk is not mounted."""
    (storage / "backups").rename(storage / "elsewhere")
    assert verify_backup(backup=backup, now=now) is Outcome.UNAVAILABLE
    assert (reload(backup).damage, reload(backup).verified_at) == ("", None)


def test_bucket_that_is_gone_changes_nothing(backup: Backup, s3_url: str, now: datetime) -> None:
    storage = storage_from_url(s3_url.replace("/listkeep?", "/no-such-bucket?"), folder="backups")
    with override_settings(STORAGES=settings.STORAGES | {"backups": storage}):
        assert verify_backup(backup=backup, now=now) is Outcome.UNAVAILABLE
    assert reload(backup).damage == ""


def test_known_damage_stays_when_storage_does_not_answer(backup: Backup, now: datetime) -> None:
    remove_file(backup, backup)
    verify_backup(backup=backup, now=now)
    with nobody():
        verify_backup(backup=backup, now=now + MINUTE)
    assert (reload(backup).damage, reload(backup).verified_at) == ("missing", now)


# --- on request --------------------------------------------------------------------------------------------------


def test_person_who_asks_is_answered_in_the_row_and_in_the_audit_trail(
    backup: Backup, editor: User, now: datetime
) -> None:
    ask(backup, editor, now)
    assert reload(backup).verification_requested_at == now
    assert verify_requested(budget=MINUTE) == {Outcome.INTACT: 1}
    row = reload(backup)
    assert (row.verification_requested_at, row.verification_requested_by_id, row.claimed_until) == (None, None, None)
    assert row.verified_at is not None
    assert told(backup) == [(AuditAction.BACKUP_VERIFIED, editor.pk, "intact")]


def test_worker_is_sent_to_what_a_person_asked_for_once(
    backup: Backup, editor: User, now: datetime, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask(backup, editor, now)
        ask(backup, editor, now + MINUTE)
    assert messages() == {"maintenance": [str(backup.pk)]}
    assert reload(backup).verification_requested_at == now


def test_backup_that_is_not_complete_cannot_be_asked_for(group: Group, editor: User, now: datetime) -> None:
    with pytest.raises(NotComplete):
        ask(make_backup(group, status=Backup.Status.FAILED), editor, now)


def test_verification_that_nobody_asked_for_is_not_made(backup: Backup, now: datetime) -> None:
    assert verify_if_requested(account_id=backup.account_id, backup_id=backup.pk, now=now) is None
    assert reload(backup).verified_at is None


def test_verification_that_a_process_is_at_is_left_to_it_until_it_must_have_died(
    backup: Backup, editor: User, now: datetime
) -> None:
    ask(backup, editor, now)
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(claimed_until=now + LEASE)
    assert verify_if_requested(account_id=backup.account_id, backup_id=backup.pk, now=now) is None
    later = now + LEASE
    assert verify_if_requested(account_id=backup.account_id, backup_id=backup.pk, now=later) is Outcome.INTACT


def test_request_waits_for_a_storage_that_does_not_answer(backup: Backup, editor: User, now: datetime) -> None:
    ask(backup, editor, now)
    with nobody():
        assert verify_requested(budget=MINUTE) == {Outcome.UNAVAILABLE: 1}
    row = reload(backup)
    assert (row.verification_requested_at, row.verified_at, row.claimed_until) == (now, None, None)
    assert row.retry_at is not None
    assert verify_requested(budget=MINUTE) == {}
    rested = row.retry_at
    assert now < rested <= timezone.now() + REST
    assert verify_if_requested(account_id=backup.account_id, backup_id=backup.pk, now=rested) is Outcome.INTACT


def test_what_a_person_asked_for_goes_before_the_sample(
    backup: Backup, group: Group, editor: User, tmp_path: Path, now: datetime
) -> None:
    other = take_backup_of(group, tmp_path, requested_at=now - MINUTE)
    with account_scope(group.account_id):
        Backup.objects.filter(pk=other.pk).update(verification_requested_at=now - MINUTE)
    ask(backup, editor, now)
    assert verify_requested(budget=timedelta(0)) == {Outcome.INTACT: 1}
    assert (reload(backup).verified_at is None, reload(other).verified_at) == (False, None)


def test_file_that_cannot_be_read_holds_up_no_other(
    backup: Backup, group: Group, tmp_path: Path, now: datetime
) -> None:
    path = Path(stored_path(backup))
    content = stored_bytes(backup)
    path.unlink()
    path.symlink_to("/proc/self/mem")  # its first byte cannot be read, as on a disk with a bad sector
    other = take_backup_of(group, tmp_path, requested_at=now + MINUTE)
    with account_scope(group.account_id):
        Backup.objects.update(verification_requested_at=now)
        Backup.objects.filter(pk=backup.pk).update(retry_at=now - MINUTE)
    assert verify_requested(budget=MINUTE) == {Outcome.INTACT: 1, Outcome.UNAVAILABLE: 1}
    assert (reload(backup).damage, reload(other).verified_at is None) == ("", False)
    path.unlink()
    replace(backup, content)


def stored_path(backup: Backup) -> str:
    return str(Path(settings.STORAGES["backups"]["OPTIONS"]["location"]) / backup.file_key)


def test_file_with_any_byte_changed_is_another_one_and_never_an_error(backup: Backup) -> None:
    """Wherever the damage is: in the values, in the description at the end, in the lengths by which they are found."""
    content = stored_bytes(backup)
    for place in range(0, len(content), 3):
        changed = bytearray(content)
        changed[place] ^= 0b10000
        found = contents_of(BufferedReader(BytesIO(changed)))
        assert finding(backup, found) is Outcome.DIFFERS


@pytest.mark.parametrize("length", [0, 1, 4, 100])
def test_file_that_is_nearly_empty_is_another_one(backup: Backup, length: int) -> None:
    found = contents_of(BufferedReader(BytesIO(stored_bytes(backup)[:length])))
    assert finding(backup, found) is Outcome.DIFFERS
