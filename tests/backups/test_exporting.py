"""Exports in the background: once each, as they were asked for; tried again, given up with a reason; gone in a day."""

import hashlib
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditAction, AuditEntry, User
from accounts.tenancy import account_scope, across_accounts
from backups.exporting import (
    KEPT,
    cancel_export,
    make_export,
    remove_expired_exports,
    request_export,
    sweep_exports,
)
from backups.exports.options import Options, Preset
from backups.exports.refusals import TooManyRows
from backups.models import Backup, Export
from backups.orphans import remove_orphaned_files
from recipients.jobs import MAX_INTERRUPTIONS
from recipients.models import Group
from recipients.orphans import KEPT as ORPHANS_KEPT
from recipients.storage import place
from tests.backups.catalogue import take_backup_of
from tests.backups.erasures import erase
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient

OPTIONS = Options(language="de").to_json()


@pytest.fixture
def group(committed_db: None, storage: Path) -> Group:
    group = make_group(make_account(), "Kunden")
    make_field(group.account, "Ort", group=group)
    make_recipient(group, "anna@example.org", values={"ort": "Łódź"})
    make_recipient(group, "bert@example.org")
    return group


@pytest.fixture
def person(group: Group) -> User:
    return make_member(group.account)


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path, requested_at=NOW)


def ask(group: Group, person: User, *, form: str = "xlsx", backup: Backup | None = None, **asked: Any) -> Export:
    given: dict[str, Any] = {"options": OPTIONS, "recipients": 2, "now": timezone.now(), **asked}
    with account_scope(group.account_id):
        return request_export(group=group, backup=backup, form=form, actor=person, **given)


def made(export: Export) -> Export:
    """The export once a worker has tried to make it."""
    make_export(account_id=export.account_id, export_id=export.pk)
    return fresh(export)


def fresh(export: Export) -> Export:
    with account_scope(export.account_id):
        found: Export = Export.objects.get(pk=export.pk)
    return found


def change(export: Export, **columns: Any) -> None:
    with account_scope(export.account_id):
        Export.objects.filter(pk=export.pk).update(**columns)


def end_of(export: Export) -> datetime:
    """Until when the file of a complete export is kept."""
    assert export.expires_at
    return export.expires_at


def path_of(export: Export) -> Path:
    return Path(place("backups").path(export.file_key))


def files() -> list[str]:
    """The files of exports that are in storage."""
    folder = Path(place("backups").path(""))
    return sorted(path.name for path in folder.glob("*/exports/*"))


# --- asked for ------------------------------------------------------------------------------------------------------


def test_a_double_click_makes_one(group: Group, person: User, backup: Backup) -> None:
    first = ask(group, person, backup=backup)
    assert ask(group, person, backup=backup).pk == first.pk
    others = [
        ask(group, person),
        ask(group, person, backup=backup, form="csv"),
        ask(group, person, backup=backup, options=Options(language="en").to_json()),
        ask(group, make_member(group.account), backup=backup),
    ]
    assert len({first.pk, *(other.pk for other in others)}) == 5
    with account_scope(group.account_id):
        told = AuditEntry.objects.filter(action=AuditAction.EXPORT_REQUESTED).values_list(
            "actor_id", "subject", "detail"
        )
        assert (person.pk, "Kunden", {"format": "xlsx", "asked_for_at": NOW.isoformat()}) in list(told)
        assert (person.pk, "Kunden", {"format": "xlsx"}) in list(told)
        assert told.count() == 5


def test_asked_for_again_once_it_is_made_makes_another(group: Group, person: User) -> None:
    first = made(ask(group, person))
    assert ask(group, person).pk != first.pk


def test_more_than_a_sheet_holds_is_refused_before_any_work(group: Group, person: User) -> None:
    with pytest.raises(TooManyRows):
        ask(group, person, recipients=1_048_576)
    assert ask(group, person, recipients=1_048_576, form="csv").status == Export.Status.PENDING
    with account_scope(group.account_id):
        assert Export.objects.count() == 1


# --- made -----------------------------------------------------------------------------------------------------------


