"""Restore drills: what they find, that they leave nothing, and whose turn it is."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry
from accounts.tenancy import account_scope, across_accounts
from backups.drill import draw_backup, rehearse, rehearse_restore
from backups.models import Backup, RestoreDrill
from config.embedded.s3_server import free_port
from config.storage_url import storage_from_url
from recipients.masterdata.file import FieldType, MasterDataFile, MasterDataWriter, sha256_of
from recipients.models import Contact, Field, Group, Recipient
from recipients.storage import local_copy, put
from tests.backups.catalogue import make_backup, take_backup_of
from tests.backups.damage import DAMAGES
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_activity,
    make_contact,
    make_field,
    make_group,
    make_recipient,
)
from tests.tenant_tables import everything_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def make_rich_list() -> Group:
    """A list with every type of field, of the list and account-wide, and every status."""
    account = make_account()
    group = make_group(account, "Kunden „2026“", note="Von der Messe", locked=True, automatic_backups=False)
    for kind in FieldType:
        make_field(account, f"L{kind.value}", kind, group=group)
        make_field(account, f"A{kind.value}", kind)
    values: dict[str, Any] = {
        "text": 'Köln, "Süd"\n',
        "number": Decimal("12345678901234567.000001"),
        "date": str(date(2000, 2, 29)),
        "gender": "f",
    }
    statuses: list[dict[str, Any]] = [
        {},
        {"deactivated_at": NOW},
        {"bounced_at": NOW},
        {"registered_at": None, "activated_at": None},
    ]
    for place, status in enumerate(statuses):
        email = f"person{place}@example.org"
        person = make_recipient(
            group,
            email,
            values={f"l{key}": value for key, value in values.items()} if place else {},
            tags=["vip", "Änne"][:place],
            source=None if place else "Formular",
            **status,
        )
        make_activity(person)
    make_contact(account, "person0@example.org", {f"a{key}": value for key, value in values.items()})
    return group


@pytest.fixture
def group(storage: Path) -> Group:
    return make_rich_list()


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def reload(backup: Backup) -> Backup:
    with account_scope(backup.account_id):
        return Backup.objects.get(pk=backup.pk)


def drills() -> list[tuple[Any, ...]]:
    """All drills: backup, list, result, recipients, differences, failure."""
    with across_accounts("a test asks how drills went"):
        return list(
            RestoreDrill.objects.order_by("pk").values_list(
                "backup_id", "group_name", "result", "recipient_count", "difference_count", "failure"
            )
        )


def told(backup: Backup) -> list[tuple[str, str]]:
    with account_scope(backup.account_id):
        entries = AuditEntry.objects.filter(action=AuditAction.RESTORE_DRILL)
        return [(entry.subject, entry.detail["result"]) for entry in entries]


def rows_of_all_accounts() -> dict[str, int]:
    """How many rows there are of what a drill makes."""
    with across_accounts("a test counts"):
        return {model.__name__: model.objects.count() for model in (Account, Group, Field, Recipient, Contact)}


# --- what it finds -------------------------------------------------------------------------------------------------


def test_everything_comes_back(backup: Backup, now: datetime) -> None:
    rehearse(backup=backup, now=now)
    assert drills() == [(backup.pk, "Kunden „2026“", "equal", 4, 0, "")]
    assert told(backup) == [("Kunden „2026“", "equal")]
    assert (reload(backup).verified_at, reload(backup).damage) == (now, "")


def test_empty_list_comes_back(storage: Path, tmp_path: Path, now: datetime) -> None:
    backup = take_backup_of(make_group(make_account(), "Leer"), tmp_path)
    rehearse(backup=backup, now=now)
    assert drills() == [(backup.pk, "Leer", "equal", 0, 0, "")]


def test_drill_leaves_nothing_but_its_result(backup: Backup, now: datetime) -> None:
    before, theirs = rows_of_all_accounts(), everything_of(backup.account_id)
    rehearse(backup=backup, now=now)
    assert rows_of_all_accounts() == before
    after = everything_of(backup.account_id)
    changed = {table for table in after if after[table] != theirs[table]}
    assert changed == {"backups_restoredrill", "accounts_auditentry", "backups_backup"}
    assert drills()[0][2] == "equal"


def test_row_that_the_engine_does_not_bring_back_is_a_difference(backup: Backup, tmp_path: Path, now: datetime) -> None:
    """The file has somebody twice, which no list can hold: one of the two is lost, and must be missed."""
    spoilt = store_with_a_double(backup, tmp_path)
    rehearse(backup=spoilt, now=now)
    assert drills() == [(backup.pk, "Kunden „2026“", "different", 5, 1, "")]
    assert told(backup) == [("Kunden „2026“", "different")]


def store_with_a_double(backup: Backup, folder: Path) -> Backup:
    """Let the backup's file be one in which the last recipient stands twice; the catalogue knows it as such."""
    path = folder / "doubled.parquet"
    with (
        local_copy("backups", backup.file_key) as whole,
        MasterDataFile.open(whole) as file,
        MasterDataWriter(path, file.description, file.schema) as writer,
    ):
        for batch in file.batches():
            writer.write(batch)
            writer.write(pa.RecordBatch.from_pylist(batch.to_pylist()[-1:], file.schema))
    put("backups", backup.file_key, path)
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(sha256=sha256_of(path), size=path.stat().st_size, recipient_count=5)
    return reload(backup)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_is_not_restored(damage: str, backup: Backup, group: Group, tmp_path: Path, now: datetime) -> None:
    befall, what, _status, _title = DAMAGES[damage]
    befall(backup, take_backup_of(make_group(group.account, "Presse"), tmp_path))
    rehearse(backup=backup, now=now)
    assert drills() == [(backup.pk, "Kunden „2026“", "failed", None, None, f"file_{what}")]
    assert reload(backup).damage == what


