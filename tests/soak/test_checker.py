"""The checker of the soak finds a planted violation of each promise, and nothing where all is well."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.on_demand import request_on_demand
from config.embedded import addresses
from imports.models import Import
from recipients.deletion import advance_deletion
from recipients.masterdata.options import FILE_MODES, Mode, Options
from tests import environment
from tests.faults.rows import NEW_FIELD, TARGETS, rows_in
from tests.faults.scenario import Scene, ask_for_deletion, make_scene, makes_field, reload
from tests.runs import advance, backups_of, confirm, take_pending
from tests.soak import journal
from tests.soak.book import Given, Removal
from tests.soak.checker import Checker, Violation
from tests.soak.stored import Folder

ADMIN = addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME)


@pytest.fixture
def checker(committed_db: None, storage: Path) -> Iterator[Checker]:
    journal.install(ADMIN)
    yield Checker(ADMIN, Folder(storage))
    journal.remove(ADMIN)


@pytest.fixture
def scene(checker: Checker) -> Scene:
    """A list with a backup that is ready for an import, which has only to be applied."""
    scene = make_scene(known=30, read=40, seed=5)
    checker.begin()
    expect(checker, scene)
    confirm(scene.run, scene.editor)
    advance(scene.run)
    take_pending(scene.group)
    return scene


def expect(checker: Checker, scene: Scene) -> None:
    """Say to the checker what the scene's import was given."""
    mapped = {*TARGETS, NEW_FIELD} if makes_field(scene.mode) else set(TARGETS)
    checker.given[scene.run.pk] = Given(rows=scene.file_rows, mapped=mapped, options=Options(mode=scene.mode))


def admin(statement: str, *parameters: object) -> None:
    """Do something past Listkeep, in a transaction of its own."""
    with psycopg.connect(ADMIN) as connection:
        for each in statement.split(";"):
            connection.execute(each, parameters if "%s" in each else None)


def all_found(checker: Checker) -> list[Violation]:
    """Everything that the checker finds."""
    return [*checker.check_history(), *checker.check_present(), *checker.check_leftovers()]


def promises(checker: Checker) -> set[str]:
    """The promises that the checker calls broken."""
    return {violation.promise for violation in all_found(checker)}


def backup_path(scene: Scene) -> Path:
    """The file of the scene's backup."""
    (backup,) = backups_of(scene.group)
    return environment.STORAGE / "backups" / backup.file_key


@pytest.mark.parametrize("mode", FILE_MODES)
def test_nothing_is_found_when_an_import_is_applied(checker: Checker, mode: Mode) -> None:
    scene = make_scene(known=30, read=40, seed=5, mode=mode)
    checker.begin()
    expect(checker, scene)
    confirm(scene.run, scene.editor)
    advance(scene.run)
    take_pending(scene.group)
    advance(scene.run)
    assert all_found(checker) == []
    assert (checker.looked_at["changes by jobs"], checker.ended) == (1, {"import done": 1, "backup complete": 1})


