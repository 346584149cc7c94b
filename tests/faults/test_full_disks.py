"""Disks that are full while an import writes (mission P1, P3; F7): nothing changes, nothing is left, and it is told.

The room on a small disk grows a little each time, so that the writing fails at each place where it can; with room
enough the same import goes on by itself.
"""

import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from tests import environment
from tests.factories import sign_in
from tests.faults.beside import have_preview_made
from tests.faults.disks import PAGE, SmallDisk, small_disk, small_disk_of_postgresql
from tests.faults.scenario import Scene, ask_for_preview, make_small_scene
from tests.faults.verdicts import assert_imported, assert_previewed, assert_untouched, stored
from tests.runs import advance, backups_of, confirm, take_pending

MOST = 64 * PAGE  # is always enough
NO_ROOM = "The place where files are kept cannot be reached. Nothing has changed. Try again in a while."


@pytest.fixture
def scene(committed_db: None, storage: Path) -> Scene:
    return make_small_scene(seed=81)


@pytest.fixture
def scratch(committed_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """A small disk for the temporary files of this process."""
    with small_disk(tmp_path / "scratch") as disk:
        monkeypatch.setattr("tempfile.tempdir", str(disk.path))
        yield disk


@pytest.fixture
def kept(committed_db: None) -> Iterator[SmallDisk]:
    """A small disk for uploads, what is read from them, and backups."""
    with small_disk(environment.STORAGE) as disk:
        yield disk


def grow(disk: SmallDisk, attempt: Callable[[], bool], *, by: int = PAGE) -> int:
    """Try with ever more room until it is enough; gives how often it was not."""
    for number, left in enumerate(range(0, MOST, by)):
        disk.fill(left=left)
        if attempt():
            return number
    pytest.fail("there was never room enough")


def forget_errors(scene: Scene) -> None:
    """As if this were the first attempt, and now its time."""
    past = timezone.now() - timedelta(seconds=1)
    with account_scope(scene.account.pk):
        Import.objects.filter(claimed_until__isnull=False).update(claimed_until=past, interruptions=0)
        Backup.objects.filter(retry_at__isnull=False).update(retry_at=past, attempts=0)


def is_read(scene: Scene, status: Import.Status) -> bool:
    """Try to have the file read; when there is no room for it, nothing but that is said and kept."""
    forget_errors(scene)
    run = advance(scene.run)
    if run.rows_key:
        return True
    assert (run.status, run.failure) == (status, "storage_unavailable")
    assert stored("imports", scene.account.pk) == {run.file_key}
    return False


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.READING])
def test_file_is_read_when_the_disk_for_temporary_files_has_room(
    scene: Scene, scratch: SmallDisk, status: Import.Status
) -> None:
    begin(scene, status)

    def attempt() -> bool:
        done = is_read(scene, status)
        assert scratch.holds() == []
        return done

    assert grow(scratch, attempt) > 2
    scratch.make_room()
    assert_goes_on(scene, status)


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.READING])
def test_file_is_read_when_the_disk_of_the_storage_has_room(
    kept: SmallDisk, storage: Path, status: Import.Status
) -> None:
    scene = make_small_scene(seed=82)
    begin(scene, status)
    assert grow(kept, lambda: is_read(scene, status)) > 2
    kept.make_room()
    assert_goes_on(scene, status)


def begin(scene: Scene, status: Import.Status) -> None:
    """Have a preview made, or the import itself."""
    if status is Import.Status.PREVIEWING:
        ask_for_preview(scene)
    else:
        confirm(scene.run, scene.editor)


def assert_goes_on(scene: Scene, status: Import.Status) -> None:
    """What has been read is counted, or made a backup of and applied."""
    if status is Import.Status.PREVIEWING:
        advance(scene.run)
        assert_previewed(scene)
        confirm(scene.run, scene.editor)
    take_pending(scene.group)
    advance(scene.run)
    assert_imported(scene)


