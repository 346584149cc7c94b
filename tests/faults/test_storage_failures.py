"""Places for files that fail (mission P1, P6; F2, F7): tried again, and then said; nothing half-written is listed.

A place is blocked by a file where its folder should be, because the tests' user may be one whom no mode keeps out.
"""

import os
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from accounts.models import AuditAction, AuditEntry
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import MAX_ATTEMPTS
from config.embedded.s3_server import free_port
from config.storage_url import storage_from_url
from imports.models import Import
from recipients.deletion import advance_deletion
from recipients.jobs import MAX_INTERRUPTIONS
from recipients.models import Deletion
from recipients.storage import put
from tests.faults.beside import have_preview_made
from tests.faults.scenario import Scene, ask_for_deletion, ask_for_preview, make_scene, make_small_scene, reload
from tests.faults.storages import Fault, failing, spoil
from tests.faults.verdicts import (
    assert_imported,
    assert_no_file_is_left_over,
    assert_previewed,
    assert_untouched,
    stored,
)
from tests.faults.watching import wait_for_end, wait_until
from tests.processes import Process
from tests.runs import advance, backups_of, confirm, fresh, take_pending

StartWorker = Callable[..., Process]
WRITTEN_TO_BACKUPS = [Fault.REFUSED, Fault.CUT, Fault.DAMAGED, Fault.GONE]


@pytest.fixture
def scene(committed_db: None, storage: Path) -> Scene:
    return make_small_scene(seed=61)


def let_rests_pass(scene: Scene) -> None:
    """Have the time gone by that jobs rest after an error."""
    past = timezone.now() - timedelta(seconds=1)
    with account_scope(scene.account.pk):
        Backup.objects.filter(retry_at__isnull=False).update(retry_at=past)
        Import.objects.filter(claimed_until__isnull=False).update(claimed_until=past)


def try_backup(scene: Scene) -> Backup:
    """One attempt at the list's only backup."""
    let_rests_pass(scene)
    take_pending(scene.group)
    (backup,) = backups_of(scene.group)
    return backup


def assert_failed_for_want_of_a_backup(scene: Scene) -> None:
    """The import ended, says why, changed nothing, and neither it nor its backup left a file."""
    run = fresh(scene.run)
    assert (run.status, run.failure, run.failure_detail) == (
        Import.Status.FAILED,
        "backup_failed",
        {"cause": "storage_unavailable"},
    )
    (backup,) = backups_of(scene.group)
    assert (backup.status, backup.failure, backup.file_key) == (Backup.Status.FAILED, "storage_unavailable", "")
    assert_untouched(scene)
    assert_no_file_is_left_over(scene.group)
    with account_scope(scene.account.pk):
        ends = AuditEntry.objects.filter(action__in=[AuditAction.BACKUP_FAILED, AuditAction.IMPORT_FAILED])
        assert sorted(ends.values_list("action", flat=True)) == [AuditAction.BACKUP_FAILED, AuditAction.IMPORT_FAILED]


@pytest.mark.parametrize("fault", WRITTEN_TO_BACKUPS)
def test_backup_that_storage_spoils_is_made_again(scene: Scene, fault: Fault) -> None:
    confirm(scene.run, scene.editor)
    advance(scene.run)
    with failing("backups", fault):
        backup = try_backup(scene)
    assert (backup.status, backup.failure, backup.attempts) == (Backup.Status.PENDING, "storage_unavailable", 1)
    assert stored("backups", scene.account.pk) == set()
    assert advance(scene.run).status == Import.Status.WAITING
    assert try_backup(scene).status == Backup.Status.COMPLETE
    advance(scene.run)
    assert_imported(scene)


@pytest.mark.parametrize("fault", WRITTEN_TO_BACKUPS)
def test_import_fails_when_storage_spoils_each_attempt_at_its_backup(scene: Scene, fault: Fault) -> None:
    confirm(scene.run, scene.editor)
    advance(scene.run)
    with failing("backups", *[fault] * MAX_ATTEMPTS):
        attempts = [try_backup(scene).status for _attempt in range(MAX_ATTEMPTS)]
    assert attempts == [*[Backup.Status.PENDING] * (MAX_ATTEMPTS - 1), Backup.Status.FAILED]
    advance(scene.run)
    assert_failed_for_want_of_a_backup(scene)


def test_import_fails_when_the_place_of_backups_is_blocked(scene: Scene, storage: Path) -> None:
    (storage / "backups").write_text("stands where the folder should be")
    confirm(scene.run, scene.editor)
    advance(scene.run)
    for _attempt in range(MAX_ATTEMPTS):
        try_backup(scene)
    advance(scene.run)
    (storage / "backups").unlink()
    assert_failed_for_want_of_a_backup(scene)


def test_import_fails_when_the_server_of_backups_cannot_be_reached(scene: Scene) -> None:
    nobody = storage_from_url(f"s3://key:secret@127.0.0.1:{free_port()}/listkeep?tls=0", folder="backups")
    confirm(scene.run, scene.editor)
    advance(scene.run)
    with account_scope(scene.account.pk):
        Backup.objects.update(attempts=MAX_ATTEMPTS - 1)
    with override_settings(STORAGES=settings.STORAGES | {"backups": nobody}):
        try_backup(scene)
    advance(scene.run)
    assert_failed_for_want_of_a_backup(scene)


