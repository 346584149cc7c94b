"""What a restore's preview has compared is kept for the restore, while the list and the files are the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.compared import keys_of
from imports.confirming import cancel_import
from imports.models import Import
from imports.restore_runs import change_wish
from imports.restoring import Way, Wish
from imports.tidying import tidy_imports
from recipients.models import Group, Recipient
from recipients.services import deactivate_recipient
from tests.backups.restores import make_backup, previewed, previewed_restore, rows_of
from tests.factories import make_account, make_field, make_group, make_member, make_recipient
from tests.runs import advance, confirm, fresh, take_pending

MORE = 7  # is added to the number of equal rows that was kept: a report that tells it was not counted anew


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    """Three recipients, one of whom the backup knows otherwise."""
    made = make_group(account)
    make_field(account, "Name", group=made)
    for name in ("ada", "bob", "eve"):
        make_recipient(made, f"{name}@example.org", values={"name": name})
    return made


@pytest.fixture
def run(group: Group, editor: User) -> Import:
    """An exact restore with its preview, the number of equal rows in whose comparison is MORE than there are."""
    backup = make_backup(group, editor)
    with account_scope(group.account_id):
        Recipient.objects.filter(group=group, email="ada@example.org").update(values={"name": "falsch"})
        Group.objects.filter(pk=group.pk).update(revision=group.revision + 1)
    run = previewed_restore(backup, editor, Way.EXACT)
    assert (run.compared["same"], len(keys_of(run))) == (2, 2)
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(compared={**run.compared, "same": 2 + MORE})
    return fresh(run)


def unchanged_after(run: Import, editor: User) -> int:
    """Carry the restore out; gives the number that its report tells."""
    confirm(run, editor)
    take_pending(run.group)
    done = advance(run)
    assert (done.status, done.report["changed"]) == (Import.Status.DONE, 1)
    assert rows_of(run.group)["ada@example.org"]["values"] == {"name": "ada"}
    unchanged: int = done.report["unchanged"]
    return unchanged


def test_what_the_preview_compared_is_not_compared_again(run: Import, editor: User) -> None:
    assert unchanged_after(run, editor) == 2 + MORE


def test_list_that_somebody_wrote_to_is_compared_again(run: Import, editor: User) -> None:
    with account_scope(run.account_id):
        eve = Recipient.objects.get(group=run.group, email="eve@example.org")
        deactivate_recipient(
            account_id=run.account_id, group_id=run.group_id, recipient_id=eve.id, actor=editor, now=timezone.now()
        )

    assert unchanged_after(run, editor) == 2


@pytest.mark.parametrize("name", ["rows", "absent"])
@pytest.mark.parametrize("break_file", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_file_that_is_missing_or_damaged_is_made_anew(
    name: str, break_file: Callable[[Path], object], run: Import, editor: User, storage: Path
) -> None:
    break_file(storage / "imports" / run.compared[name])

    assert unchanged_after(run, editor) == 2


def test_files_go_with_the_end_of_the_restore(run: Import, editor: User, storage: Path) -> None:
    unchanged_after(run, editor)

    assert fresh(run).compared == {}
    assert not [key for key in keys_of(run) if (storage / "imports" / key).exists()]


def test_files_of_a_cancelled_restore_are_tidied_up(run: Import, editor: User, storage: Path) -> None:
    with account_scope(run.account_id):
        cancel_import(run=run, actor=editor, now=timezone.now())
    tidy_imports(now=timezone.now())

    assert fresh(run).compared == {}
    assert not [key for key in keys_of(run) if (storage / "imports" / key).exists()]


def test_another_wish_is_compared_anew(run: Import, editor: User, storage: Path) -> None:
    with account_scope(run.account_id):
        change_wish(run=run, wish=Wish(way=Way.EXACT, exact_status=True))
    again = previewed(fresh(run))

    assert again.compared["same"] == 2
    assert not [key for key in keys_of(run) if (storage / "imports" / key).exists()]
    assert all((storage / "imports" / key).exists() for key in keys_of(again))