def test_storage_that_does_not_answer_is_no_damage(backup: Backup, now: datetime) -> None:
    nobody = storage_from_url(f"s3://a:b@127.0.0.1:{free_port()}/listkeep?tls=0", folder="backups")
    with override_settings(STORAGES=settings.STORAGES | {"backups": nobody}):
        rehearse(backup=backup, now=now)
    assert drills() == [(backup.pk, "Kunden „2026“", "failed", None, None, "storage_unavailable")]
    assert reload(backup).damage == ""


def test_file_that_cannot_be_restored_is_a_failed_drill(backup: Backup, tmp_path: Path, now: datetime) -> None:
    """A text with a NUL, which no database takes: whole, readable, and of no use."""
    path = tmp_path / "nul.parquet"
    with local_copy("backups", backup.file_key) as whole, MasterDataFile.open(whole) as file:
        rows = [row | {"source": "a\0b"} for batch in file.batches() for row in batch.to_pylist()]
        with MasterDataWriter(path, file.description, file.schema) as writer:
            writer.write(pa.RecordBatch.from_pylist(rows, file.schema))
    put("backups", backup.file_key, path)
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(sha256=sha256_of(path))
    before = rows_of_all_accounts()
    rehearse(backup=reload(backup), now=now)
    assert drills() == [(backup.pk, "Kunden „2026“", "failed", None, None, "internal")]
    assert rows_of_all_accounts() == before


def test_backup_that_is_purged_meanwhile_has_no_drill(backup: Backup, now: datetime) -> None:
    gone = reload(backup)
    with account_scope(backup.account_id):
        Backup.objects.all().delete()
    assert (rehearse(backup=gone, now=now), drills()) == (None, [])


# --- whose turn it is ----------------------------------------------------------------------------------------------


def draw(now: datetime) -> Backup | None:
    with across_accounts("a test draws a backup"):
        return draw_backup(now=now)


def test_nothing_to_rehearse_is_no_error(now: datetime) -> None:
    assert rehearse_restore(now=now) is None


def test_only_complete_and_undamaged_backups_are_drawn(storage: Path, now: datetime) -> None:
    group = make_group(make_account())
    for status in (Backup.Status.PENDING, Backup.Status.FAILED, Backup.Status.PURGING):
        make_backup(group, status=status)
    make_backup(group, damage=Backup.Damage.DIFFERS)
    assert draw(now) is None


def test_list_that_was_not_rehearsed_lately_comes_first(backup: Backup, now: datetime) -> None:
    other = make_backup(make_group(make_account()))
    rehearse(backup=backup, now=now)
    assert {drawn.pk for drawn in (draw(now) for _night in range(20)) if drawn} == {other.pk}
    later = now + 400 * DAY
    assert {drawn.pk for drawn in (draw(later) for _night in range(60)) if drawn} == {backup.pk, other.pk}


def test_backup_of_any_account_is_rehearsed(backup: Backup, now: datetime) -> None:
    drill = rehearse_restore(now=now)
    assert drill is not None
    assert (drill.account_id, drill.backup_id, drill.started_at) == (backup.account_id, backup.pk, now)