def test_deletion_fails_when_its_backup_cannot_be_stored(scene: Scene) -> None:
    deletion = ask_for_deletion(scene)
    with failing("backups", *[Fault.REFUSED] * MAX_ATTEMPTS):
        for _attempt in range(MAX_ATTEMPTS):
            try_backup(scene)
    advance_deletion(account_id=scene.account.pk, deletion_id=deletion.pk)
    ended = reload(deletion)
    assert (ended.status, ended.failure) == (Deletion.Status.FAILED, "backup_failed")
    assert_untouched(scene)
    assert scene.group.deleted_at is None


def begin(scene: Scene, *, previewing: bool) -> Import.Status:
    """Have a preview made, or the import itself; gives its status while the file is read."""
    if previewing:
        ask_for_preview(scene)
        return Import.Status.PREVIEWING
    confirm(scene.run, scene.editor)
    return Import.Status.READING


@pytest.mark.parametrize("place", ["rows", "rejected"])
@pytest.mark.parametrize("previewing", [True, False])
def test_reading_goes_on_when_its_place_works_again(scene: Scene, place: str, *, previewing: bool) -> None:
    status = begin(scene, previewing=previewing)
    with failing("imports", *[Fault.NONE] * (place == "rejected"), Fault.REFUSED):
        run = advance(scene.run)
    assert (run.status, run.failure, run.claim) == (status, "storage_unavailable", None)
    assert stored("imports", scene.account.pk) == {run.file_key}
    let_rests_pass(scene)
    advance(scene.run)
    if previewing:
        advance(scene.run)
        assert_previewed(scene)
        confirm(scene.run, scene.editor)
    take_pending(scene.group)
    advance(scene.run)
    assert_imported(scene)


@pytest.mark.parametrize("previewing", [True, False])
def test_reading_fails_when_its_place_never_works(scene: Scene, *, previewing: bool) -> None:
    begin(scene, previewing=previewing)
    with failing("imports", *[Fault.REFUSED] * (MAX_INTERRUPTIONS + 1)):
        for _attempt in range(MAX_INTERRUPTIONS + 2):
            let_rests_pass(scene)
            run = advance(scene.run)
    assert (run.status, run.failure) == (Import.Status.FAILED, "storage_unavailable")
    assert_untouched(scene)
    assert_no_file_is_left_over(scene.group)


def read_and_spoilt(scene: Scene, storage: Path, fault: Fault) -> tuple[Path, bytes]:
    """Have a preview and a backup made, and the rows that were read spoilt; gives their place and what they were."""
    have_preview_made(scene)
    confirm(scene.run, scene.editor)
    take_pending(scene.group)
    path = storage / "imports" / fresh(scene.run).rows_key
    whole = path.read_bytes()
    spoil(path, fault)
    return path, whole


@pytest.mark.parametrize(
    ("fault", "failure"), [(Fault.CUT, "internal"), (Fault.DAMAGED, "internal"), (Fault.GONE, "file_missing")]
)
def test_rows_that_are_spoilt_after_the_preview_are_not_applied(
    scene: Scene, storage: Path, fault: Fault, failure: str
) -> None:
    read_and_spoilt(scene, storage, fault)
    for _attempt in range(MAX_INTERRUPTIONS + 2):
        let_rests_pass(scene)
        run = advance(scene.run)
    assert (run.status, run.failure) == (Import.Status.FAILED, failure)
    assert_untouched(scene)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.DAMAGED])
def test_rows_that_storage_spoils_are_not_previewed(scene: Scene, fault: Fault) -> None:
    ask_for_preview(scene)
    with failing("imports", fault):
        advance(scene.run)
    for _attempt in range(MAX_INTERRUPTIONS + 2):
        let_rests_pass(scene)
        run = advance(scene.run)
    assert (run.status, run.failure, run.preview) == (Import.Status.FAILED, "internal", {})
    assert_untouched(scene)


def test_rows_that_are_whole_again_are_applied(scene: Scene, storage: Path) -> None:
    path, whole = read_and_spoilt(scene, storage, Fault.CUT)
    assert advance(scene.run).failure == "internal"
    path.write_bytes(whole)
    let_rests_pass(scene)
    advance(scene.run)
    assert_imported(scene)


def test_file_and_the_folders_above_it_are_flushed_before_it_counts(
    storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    flush = os.fsync

    def watched(descriptor: int) -> None:
        flush(descriptor)
        flushed.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", watched)
    source = storage / "source"
    source.write_bytes(b"people's data")
    put("backups", "1/2/file.parquet", source)
    stored_file = storage / "backups" / "1" / "2" / "file.parquet"
    assert flushed == [path.stat().st_ino for path in (stored_file, *list(stored_file.parents)[:4])]


@pytest.mark.parametrize("queue", ["imports", "backups"])
def test_worker_whose_disk_is_full_goes_on_when_there_is_room(start_worker: StartWorker, queue: str) -> None:
    scene = make_scene(known=5_000, read=5_000, seed=62)
    full = start_worker(queue)
    allow_files_of(full, 50_000)
    confirm(scene.run, scene.editor)
    job = scene.run if queue == "imports" else backups_of(scene.group)[0]
    wait_until(lambda: reload(job).failure, "the first failure")
    assert reload(job).failure == "storage_unavailable"
    assert_untouched(scene)
    allow_files_of(full, resource.RLIM_INFINITY)
    start_worker(*{"imports", "backups"} - {queue})
    wait_for_end(scene.run)
    assert_imported(scene)


def allow_files_of(worker: Process, size: int) -> None:
    """Let the worker's processes write files of at most `size` bytes, as if the disk had no more room."""
    for process in psutil.Process(worker.pid).children():
        process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
