"""What imports leave behind: it goes when its time has come, and not before."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from imports.confirming import cancel_import
from imports.models import Import
from imports.tidying import ABANDONED_AFTER, REJECTED_KEPT, tidy_imports
from recipients.models import Group
from tests.factories import make_account, make_group, make_member
from tests.runs import confirm, fresh, make_draft, run_through

TEXT = "E-Mail\nada@example.org\nbroken\n"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def group(committed_db: None) -> Group:
    return make_group(make_account())


@pytest.fixture
def editor(group: Group) -> User:
    return make_member(group.account)


def files_in(storage: Path) -> int:
    return sum(path.is_file() for path in (storage / "imports").rglob("*"))


def created(run: Import) -> datetime:
    return fresh(run).created_at


@pytest.mark.parametrize(
    ("age", "status", "files"),
    [(ABANDONED_AFTER - MINUTE, Import.Status.DRAFT, 1), (ABANDONED_AFTER + MINUTE, Import.Status.CANCELLED, 0)],
)
def test_a_draft_is_given_up_after_a_week(
    group: Group, storage: Path, age: timedelta, status: Import.Status, files: int
) -> None:
    run = make_draft(group, TEXT)
    assert tidy_imports(now=created(run) + age) == 1 - files
    assert (fresh(run).status, files_in(storage)) == (status, files)


def test_the_upload_of_a_cancelled_import_goes(group: Group, editor: User, storage: Path) -> None:
    run = make_draft(group, TEXT)
    confirm(run, editor)
    with account_scope(group.account_id):
        assert cancel_import(run=fresh(run), actor=editor, now=timezone.now())
    assert files_in(storage) == 1
    assert tidy_imports(now=timezone.now()) == 1
    assert (fresh(run).file_key, files_in(storage)) == ("", 0)


def test_a_running_import_keeps_its_files(group: Group, editor: User, storage: Path) -> None:
    run = make_draft(group, TEXT)
    confirm(run, editor)
    assert tidy_imports(now=created(run) + 2 * REJECTED_KEPT) == 0
    assert (fresh(run).status, files_in(storage)) == (Import.Status.READING, 1)


@pytest.mark.parametrize(("age", "files"), [(REJECTED_KEPT - MINUTE, 1), (REJECTED_KEPT + MINUTE, 0)])
def test_rejected_rows_are_kept_thirty_days(
    group: Group, editor: User, storage: Path, age: timedelta, files: int
) -> None:
    run = run_through(make_draft(group, TEXT), editor)
    assert run.finished_at is not None
    assert tidy_imports(now=run.finished_at + age) == 1 - files
    assert (bool(fresh(run).rejected_key), files_in(storage)) == (bool(files), files)


def test_a_file_that_storage_does_not_delete_keeps_no_other_from_going(group: Group, storage: Path) -> None:
    stuck, other = make_draft(group, TEXT), make_draft(group, TEXT)
    blocked = storage / "imports" / stuck.file_key
    blocked.unlink()
    (blocked / "a folder with something in it").mkdir(parents=True)
    later = created(other) + ABANDONED_AFTER + MINUTE
    assert tidy_imports(now=later) == 1
    assert (bool(fresh(stuck).file_key), fresh(other).file_key) == (True, "")
    (blocked / "a folder with something in it").rmdir()
    assert tidy_imports(now=later) == 1
    assert fresh(stuck).file_key == ""
