"""The job of an erasure: the person is taken out of every file, and out of nothing else."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.downloads import open_verified
from backups.drill import rehearse
from backups.exports.making import make_file
from backups.exports.options import Options
from backups.models import Backup, Erasure
from backups.restoring import describe
from backups.suppressing import suppression_for
from backups.verification import Outcome, verify_backup
from recipients.masterdata.file import MasterDataFile
from recipients.models import Group, Recipient
from recipients.storage import local_copy, place, remove
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.backups.erasures import (
    PERSON,
    addresses_in,
    advance,
    again,
    content_of,
    erase,
    keys_in,
    told_in_database,
    told_in_files,
)
from tests.factories import (
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)

pytestmark = pytest.mark.django_db

OTHERS = ["anna@example.org", "zoe@example.org"]


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    """A list with the person between two others."""
    group = make_group(account)
    for email in [*OTHERS, PERSON]:
        make_recipient(group, email, tags=["rot"])
    return group


def test_person_is_in_no_backup_afterwards_and_the_others_are(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    make_field(account, "Ort")
    make_contact(account, PERSON, {"ort": "Ulm"})
    with account_scope(account.pk):
        make_activity(Recipient.objects.get(email=PERSON))
    backup = take_backup_of(group, tmp_path)
    erasure = advance(erase(account, owner))
    assert erasure.status == Erasure.Status.DONE
    assert (erasure.list_count, erasure.backup_count, erasure.report["unreadable"]) == (1, 1, 0)
    assert addresses_in(backup) == OTHERS
    assert (told_in_database(account, PERSON), told_in_files(PERSON)) == ([], [])
    now = again(backup)
    assert (now.recipient_count, now.active_count, now.revision) == (2, 2, backup.revision)
    with account_scope(account.pk):
        assert verify_backup(backup=now, now=timezone.now()) is Outcome.INTACT


def test_old_file_is_gone(account: Account, owner: User, group: Group, tmp_path: Path) -> None:
    backup = take_backup_of(group, tmp_path)
    advance(erase(account, owner))
    assert keys_in(place("backups")) == [again(backup).file_key]
    assert again(backup).file_key != backup.file_key


def test_backup_without_the_person_stays_as_it_is(account: Account, owner: User, group: Group, tmp_path: Path) -> None:
    other = make_group(account, "Presse")
    make_recipient(other, "presse@example.org")
    backup = take_backup_of(other, tmp_path)
    erasure = advance(erase(account, owner))
    assert (again(backup).file_key, again(backup).sha256) == (backup.file_key, backup.sha256)
    assert (erasure.status, erasure.backup_count) == (Erasure.Status.DONE, 0)


def test_backups_that_share_a_file_share_the_new_one_pinned_or_not(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    first = take_backup_of(group, tmp_path)
    same = {name: getattr(first, name) for name in ("file_key", "sha256", "size", "revision")}
    second = make_backup(group, pinned_at=timezone.now(), **same)
    erasure = advance(erase(account, owner))
    assert again(first).file_key == again(second).file_key != first.file_key
    assert erasure.backup_count == 2
    assert addresses_in(second) == OTHERS


def test_backup_made_after_the_person_came_again_keeps_them(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    before = take_backup_of(group, tmp_path)
    erasure = erase(account, owner)
    make_recipient(group, PERSON)
    after = take_backup_of(group, tmp_path, requested_at=timezone.now() + DAY)
    with account_scope(account.pk):
        assert [bool(suppression_for(again(one))) for one in (before, after)] == [True, False]
    advance(erasure)
    assert (addresses_in(before), PERSON in addresses_in(after)) == (OTHERS, True)


def test_person_is_left_out_at_once_and_until_the_file_is_rewritten(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    backup = take_backup_of(group, tmp_path)
    with account_scope(account.pk):
        assert not suppression_for(backup)
    erasure = erase(account, owner)
    with account_scope(account.pk):
        assert suppression_for(backup).among([*OTHERS, PERSON]) == {PERSON}
    advance(erasure)
    with account_scope(account.pk):
        assert not suppression_for(again(backup))


def test_damaged_file_is_counted_and_goes_on_being_suppressed(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    backup = take_backup_of(group, tmp_path)
    path = Path(place("backups").path(backup.file_key))
    path.write_bytes(path.read_bytes()[:-100] + b"x" * 100)
    erasure = advance(erase(account, owner))
    assert (erasure.status, erasure.report["unreadable"], erasure.email) == (Erasure.Status.DONE, 1, "")
    assert (again(backup).damage, again(backup).file_key) == (Backup.Damage.DIFFERS, backup.file_key)
    with account_scope(account.pk):
        assert suppression_for(again(backup)).has(PERSON)


def test_missing_file_is_counted(account: Account, owner: User, group: Group, tmp_path: Path) -> None:
    backup = take_backup_of(group, tmp_path)
    remove("backups", backup.file_key)
    erasure = advance(erase(account, owner))
    assert (erasure.report["unreadable"], again(backup).damage) == (1, Backup.Damage.MISSING)


def test_file_of_a_backup_that_is_being_purged_goes_at_once(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    backup = take_backup_of(group, tmp_path, status=Backup.Status.PURGING)
    assert advance(erase(account, owner)).status == Erasure.Status.DONE
    assert not place("backups").exists(backup.file_key)


def test_pattern_that_is_the_address_goes_from_files_and_tables(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    make_blocked(account, PERSON, group=group)
    other = make_group(account, "Nur gesperrt")
    make_blocked(account, PERSON, group=other)
    make_recipient(other, "presse@example.org")
    backups = [take_backup_of(one, tmp_path, requested_at=timezone.now()) for one in (group, other)]
    erasure = advance(erase(account, owner))
    assert (told_in_database(account, PERSON), told_in_files(PERSON)) == ([], [])
    assert erasure.backup_count == len(backups)


def test_address_that_stands_in_backups_alone_is_erased(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    backup = take_backup_of(group, tmp_path)
    first = advance(erase(account, owner))
    make_recipient(group, "neu@example.org")
    assert first.list_count == 1
    second = advance(erase(account, owner, "anna@example.org"))
    assert (second.list_count, addresses_in(backup)) == (1, ["zoe@example.org"])
    assert advance(erase(account, owner, "nie@example.org")).backup_count == 0


def test_backup_that_is_being_taken_is_waited_for(account: Account, owner: User, group: Group, tmp_path: Path) -> None:
    """Its snapshot is older than the erasure; its row turns complete afterwards."""
    taken = take_backup_of(group, tmp_path)
    being_taken = make_backup(group, status=Backup.Status.PENDING)
    with account_scope(account.pk):
        token = Backup.objects.claim(being_taken.pk, now=timezone.now())
        Backup.objects.filter(pk=taken.pk).delete()
    erasure = advance(erase(account, owner))
    assert (erasure.status, list(erasure.report["awaited"])) == (Erasure.Status.WAITING, [str(being_taken.pk)])
    with account_scope(account.pk):
        kept = ("file_key", "size", "sha256", "revision", "recipient_count", "active_count", "expires_at")
        changes = {name: getattr(taken, name) for name in kept}
        assert token is not None
        being_taken.release(token, status="complete", completed_at=timezone.now(), **changes)
        assert suppression_for(being_taken).has(PERSON)
    assert advance(erasure).status == Erasure.Status.DONE
    assert (addresses_in(being_taken), told_in_files(PERSON)) == (OTHERS, [])


def test_erasure_done_twice_at_once_takes_both_people_out(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    backup = take_backup_of(group, tmp_path)
    first, second = erase(account, owner), erase(account, owner, "zoe@example.org")
    advance(second)
    advance(first)
    assert addresses_in(backup) == ["anna@example.org"]


def test_audit_trail_tells_of_it_without_the_person(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    take_backup_of(group, tmp_path)
    advance(erase(account, owner))
    with account_scope(account.pk):
        entries = AuditEntry.objects.filter(
            action__in=[AuditAction.PERSON_ERASED, AuditAction.BACKUPS_REWRITTEN]
        ).order_by("pk")
        assert [(one.action, one.detail) for one in entries] == [
            (AuditAction.PERSON_ERASED, {"lists": 1}),
            (AuditAction.BACKUPS_REWRITTEN, {"backups": 1, "unreadable": 0}),
        ]


def test_download_and_drill_that_began_before_find_the_new_file(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    """Their row of the backup is older than the erasure."""
    download, drill = (take_backup_of(group, tmp_path) for _one in range(2))
    erasure = erase(account, owner)
    while advance(erasure).status == Erasure.Status.WAITING:
        pass
    with account_scope(account.pk), ExitStack() as opened, MasterDataFile.open(open_verified(download, opened)) as file:
        assert file.row_count == len(OTHERS)
    assert rehearse(backup=drill, now=timezone.now()) is None
    assert (again(download).damage, again(drill).damage) == ("", "")


def test_entry_of_the_block_list_that_is_the_address_leaves_with_no_copy_of_the_file(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    for pattern in (PERSON, "*@example.net"):
        make_blocked(account, pattern, group=group)
    backup = take_backup_of(group, tmp_path)
    erase(account, owner)
    with account_scope(account.pk):
        left_out = suppression_for(backup)
        assert describe(backup=backup).block_list == ("*@example.net",)
    copy = tmp_path / "copy.parquet"
    with local_copy("backups", backup.file_key) as path, path.open("rb") as file:
        make_file(
            file, copy, form="parquet", options=Options("de"), left_out=left_out, progress=lambda _done, _known: None
        )
    assert PERSON not in content_of(copy)


def test_file_that_is_whole_but_not_the_one_that_was_kept_is_not_written_anew(
    account: Account, owner: User, group: Group, tmp_path: Path
) -> None:
    """A new checksum would make it count as the backup."""
    backup = take_backup_of(group, tmp_path)
    make_recipient(group, "fremd@example.org")
    other = take_backup_of(group, tmp_path)
    Path(place("backups").path(backup.file_key)).write_bytes(Path(place("backups").path(other.file_key)).read_bytes())
    erasure = advance(erase(account, owner))
    assert (erasure.report["unreadable"], erasure.backup_count) == (1, 1)
    assert (again(backup).damage, again(backup).file_key) == (Backup.Damage.DIFFERS, backup.file_key)