def test_workbook_of_a_backup_is_made(group: Group, person: User, backup: Backup) -> None:
    make_recipient(group, "carla@example.org")  # after the backup
    export = made(ask(group, person, backup=backup))
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path_of(export)).worksheets[0].iter_rows()]
    assert [(row[0], row[7]) for row in rows] == [
        ("E-Mail", "Ort"),
        ("anna@example.org", "Łódź"),
        ("bert@example.org", None),
    ]
    content = path_of(export).read_bytes()
    assert (export.status, export.size, export.sha256, export.failure) == (
        Export.Status.COMPLETE,
        len(content),
        hashlib.sha256(content).hexdigest(),
        "",
    )
    assert export.file_name == "Kunden_2026-03-02_10-30.xlsx"
    assert export.completed_at
    assert export.expires_at == export.completed_at + timedelta(hours=24)


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_list_is_exported_as_it_is_when_the_work_begins(form: str, group: Group, person: User) -> None:
    export = ask(group, person, form=form)
    make_recipient(group, "carla@example.org")
    path = path_of(made(export))
    if form == "csv":
        found = [line.split(";")[0].strip('"') for line in path.read_text("utf-8-sig").splitlines()[1:]]
    elif form == "xlsx":
        found = [cell.value for cell in openpyxl.load_workbook(path).worksheets[0]["A"][1:]]
    else:
        found = pq.read_table(path).column("email").to_pylist()
    assert found == ["anna@example.org", "bert@example.org", "carla@example.org"]


def test_csv_is_written_as_it_was_asked_for(group: Group, person: User, backup: Backup) -> None:
    options = Options(language="en", preset=Preset.TAB, encoding="utf-16").to_json()
    export = made(ask(group, person, backup=backup, form="csv", options=options))
    header = path_of(export).read_text("utf-16").splitlines()[0]
    assert header.split("\t")[:2] == ['"E-mail"', '"Registered at"']


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_who_was_erased_since_the_backup_is_left_out(form: str, group: Group, person: User, backup: Backup) -> None:
    erase(group.account, person, "anna@example.org")
    path = path_of(made(ask(group, person, backup=backup, form=form)))
    content = path.read_bytes() if form == "csv" else b""
    if form == "xlsx":
        content = repr([cell.value for cell in openpyxl.load_workbook(path).worksheets[0]["A"]]).encode()
    if form == "parquet":
        content = repr(pq.read_table(path).column("email").to_pylist()).encode()
    assert (b"anna@example.org" in content, b"bert@example.org" in content) == (False, True)


def test_characters_that_the_encoding_lacks_end_it_with_their_names(group: Group, person: User, backup: Backup) -> None:
    options = Options(language="de", encoding="windows-1252").to_json()
    export = made(ask(group, person, backup=backup, form="csv", options=options))
    assert (export.status, export.failure, export.failure_detail) == (
        *(Export.Status.FAILED, "not_in_encoding"),
        {"characters": "Łź"},
    )
    assert files() == []


def test_damaged_backup_ends_it(group: Group, person: User, backup: Backup) -> None:
    Path(place("backups").path(backup.file_key)).write_bytes(b"something else")
    export = made(ask(group, person, backup=backup))
    assert (export.status, export.failure) == (Export.Status.FAILED, "damaged")
    with account_scope(group.account_id):
        assert Backup.objects.get(pk=backup.pk).damage == Backup.Damage.DIFFERS


@pytest.mark.parametrize(
    ("status", "code"),
    [(Backup.Status.PURGING, "purged"), (Backup.Status.PENDING, "pending"), (Backup.Status.FAILED, "failed")],
)
def test_backup_without_a_file_ends_it(status: str, code: str, group: Group, person: User, backup: Backup) -> None:
    export = ask(group, person, backup=backup)
    with account_scope(group.account_id):
        Backup.objects.filter(pk=backup.pk).update(status=status)
    assert (made(export).status, fresh(export).failure) == (Export.Status.FAILED, code)


def test_deleted_list_ends_it(group: Group, person: User) -> None:
    export = ask(group, person)
    with account_scope(group.account_id):
        Group.objects.filter(pk=group.pk).update(deleted_at=NOW)
    assert (made(export).status, fresh(export).failure) == (Export.Status.FAILED, "group_deleted")