@pytest.mark.parametrize("disk", ["scratch", "kept"])
def test_backup_is_taken_when_the_disk_has_room(disk: str, request: pytest.FixtureRequest) -> None:
    full: SmallDisk = request.getfixturevalue(disk)
    scene = make_small_scene(seed=83)
    confirm(scene.run, scene.editor)
    advance(scene.run)

    def attempt() -> bool:
        forget_errors(scene)
        take_pending(scene.group)
        (backup,) = backups_of(scene.group)
        if backup.status == Backup.Status.COMPLETE:
            return True
        assert (backup.status, backup.failure) == (Backup.Status.PENDING, "storage_unavailable")
        assert advance(scene.run).status == Import.Status.WAITING
        assert stored("backups", scene.account.pk) == set()
        return False

    assert grow(full, attempt) > 2
    full.make_room()
    advance(scene.run)
    assert_imported(scene)


@pytest.mark.parametrize("table", [None, "recipients_recipient"])
def test_import_goes_on_when_the_disk_of_postgresql_has_room(scene: Scene, table: str | None) -> None:
    have_preview_made(scene)
    confirm(scene.run, scene.editor)
    take_pending(scene.group)

    def attempt() -> bool:
        forget_errors(scene)
        run = advance(scene.run)
        if run.status == Import.Status.DONE:
            return True
        assert (run.status, run.failure) == (Import.Status.APPLYING, "internal")
        assert_untouched(scene)
        return False

    with small_disk_of_postgresql(table) as disk:
        assert grow(disk, attempt, by=8 * PAGE) > 1
    assert_imported(scene)


def test_preview_goes_on_when_the_disk_of_postgresql_has_room(scene: Scene) -> None:
    ask_for_preview(scene)
    advance(scene.run)

    def attempt() -> bool:
        forget_errors(scene)
        run = advance(scene.run)
        if run.status == Import.Status.PREVIEWED:
            return True
        assert (run.status, run.failure) == (Import.Status.PREVIEWING, "internal")
        return False

    with small_disk_of_postgresql(None) as disk:
        assert grow(disk, attempt, by=8 * PAGE) > 1
    assert_previewed(scene)


def zipped(text: str) -> bytes:
    """A ZIP archive with one table that is not packed any smaller."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("kunden.csv", text)
    return content.getvalue()


ROWS = "E-Mail;Name\n" + "".join(f"kunde{number}@example.org;Zoë\n" for number in range(1_000))
UPLOADS: dict[str, dict[str, Any]] = {
    "file": {"file": ("kunden.csv", ROWS.encode())},
    "archive": {"file": ("kunden.zip", zipped(ROWS))},
    "pasted": {"text": ROWS},
}


@pytest.mark.parametrize("disk", ["scratch", "kept"])
@pytest.mark.parametrize("kind", list(UPLOADS))
def test_person_is_told_when_there_is_no_room_for_an_upload(
    disk: str, kind: str, request: pytest.FixtureRequest
) -> None:
    full: SmallDisk = request.getfixturevalue(disk)
    scene = make_small_scene(seed=84)
    client = sign_in(scene.editor)
    before = stored("imports", scene.account.pk)

    def attempt() -> bool:
        response = uploaded(client, scene, **UPLOADS[kind])
        if response.status_code == 302:
            return True
        assert (response.status_code, NO_ROOM in response.content.decode()) == (422, True)
        assert stored("imports", scene.account.pk) == before
        assert disk == "kept" or full.holds() == []
        return False

    assert grow(full, attempt) > 2
    full.make_room()
    with account_scope(scene.account.pk):
        assert Import.objects.count() == 2
        assert Import.objects.exclude(pk=scene.run.pk).get().status == Import.Status.DRAFT


def uploaded(client: Client, scene: Scene, **sent: Any) -> Any:
    """What the page answers that takes a file or pasted rows."""
    if "file" in sent:
        name, content = sent["file"]
        sent = {"file": SimpleUploadedFile(name, content)}
    return client.post(reverse("imports:upload", args=[scene.account.pk, scene.group.pk]), sent)
