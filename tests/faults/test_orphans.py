"""Files that died processes left: they go after a day, and nothing else goes with them."""

import os
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

import backups.orphans
import imports.orphans
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.models import Group
from recipients.orphans import KEPT
from recipients.scratch import SCRATCH, SCRATCH_KEPT, scratch_folder
from tests.backups.catalogue import make_backup
from tests.factories import make_account, make_group
from tests.runs import make_draft

MINUTE = timedelta(minutes=1)


@pytest.fixture
def group(committed_db: None) -> Group:
    return make_group(make_account())


@pytest.fixture
def later() -> datetime:
    """So late that what is written now has been kept long enough."""
    return timezone.now() + KEPT + MINUTE


def write(storage: Path, place: str, key: str) -> Path:
    path = storage / place / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"people's data")
    return path


def backup_key(group: Group, job: uuid.UUID, *, before: str = "", behind: str = "") -> str:
    return f"{group.account_id}/{group.pk}/{before}{job}.{uuid.uuid4().hex}.parquet{behind}"


@pytest.mark.parametrize("around", [{}, {"before": ".", "behind": ".0a1b.partial"}], ids=["whole", "unfinished"])
def test_file_that_no_backup_refers_to_goes(
    group: Group, storage: Path, later: datetime, around: dict[str, str]
) -> None:
    left = write(storage, "backups", backup_key(group, uuid.uuid4(), **around))
    assert (backups.orphans.remove_orphaned_files(now=later), left.exists()) == (1, False)


def test_file_of_another_attempt_at_a_complete_backup_goes(group: Group, storage: Path, later: datetime) -> None:
    backup = make_backup(group)
    left = write(storage, "backups", backup_key(group, backup.pk))
    assert (backups.orphans.remove_orphaned_files(now=later), left.exists()) == (1, False)


def test_young_file_stays(group: Group, storage: Path) -> None:
    left = write(storage, "backups", backup_key(group, uuid.uuid4()))
    now = timezone.now() + KEPT - MINUTE
    assert (backups.orphans.remove_orphaned_files(now=now), left.exists()) == (0, True)


def test_file_of_a_backup_that_is_being_made_stays(group: Group, storage: Path, later: datetime) -> None:
    backup = make_backup(group, status=Backup.Status.PENDING)
    made = write(storage, "backups", backup_key(group, backup.pk))
    assert (backups.orphans.remove_orphaned_files(now=later), made.exists()) == (0, True)


@pytest.mark.parametrize("status", [Backup.Status.COMPLETE, Backup.Status.PURGING])
def test_file_stays_that_a_backup_shares_with_a_purged_one(
    group: Group, storage: Path, later: datetime, status: Backup.Status
) -> None:
    key = backup_key(group, uuid.uuid4())
    make_backup(group, file_key=key, status=status)
    shared = write(storage, "backups", key)
    assert (backups.orphans.remove_orphaned_files(now=later), shared.exists()) == (0, True)


def test_file_that_listkeep_did_not_write_stays(group: Group, storage: Path, later: datetime) -> None:
    foreign = write(storage, "backups", f"{group.account_id}/{group.pk}/notes.txt")
    assert (backups.orphans.remove_orphaned_files(now=later), foreign.exists()) == (0, True)


def test_nothing_to_look_at_is_no_error(group: Group, later: datetime) -> None:
    assert backups.orphans.remove_orphaned_files(now=later) == 0


def test_upload_without_an_import_goes(group: Group, storage: Path, later: datetime) -> None:
    left = write(storage, "imports", f"{group.account_id}/{uuid.uuid4()}/upload")
    assert (imports.orphans.remove_orphaned_files(now=later), left.exists()) == (1, False)


@pytest.mark.parametrize(
    ("status", "left"),
    [
        (Import.Status.DRAFT, ["upload"]),
        (Import.Status.PREVIEWING, ["left.rows.parquet", "upload"]),
        (Import.Status.PREVIEWED, ["upload"]),
        (Import.Status.READING, ["left.rows.parquet", "upload"]),
        (Import.Status.CANCELLED, ["upload"]),
    ],
)
def test_file_that_an_import_does_not_name_goes_unless_it_is_being_read(
    group: Group, storage: Path, later: datetime, status: Import.Status, left: list[str]
) -> None:
    run = make_draft(group, "E-Mail\n")
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(status=status)
    write(storage, "imports", f"{group.account_id}/{run.pk}/left.rows.parquet")
    imports.orphans.remove_orphaned_files(now=later)
    assert sorted(path.name for path in (storage / "imports" / str(group.account_id) / str(run.pk)).iterdir()) == left


def test_scratch_folder_of_a_died_process_goes_with_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, young = (tmp_path / f"{SCRATCH}{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir()
        (folder / "rows.parquet").write_bytes(b"people's data")
    long_ago = (timezone.now() - SCRATCH_KEPT - MINUTE).timestamp()
    os.utime(old, (long_ago, long_ago))
    with scratch_folder() as folder:
        assert sorted(tmp_path.iterdir()) == sorted([folder, young])