def test_storage_that_does_not_answer_is_tried_again_and_given_up_at_last(
    group: Group, person: User, backup: Backup
) -> None:
    export = ask(group, person, backup=backup)
    folder = Path(place("backups").path(""))
    away = folder.with_name("away")
    folder.rename(away)
    for attempt in range(MAX_INTERRUPTIONS + 1):
        tried = made(export)
        assert (tried.status, tried.failure, tried.claim, tried.interruptions) == (
            *(Export.Status.PENDING, "storage_unavailable", None, attempt),
        )
        assert made(export).interruptions == attempt  # it rests
        change(export, claimed_until=timezone.now() - timedelta(seconds=1))
    assert (made(export).status, fresh(export).failure) == (Export.Status.FAILED, "storage_unavailable")
    away.rename(folder)


def test_cancelled_one_is_not_made(group: Group, person: User, backup: Backup) -> None:
    export = ask(group, person, backup=backup)
    with account_scope(group.account_id):
        assert cancel_export(export=export) is True
        assert cancel_export(export=export) is False
    assert made(export).status == Export.Status.CANCELLED
    assert files() == []


def test_one_that_is_made_already_is_not_made_again(group: Group, person: User, backup: Backup) -> None:
    export = made(ask(group, person, backup=backup))
    assert made(export).file_key == export.file_key


# --- beat -----------------------------------------------------------------------------------------------------------


def test_forgotten_one_is_found(group: Group, person: User) -> None:
    ask(group, person)
    assert sweep_exports(now=timezone.now()) == 1
    assert sweep_exports(now=timezone.now()) == 0


def test_it_goes_with_its_file_a_day_later(group: Group, person: User, backup: Backup) -> None:
    export = made(ask(group, person, backup=backup))
    assert remove_expired_exports(now=end_of(export) - timedelta(seconds=1)) == 0
    assert files() == [path_of(export).name]
    assert remove_expired_exports(now=end_of(export)) == 1
    assert files() == []
    with across_accounts("a test looks"):
        assert Export.objects.count() == 0


def test_failed_and_cancelled_ones_go_after_a_day_too(group: Group, person: User) -> None:
    failed, cancelled, pending = (ask(group, person, form=form) for form in ("csv", "xlsx", "parquet"))
    change(failed, status=Export.Status.FAILED)
    change(cancelled, status=Export.Status.CANCELLED)
    assert remove_expired_exports(now=timezone.now()) == 0
    assert remove_expired_exports(now=timezone.now() + KEPT) == 2
    assert fresh(pending).status == Export.Status.PENDING


def test_file_that_storage_keeps_is_tried_again(group: Group, person: User, backup: Backup, settings: Settings) -> None:
    export = made(ask(group, person, backup=backup))
    unreachable = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": S3_THAT_NOBODY_RUNS}
    settings.STORAGES, before = {**settings.STORAGES, "backups": unreachable}, settings.STORAGES
    assert remove_expired_exports(now=end_of(export)) == 0
    settings.STORAGES = before
    assert remove_expired_exports(now=end_of(export)) == 1


S3_THAT_NOBODY_RUNS = {
    "bucket_name": "listkeep",
    "access_key": "nobody",
    "secret_key": "nothing",
    "endpoint_url": "http://127.0.0.1:9",
    "region_name": "us-east-1",
}


def test_file_of_an_export_is_no_orphan_and_one_that_none_names_is(group: Group, person: User, backup: Backup) -> None:
    export = made(ask(group, person, backup=backup))
    left = path_of(export).with_name(f"{uuid.uuid4()}.{uuid.uuid4().hex}.xlsx")
    left.write_bytes(b"left by a worker that died")
    pending = ask(group, person)
    on_its_way = path_of(export).with_name(f"{pending.pk}.{uuid.uuid4().hex}.xlsx")
    on_its_way.write_bytes(b"being made")
    later = timezone.now() + ORPHANS_KEPT + timedelta(minutes=1)
    assert remove_orphaned_files(now=later) == 1
    assert files() == sorted([path_of(export).name, on_its_way.name])
