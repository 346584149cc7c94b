"""Which copies of files a machine keeps, how long, and who tidies it."""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone

from accounts.tenancy import account_scope
from backups import kept_files
from backups.kept_files import FILE, IN_USE, KEPT, MOST_BYTES, NEW, TIDIED_EVERY, kept_folder, tidy_beside
from backups.retention import purge_due_backups
from backups.tasks import tidy_kept_files_task
from backups.viewing import Asked, read_rows
from recipients.erased import Erased
from recipients.scratch import SCRATCH_KEPT, scratch_folder
from tests import environment
from tests.backups.catalogue import DAY, take_backup_of
from tests.backups.test_viewing import KEY, no_kept_files  # noqa: F401 - used by its name
from tests.factories import make_account, make_group, make_recipient
from tests.faults.watching import wait_until

MINUTE = timedelta(minutes=1)
LONG_AGO = KEPT + MINUTE


def keep(name: str, *, size: int = 1, looked_at: timedelta = timedelta(0)) -> Path:
    """A copy of that many bytes that was looked at so long ago."""

    def fill(path: Path) -> None:
        path.write_bytes(b"x" * size)

    folder = kept_folder(name, fill)
    age(folder, looked_at)
    return folder


def age(folder: Path, by: timedelta) -> None:
    """Let a folder have been looked at so long ago."""
    at = time.time() - by.total_seconds()
    os.utime(folder, (at, at))


def kept() -> list[str]:
    """The names of the copies that are there."""
    return sorted(folder.name for folder in kept_files._root().iterdir())


def test_bounds_are_those_that_the_operators_are_told() -> None:
    text = (environment.ROOT / "docs" / "operations.md").read_text()
    assert f"{KEPT // MINUTE} minutes" in text
    assert f"{(KEPT + TIDIED_EVERY) // MINUTE} minutes" in text
    assert f"{MOST_BYTES // 10**9} GB" in text


def test_what_was_looked_at_longest_ago_goes_first_until_the_rest_is_small_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, minutes in (("second", 3), ("last", 5), ("first", 2), ("third", 4)):
        keep(name, size=10, looked_at=minutes * MINUTE)
    monkeypatch.setattr(kept_files, "MOST_BYTES", 25)
    tidy_kept_files_task()
    assert kept() == ["first", "second"]


def test_what_was_looked_at_within_the_last_minute_stays_though_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        keep(f"young{number}", size=10, looked_at=IN_USE / 4 * number)
    keep("old", size=10, looked_at=2 * IN_USE)
    monkeypatch.setattr(kept_files, "MOST_BYTES", 5)
    tidy_kept_files_task()
    assert kept() == ["young0", "young1", "young2"]


def test_copy_that_is_just_being_made_stays_though_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file takes longer from a server than a look counts as one."""
    monkeypatch.setattr(kept_files, "MOST_BYTES", 5)
    being_made = kept_files._root() / f"{NEW}1"
    being_made.mkdir()
    (being_made / FILE).write_bytes(b"x" * 10)
    age(being_made, 2 * IN_USE)
    tidy_kept_files_task()
    assert kept() == [being_made.name]


def test_copy_that_a_dead_process_was_making_goes_like_any_other() -> None:
    left = kept_files._root() / f"{NEW}1"
    left.mkdir()
    age(left, LONG_AGO)
    keep("seen", looked_at=KEPT - MINUTE)
    tidy_kept_files_task()
    assert kept() == ["seen"]


def test_each_look_gives_a_copy_its_whole_time_again() -> None:
    keep("seen", looked_at=KEPT - MINUTE)
    kept_folder("seen", lambda _path: pytest.fail("the copy is there"))
    tidy_kept_files_task()
    assert kept() == ["seen"]


def test_copies_are_no_scratch_that_was_left_on_a_day_without_a_new_one() -> None:
    folder = keep("seen")
    age(folder.parent, SCRATCH_KEPT + MINUTE)
    kept_folder("seen", lambda _path: pytest.fail("the copy is there"))
    with scratch_folder():
        assert kept() == ["seen"]


def test_process_that_serves_pages_tidies_though_nobody_looks() -> None:
    ended = tidy_beside(every=timedelta(milliseconds=1))
    try:
        keep("seen")
        folder = keep("old")
        age(folder, LONG_AGO)
        wait_until(lambda: kept() == ["seen"], "the tidying")
    finally:
        ended.set()
        for one in threading.enumerate():
            if one.name == "tidy-kept-files":
                one.join()


def test_each_web_process_tidies_its_machine_by_itself() -> None:
    program = "import threading, config.wsgi; print([one.name for one in threading.enumerate()])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "tidy-kept-files" in told.stdout


def test_beat_has_the_machine_of_its_worker_tidied_as_often() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["tidy-kept-files"]
    assert entry == {"task": tidy_kept_files_task.name, "schedule": crontab(minute="*/5")}
    assert timedelta(minutes=5) == TIDIED_EVERY


@pytest.mark.django_db
@pytest.mark.usefixtures("storage")
def test_copy_of_a_purged_backup_goes_when_its_time_is_over(tmp_path: Path) -> None:
    group = make_group(make_account())
    make_recipient(group)
    backup = take_backup_of(group, tmp_path, requested_at=timezone.now() - 31 * DAY)
    with account_scope(backup.account_id):
        read_rows(backup=backup, erased=Erased(KEY, frozenset()), asked=Asked())
    (name,) = kept()
    assert purge_due_backups(now=timezone.now()).purged == 1
    age(kept_files._root() / name, LONG_AGO)
    tidy_kept_files_task()
    assert kept() == []
