"""`manage.py verify_backups`: a line for each backup, and an exit code for the worst of them."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import account_scope
from backups.models import Backup
from config.embedded.s3_server import free_port
from config.storage_url import storage_from_url
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.backups.damage import flip_one_bit, remove_file
from tests.factories import NOW, make_account, make_group, make_recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(storage: Path) -> Group:
    group = make_group(make_account())
    make_recipient(group)
    return group


@pytest.fixture
def backups(group: Group, tmp_path: Path) -> list[Backup]:
    """Three backups with files, the oldest first."""
    return [take_backup_of(group, tmp_path, requested_at=NOW + day * DAY) for day in range(3)]


def run(*arguments: str) -> tuple[list[str], int]:
    """What the command says, by lines, and how it ends."""
    said = StringIO()
    code = 0
    try:
        call_command("verify_backups", *arguments, stdout=said)
    except SystemExit as end:
        code = int(end.code or 0)
    return said.getvalue().splitlines(), code


def line(backup: Backup, verdict: str) -> str:
    return f"Blumen Berger / Kunden 2026 / {absolute(backup.requested_at)} ({backup.pk}): {verdict}"


def test_all_are_told_and_the_end_is_good(backups: list[Backup]) -> None:
    said = [*[line(backup, "intact") for backup in backups], "Intact: 3. Damaged: 0. Missing: 0. Not verified: 0."]
    assert run("--all") == (said, 0)


def test_missing_file_ends_with_four(backups: list[Backup]) -> None:
    remove_file(backups[1], backups[0])
    said, code = run("--all")
    assert (said[1], code) == (line(backups[1], "MISSING: there is no file"), 4)


def test_damaged_file_ends_with_three_whatever_is_missing(backups: list[Backup]) -> None:
    remove_file(backups[1], backups[0])
    flip_one_bit(backups[2], backups[0])
    said, code = run("--all")
    assert (said[2], code) == (line(backups[2], "DAMAGED: not the file that was kept"), 3)
    with account_scope(backups[0].account_id):
        assert set(Backup.objects.values_list("damage", flat=True)) == {"", "missing", "differs"}


def test_storage_that_does_not_answer_ends_with_five(backups: list[Backup]) -> None:
    nobody = storage_from_url(f"s3://a:b@127.0.0.1:{free_port()}/listkeep?tls=0", folder="backups")
    with override_settings(STORAGES=settings.STORAGES | {"backups": nobody}):
        said, code = run("--sample", "1")
    assert (said[0], code) == (line(backups[0], "not verified: the storage does not answer"), 5)


def test_backups_of_one_account(backups: list[Backup], tmp_path: Path) -> None:
    other = make_group(make_account("Nebenan"))
    take_backup_of(other, tmp_path)
    said, code = run("--account", str(other.account_id))
    assert (len(said), said[0].partition(" /")[0], code) == (2, "Nebenan", 0)


def test_so_many_that_were_not_read_for_the_longest_time(backups: list[Backup]) -> None:
    assert run("--sample", "2")[0][:-1] == [line(backup, "intact") for backup in backups[:2]]


def test_tonights_sample_without_being_told(backups: list[Backup]) -> None:
    assert run()[0][-1] == "Intact: 3. Damaged: 0. Missing: 0. Not verified: 0."


def test_backups_that_share_a_file_are_all_told(backups: list[Backup], group: Group) -> None:
    kept = ("file_key", "sha256", "size", "revision", "recipient_count", "active_count")
    make_backup(group, **{name: getattr(backups[0], name) for name in kept})
    assert run("--all")[0][-1] == "Intact: 4. Damaged: 0. Missing: 0. Not verified: 0."
