"""Must show 3: one bit, one byte, two swapped files, a removed one – each is found, shown in the row, and refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditAction, AuditEntry, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.verification import Outcome, verify_backup
from config.storage_url import storage_from_url
from tests.backups.catalogue import take_backup_of
from tests.backups.damage import DAMAGES, replace, stored_bytes
from tests.factories import make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.page_content import read

pytestmark = pytest.mark.django_db

every_damage = pytest.mark.parametrize("damage", DAMAGES)
every_form = pytest.mark.parametrize("form", ["csv", "parquet"])


@dataclass(frozen=True)
class Kept:
    """Two lists with a backup each, and a reader in a browser."""

    backup: Backup
    other: Backup
    client: Client


@pytest.fixture(params=["local folder", "S3"])
def kept(request: pytest.FixtureRequest, storage: Path, tmp_path: Path, settings: Settings) -> Kept:
    if request.param == "S3":
        s3_url = request.getfixturevalue("s3_url")
        settings.STORAGES = {**settings.STORAGES, "backups": storage_from_url(s3_url, folder="backups")}
    account = make_account()
    lists = [make_group(account, name) for name in ("Kunden", "Presse")]
    for place, group in enumerate(lists):
        make_field(account, "Ort", group=group)
        for number in range(50):
            make_recipient(group, f"person{number}@example.org", values={"ort": f"Köln {place}"})
    backup, other = (take_backup_of(group, tmp_path) for group in lists)
    return Kept(backup, other, sign_in(make_member(account, Role.READER)))


def reload(backup: Backup) -> Backup:
    with account_scope(backup.account_id):
        return Backup.objects.get(pk=backup.pk)


def told(backup: Backup) -> list[tuple[str, str, Any]]:
    """What the audit trail says of damaged backups: list, what, by whom."""
    with account_scope(backup.account_id):
        entries = AuditEntry.objects.filter(action=AuditAction.BACKUP_DAMAGED).order_by("pk")
        return [(entry.subject, entry.detail["result"], entry.actor_id) for entry in entries]


def ask(kept: Kept, form: str) -> Any:
    return kept.client.get(reverse("backups:download", args=[kept.backup.account_id, kept.backup.pk, form]))


@every_damage
def test_verification_finds_it_and_the_row_says_so(damage: str, kept: Kept) -> None:
    befall, what, _status, _title = DAMAGES[damage]
    befall(kept.backup, kept.other)
    now = timezone.now()
    found = verify_backup(backup=kept.backup, now=now)
    row = reload(kept.backup)
    assert (found, row.damage, row.verified_at) == (Outcome(what), what, now)
    assert told(kept.backup) == [("Kunden", what, None)]


@every_form
@every_damage
def test_export_is_refused_with_a_sentence_and_the_row_says_why(damage: str, form: str, kept: Kept) -> None:
    befall, what, status, title = DAMAGES[damage]
    befall(kept.backup, kept.other)
    response = ask(kept, form)
    (notice,) = read(response).all(css_class="notice__title")
    assert (response.status_code, notice.text) == (status, title)
    assert (reload(kept.backup).damage, told(kept.backup)) == (what, [("Kunden", what, None)])


@every_damage
def test_right_file_put_back_counts_again(damage: str, kept: Kept) -> None:
    content = stored_bytes(kept.backup)
    DAMAGES[damage][0](kept.backup, kept.other)
    verify_backup(backup=kept.backup, now=timezone.now())
    replace(kept.backup, content)
    assert verify_backup(backup=kept.backup, now=timezone.now()) is Outcome.INTACT
    assert reload(kept.backup).damage == ""
    response = ask(kept, "parquet")
    assert (response.status_code, response.getvalue()) == (200, content)


def test_export_of_a_file_that_was_put_back_clears_the_damage(kept: Kept) -> None:
    content = stored_bytes(kept.backup)
    DAMAGES["one bit"][0](kept.backup, kept.other)
    verify_backup(backup=kept.backup, now=timezone.now())
    replace(kept.backup, content)
    ask(kept, "csv").getvalue()
    assert reload(kept.backup).damage == ""


def test_intact_backup_is_found_intact_and_told_to_nobody(kept: Kept) -> None:
    now = timezone.now()
    assert verify_backup(backup=kept.backup, now=now) is Outcome.INTACT
    row = reload(kept.backup)
    assert (row.damage, row.verified_at, told(kept.backup)) == ("", now, [])
