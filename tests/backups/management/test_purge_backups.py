"""`manage.py purge_backups`."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import account_scope
from backups.management.commands.purge_backups import Command
from backups.models import Backup
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.factories import make_account, make_group, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def group(storage: Path) -> Group:
    return make_group(make_account())


def run(*arguments: str) -> list[str]:
    """What the command says, by lines."""
    said = StringIO()
    call_command("purge_backups", *arguments, stdout=said)
    return said.getvalue().splitlines()


def failed_run(*arguments: str) -> tuple[list[str], CommandError]:
    """What the command says before it fails, by lines, and its failure."""
    said = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("purge_backups", *arguments, stdout=said)
    return said.getvalue().splitlines(), failure.value


def put_in_the_way(backup: Backup) -> None:
    """Let storage fail to delete the backup's file: a folder with something in it stands in its place."""
    path = Path(place("backups").path(backup.file_key))
    path.unlink()
    (path / "in the way").mkdir(parents=True)


def left(group: Group) -> int:
    with account_scope(group.account_id):
        return Backup.objects.count()


def test_purge_deletes_what_is_due_and_says_how_much(group: Group, tmp_path: Path, now: datetime) -> None:
    old = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    make_backup(group, requested_at=now - 32 * DAY, status=Backup.Status.FAILED)
    make_backup(group, requested_at=now)
    assert run() == ["Backups deleted: 2. Files deleted: 1."]
    assert (left(group), place("backups").exists(old.file_key)) == (1, False)


def test_dry_run_says_of_each_why_it_goes_or_stays_and_deletes_nothing(
    group: Group, tmp_path: Path, now: datetime
) -> None:
    alone, shared, failed = (now - days * DAY for days in (33, 32, 31))
    first = take_backup_of(group, tmp_path, requested_at=alone)
    second = take_backup_of(group, tmp_path, requested_at=shared)
    third = make_backup(group, requested_at=failed, status=Backup.Status.FAILED)
    fourth = make_backup(group, requested_at=now - 20 * DAY - HOUR, file_key=second.file_key)
    fifth = make_backup(group, requested_at=now - 2 * DAY, completed_at=now + DAY, expires_at=now - DAY)
    sixth = make_backup(
        group,
        requested_at=now - 40 * DAY,
        pinned_at=now - DAY,
        pinned_by=make_user("anna@example.org"),
        pin_reason="Prüfung",
    )
    seventh = make_backup(group, requested_at=now - DAY - HOUR, status=Backup.Status.FAILED)
    eighth = make_backup(group, requested_at=now, status=Backup.Status.PENDING)
    make_backup(group, requested_at=now, status=Backup.Status.PURGING)
    said = {
        sixth: f"kept, pinned by anna@example.org on {absolute(now - DAY)}: Prüfung",
        first: f"goes, it was kept until {absolute(alone + 30 * DAY)}; its file goes too",
        second: (f"goes, it was kept until {absolute(shared + 30 * DAY)}; its file stays, another backup refers to it"),
        third: f"failed, goes, it was kept until {absolute(failed + 30 * DAY)}; it has no file",
        fourth: f"kept until {absolute(fourth.requested_at + 30 * DAY)}, 9 days left",
        fifth: "kept, its times contradict each other",
        seventh: f"failed, kept until {absolute(seventh.requested_at + 30 * DAY)}, 28 days left",
        eighth: "kept, it is still being made",
    }
    lines, error = failed_run("--dry-run")
    assert lines == [
        *[
            f"Blumen Berger / Kunden 2026 / {absolute(backup.requested_at)} ({backup.pk}): {text}"
            for backup, text in said.items()
        ],
        "Due: 3. Kept: 5, of them pinned: 1. Begun before and not finished: 1.",
    ]
    assert (str(error), error.returncode) == ("Backups kept because their times contradict each other: 1.", 5)
    assert (left(group), place("backups").exists(first.file_key)) == (9, True)


def test_dry_run_with_nothing_in_the_way_ends_well(group: Group, now: datetime) -> None:
    make_backup(group, requested_at=now - 31 * DAY)
    assert run("--dry-run")[-1] == "Due: 1. Kept: 0, of them pinned: 0. Begun before and not finished: 0."


def test_file_that_two_due_backups_share_goes_with_them(group: Group, tmp_path: Path, now: datetime) -> None:
    first = take_backup_of(group, tmp_path, requested_at=now - 33 * DAY)
    make_backup(group, requested_at=now - 32 * DAY, file_key=first.file_key)
    assert [line.rpartition("; ")[2] for line in run("--dry-run")[:2]] == ["its file goes too"] * 2


def test_file_of_a_due_backup_stays_for_a_pinned_one(group: Group, tmp_path: Path, now: datetime) -> None:
    first = take_backup_of(group, tmp_path, requested_at=now - 33 * DAY)
    make_backup(group, requested_at=now - 32 * DAY, file_key=first.file_key, pinned_at=now)
    assert run("--dry-run")[0].endswith("; its file stays, another backup refers to it")


def test_purge_fails_when_storage_kept_a_file(group: Group, tmp_path: Path, now: datetime) -> None:
    backup = take_backup_of(group, tmp_path, requested_at=now - 31 * DAY)
    put_in_the_way(backup)
    _lines, error = failed_run()
    assert str(error) == "Files that storage did not delete: 1. They are hidden and tried again."
    assert error.returncode == 4


def test_purge_fails_when_it_kept_a_contradictory_backup(group: Group, now: datetime) -> None:
    make_backup(group, completed_at=now + DAY, expires_at=now - DAY)
    _lines, error = failed_run()
    assert (str(error), error.returncode) == ("Backups kept because their times contradict each other: 1.", 5)


def test_storage_that_keeps_files_comes_before_contradictory_times(group: Group, tmp_path: Path, now: datetime) -> None:
    make_backup(group, completed_at=now + DAY, expires_at=now - DAY)
    put_in_the_way(take_backup_of(group, tmp_path, requested_at=now - 31 * DAY))
    _lines, error = failed_run()
    assert (len(str(error).splitlines()), error.returncode) == (2, 4)


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_clock_in_doubt_has_a_code_of_its_own(
    group: Group, now: datetime, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    due = make_backup(group, requested_at=now - 31 * DAY)
    monkeypatch.setattr(timezone, "now", lambda: now + DAY)
    lines, error = failed_run(*arguments)
    assert (error.returncode, left(group)) == (3, 1)
    assert str(error).startswith("Nothing is deleted. The clock is ")
    if arguments:
        assert f"({due.pk}): would go, but the clock is in doubt, it was kept until" in lines[0]


def test_wrong_arguments_end_with_two_and_help_names_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    codes = {}
    for argument in ("--wrong", "--help"):
        with pytest.raises(SystemExit) as ended:
            Command().run_from_argv(["manage.py", "purge_backups", argument])
        codes[argument] = ended.value.code
    assert codes == {"--wrong": 2, "--help": 0}
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.split("exit codes:\n")[1].splitlines() if line] == list("012345")
