"""Backups whose files stand on an S3 server: downloaded from a copy that is gone afterwards, and purged."""

import hashlib
import tempfile
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role
from backups.downloads import open_download
from backups.exports.options import Options
from backups.models import Backup
from backups.retention import PurgeReport, purge_due_backups
from config.storage_url import storage_from_url
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import DAY, take_backup_of
from tests.backups.erasures import PERSON, addresses_in, advance, erase, told_in_files
from tests.factories import make_account, make_group, make_member, make_recipient, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(s3_url: str, settings: Settings) -> Group:
    """A list whose backups go to the S3 server."""
    settings.STORAGES = {**settings.STORAGES, "backups": storage_from_url(s3_url, folder="backups")}
    group = make_group(make_account())
    make_recipient(group, "änne@example.org")
    return group


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary copies are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_download_reads_a_copy_that_is_gone_afterwards(form: str, group: Group, tmp_path: Path, scratch: Path) -> None:
    backup = take_backup_of(group, tmp_path)
    client = sign_in(make_member(group.account, Role.READER))
    response = client.get(reverse("backups:download", args=[group.account_id, backup.pk, form]))
    copies = list(scratch.iterdir())
    body = response.getvalue()
    assert (len(copies), list(scratch.iterdir())) == (1, [])
    if form == "csv":
        assert "änne@example.org" in body.decode("utf-8-sig")
    else:
        assert hashlib.sha256(body).hexdigest() == backup.sha256


def test_copy_of_a_download_that_nobody_reads_is_gone_too(group: Group, tmp_path: Path, scratch: Path) -> None:
    backup = take_backup_of(group, tmp_path)
    open_download(backup=backup, form="csv", options=Options(language="de")).close()
    assert list(scratch.iterdir()) == []


def test_purge_deletes_the_object(group: Group, tmp_path: Path) -> None:
    now = timezone.now()
    backup: Backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    assert place("backups").exists(backup.file_key)
    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)
    assert not place("backups").exists(backup.file_key)


def test_server_that_cannot_be_reached_leaves_the_backup_for_the_next_run(
    group: Group, tmp_path: Path, settings: Settings, s3_url: str
) -> None:
    now = timezone.now()
    backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    reachable = settings.STORAGES
    nobody = storage_from_url("s3://a:b@127.0.0.1:9/listkeep?tls=0&region=us-east-1", folder="backups")
    settings.STORAGES = {**reachable, "backups": nobody}
    assert purge_due_backups(now=now) == PurgeReport(unfinished=1)
    settings.STORAGES = reachable
    assert place("backups").exists(backup.file_key)
    assert purge_due_backups(now=now) == PurgeReport(purged=1, files_deleted=1)


def test_erasure_replaces_the_object(group: Group, tmp_path: Path) -> None:
    make_recipient(group, PERSON)
    backup: Backup = take_backup_of(group, tmp_path)
    erasure = advance(erase(group.account, make_member(group.account, Role.OWNER)))
    assert (erasure.status, erasure.backup_count) == ("done", 1)
    assert addresses_in(backup) == ["änne@example.org"]
    assert place("backups").exists(backup.file_key) is False
    assert [key for key in told_in_files(PERSON) if key.startswith(f"backups/{group.account_id}/")] == []


def test_view_fetches_the_object_once(group: Group, tmp_path: Path) -> None:
    client = sign_in(make_member(group.account, Role.READER))
    backup = take_backup_of(group, tmp_path)
    url = reverse("backups:view", args=[group.account_id, backup.pk])
    assert "änne@example.org" in client.get(url).content.decode()
    place("backups").delete(backup.file_key)
    assert "änne@example.org" in client.get(url, {"q": "änne"}).content.decode()


def test_object_that_is_gone_is_not_viewed(group: Group, tmp_path: Path) -> None:
    client = sign_in(make_member(group.account, Role.READER))
    backup = take_backup_of(group, tmp_path)
    place("backups").delete(backup.file_key)
    assert client.get(reverse("backups:view", args=[group.account_id, backup.pk])).status_code == 410
