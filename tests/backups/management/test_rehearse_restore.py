"""`manage.py rehearse_restore`: what the drill found, and an exit code for it."""

import uuid
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.templatetags.listkeep_format import absolute
from backups.models import Backup
from tests.backups.catalogue import take_backup_of
from tests.backups.damage import remove_file
from tests.factories import make_account, make_group, make_recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def backup(storage: Path, tmp_path: Path) -> Backup:
    group = make_group(make_account())
    make_recipient(group)
    return take_backup_of(group, tmp_path)


def run(*arguments: str) -> tuple[str, int]:
    """What the command says, and how it ends."""
    said, code = StringIO(), 0
    try:
        call_command("rehearse_restore", *arguments, stdout=said)
    except SystemExit as end:
        code = int(end.code or 0)
    return said.getvalue(), code


def test_everything_came_back(backup: Backup) -> None:
    name = f"Kunden 2026 / {absolute(backup.requested_at)} ({backup.pk})"
    told = (f"{name}: equal, recipients: 1, differences: 0\n", 0)
    assert [run(), run("--backup", str(backup.pk))] == [told, told]


def test_drill_that_could_not_be_carried_out_ends_with_seven(backup: Backup) -> None:
    remove_file(backup, backup)
    said, code = run()
    assert (said.partition(": ")[2], code) == ("failed (file_missing), recipients: None\n", 7)


def test_no_such_backup_ends_with_eight(storage: Path) -> None:
    for arguments in ([], ["--backup", str(uuid.uuid4())]):
        with pytest.raises(CommandError) as refused:
            call_command("rehearse_restore", *arguments)
        assert refused.value.returncode == 8