def test_nothing_is_found_when_a_list_is_deleted(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    deletion = ask_for_deletion(scene)
    checker.removals[deletion.pk] = Removal(everybody=True)
    take_pending(scene.group)
    advance_deletion(account_id=scene.account.pk, deletion_id=deletion.pk)
    assert (reload(deletion).status, all_found(checker)) == ("done", [])


def test_lost_file_of_a_backup_breaks_p1(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    backup_path(scene).unlink()
    assert promises(checker) == {"P1", "P6"}


def test_change_without_a_backup_breaks_p1(checker: Checker, scene: Scene) -> None:
    admin("DELETE FROM backups_backup; UPDATE recipients_group SET automatic_backups = false")
    checker.read_until = max(one.seq for one in journal.read_jobs(ADMIN))  # that they went is another matter
    backups = environment.STORAGE / "backups"
    for path in [path for path in backups.rglob("*") if path.is_file()]:
        path.unlink()
    advance(scene.run)
    assert promises(checker) == {"P1"}


def test_backup_that_is_younger_than_its_change_breaks_p1(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    later = timezone.now().timestamp() + 60
    os.utime(backup_path(scene), (later, later))
    assert promises(checker) == {"P1"}


def test_backup_purged_before_its_time_breaks_p1(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    path = backup_path(scene)
    assert all_found(checker) == []
    admin("DELETE FROM backups_backup")
    path.unlink()
    assert promises(checker) == {"P1"}


def test_row_written_past_the_revision_breaks_p2(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    admin("UPDATE recipients_recipient SET source = 'vorbei' WHERE email = 'kunde000003@example.org'")
    assert promises(checker) == {"P2"}


def test_backup_of_another_state_breaks_p2(checker: Checker, scene: Scene) -> None:
    (backup,) = backups_of(scene.group)
    advance(scene.run)
    with account_scope(scene.account.pk):
        request_on_demand(group=scene.group, actor=scene.editor, now=timezone.now())
    take_pending(scene.group)
    with account_scope(scene.account.pk):
        later = Backup.objects.get(trigger=Backup.Trigger.ON_DEMAND)
    assert rows_in(later) != rows_in(backup)
    data = (environment.STORAGE / "backups" / later.file_key).read_bytes()
    backup_path_of = environment.STORAGE / "backups" / backup.file_key
    written = backup_path_of.stat()
    backup_path_of.write_bytes(data)
    os.utime(backup_path_of, (written.st_atime, written.st_mtime))
    sha256 = hashlib.sha256(data).hexdigest()
    admin("UPDATE backups_backup SET sha256 = %s, size = %s WHERE id = %s", sha256, len(data), backup.pk)
    admin("UPDATE backups_backup SET recipient_count = %s WHERE id = %s", later.recipient_count, backup.pk)
    # The catalogue as it was when the change was made knew those bytes, too.
    admin("UPDATE soak.state SET backups = replace(backups::text, %s, %s)::json", backup.sha256, sha256)
    admin("UPDATE soak.job SET job = replace(job::text, %s, %s)::jsonb", backup.sha256, sha256)
    assert promises(checker) == {"P2"}


def test_import_applied_by_half_breaks_p3(checker: Checker, scene: Scene) -> None:
    admin(
        "UPDATE recipients_recipient SET source = 'halb' WHERE email < 'kunde000015';"
        "UPDATE recipients_group SET revision = revision + 1;"
        "UPDATE imports_import SET status = 'done', claim = NULL"
    )
    assert promises(checker) == {"P3"}


def test_change_by_a_failed_import_breaks_p3(checker: Checker, scene: Scene) -> None:
    admin(
        "DELETE FROM recipients_recipient WHERE email < 'kunde000015';"
        "UPDATE recipients_group SET revision = revision + 1;"
        "UPDATE imports_import SET status = 'failed', claim = NULL"
    )
    assert promises(checker) == {"P3"}


def test_import_that_is_done_and_did_nothing_breaks_p3(checker: Checker, scene: Scene) -> None:
    admin("UPDATE imports_import SET status = 'done', claim = NULL")
    assert promises(checker) == {"P3"}


def test_deletion_that_is_done_and_did_nothing_breaks_p3(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    deletion = ask_for_deletion(scene)
    checker.removals[deletion.pk] = Removal(everybody=True)
    take_pending(scene.group)
    admin("UPDATE recipients_deletion SET status = 'done'")
    assert promises(checker) == {"P3"}


def test_end_that_becomes_another_one_breaks_p3(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    admin("UPDATE imports_import SET status = 'cancelled'")
    assert promises(checker) == {"P3"}


def test_flipped_bit_breaks_p6(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    assert all_found(checker) == []
    data = bytearray(backup_path(scene).read_bytes())
    data[len(data) // 2] ^= 1
    backup_path(scene).write_bytes(data)
    assert promises(checker) == {"P6"}


def test_half_written_file_that_is_listed_breaks_p6(checker: Checker, scene: Scene) -> None:
    advance(scene.run)
    assert all_found(checker) == []
    os.truncate(backup_path(scene), backup_path(scene).stat().st_size - 1)
    assert promises(checker) == {"P6"}


@pytest.mark.parametrize("place", ["imports", "backups"])
def test_file_that_no_row_names_is_an_orphan(checker: Checker, scene: Scene, place: str) -> None:
    advance(scene.run)
    (environment.STORAGE / place / "left").write_bytes(b"people's data")
    assert promises(checker) == {"orphan"}


def test_job_left_claimed_is_stuck(checker: Checker, scene: Scene) -> None:
    with account_scope(scene.account.pk):
        assert Import.objects.claim(scene.run.pk, now=timezone.now()) is not None
    assert promises(checker) == {"stuck"}
