"""Undo: what an import did is taken back, whoever changed since is kept and named, and an undo can be undone."""

from collections.abc import Iterator
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.restoring import CannotRestore
from backups.retention import purge_due_backups
from backups.undoing import prepare_undo, why_not_undoable
from imports.confirming import cancel_import
from imports.models import Import
from imports.restore_runs import change_wish
from imports.restoring import Wish
from recipients.masterdata.file import FieldType
from recipients.models import BlockedAddress, Contact, Group, Recipient, Removal
from recipients.services import deactivate_recipient, edit_recipient
from recipients.storage import local_copy
from tests.backups.restores import carried_out, previewed, previewed_undo, rows_of, undone
from tests.factories import (
    NOW,
    make_account,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)
from tests.recipients.deletions import ask_to_delete, ask_to_delete_recipients, carry_out
from tests.runs import backups_of, fresh, make_draft, run_through

TARGETS = ("email", "name", "stadt")
WRONG = "E-Mail;Name;Stadt\n" + "".join(f"{who}@example.org;falsch;Bonn\n" for who in ("ada", "bob", "cem", "new", "x"))


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Name", group=made)
    make_field(account, "Umsatz", FieldType.NUMBER, group=made)
    make_field(account, "Stadt", group=None)
    for name in ("ada", "bob", "cem", "dan"):
        make_recipient(made, f"{name}@example.org", values={"name": name.title(), "umsatz": 12}, tags=["vip"])
    make_contact(account, "ada@example.org", {"stadt": "Köln"})
    return made


def imported(group: Group, editor: User, text: str = WRONG, mode: Import.Mode = Import.Mode.UPDATE_AND_ADD) -> Import:
    run = run_through(make_draft(group, text, targets=TARGETS, mode=mode), editor)
    assert run.status == Import.Status.DONE
    return run


def ids(group: Group, email: str) -> int:
    with account_scope(group.account_id):
        return Recipient.objects.get(group=group, email=email).id


def edit(group: Group, editor: User, email: str, **changes: object) -> None:
    with account_scope(group.account_id):
        edit_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=ids(group, email),
            changes=changes,
            actor=editor,
            now=timezone.now(),
        )


def sign_off(group: Group, editor: User, email: str) -> None:
    with account_scope(group.account_id):
        deactivate_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=ids(group, email),
            actor=editor,
            now=timezone.now(),
        )


def cities(account: Account) -> dict[str, str]:
    with account_scope(account.pk):
        return {one.email: one.values["stadt"] for one in Contact.objects.all()}


def test_undo_brings_back_the_state_before_the_import(account: Account, group: Group, editor: User) -> None:
    before = rows_of(group)
    run = imported(group, editor)

    undo = undone(run, editor)

    assert rows_of(group) == before
    assert cities(account) == {"ada@example.org": "Köln"}
    told = undo.report
    assert (told["changed"], told["removed"], told["added"], told["unchanged"]) == (3, 2, 0, 1)
    assert (told["kept_changed"], told["kept_deleted"]) == (0, 0)
    assert backups_of(group)[-1].trigger == Backup.Trigger.RESTORE


def test_who_changed_since_is_kept_and_named(account: Account, group: Group, editor: User) -> None:
    run = imported(group, editor)
    edit(group, editor, "ada@example.org", name="Ada von Hand")
    edit(group, editor, "new@example.org", name="Neu von Hand")
    sign_off(group, editor, "bob@example.org")
    sign_off(group, editor, "dan@example.org")
    carry_out(ask_to_delete_recipients(group, editor, emails=["cem@example.org"]), group)
    there = rows_of(group)

    undo = previewed_undo(run, editor)

    outcome = undo.preview["outcome"]
    assert (outcome["kept_changed"], outcome["kept_deleted"], outcome["removed"], outcome["changed"]) == (4, 1, 1, 0)
    kept = [
        {"email": "ada@example.org", "reason": "edited"},
        {"email": "bob@example.org", "reason": "signed_off"},
        {"email": "cem@example.org", "reason": "deleted"},
        {"email": "dan@example.org", "reason": "signed_off"},
        {"email": "new@example.org", "reason": "added"},
    ]
    assert undo.preview["details"]["kept"] == kept
    with local_copy("imports", undo.kept_key) as path:
        assert pq.read_table(path).to_pylist() == kept
    assert undo.preview["take_changed"] == 4
    carried_out(undo, editor)
    del there["x@example.org"]
    assert rows_of(group) == there


def test_who_changed_since_is_taken_back_when_asked_but_nobody_turned_active(group: Group, editor: User) -> None:
    before = rows_of(group)
    run = imported(group, editor)
    edit(group, editor, "ada@example.org", name="Ada von Hand")
    sign_off(group, editor, "bob@example.org")
    carry_out(ask_to_delete_recipients(group, editor, emails=["cem@example.org"]), group)
    undo = previewed_undo(run, editor)

    carried_out(with_wish(undo, take_changed=True), editor)

    after = rows_of(group)
    signed_off = after["bob@example.org"].pop("deactivated_at")
    assert (signed_off is not None, before["bob@example.org"].pop("deactivated_at")) == (True, None)
    assert after == before


def with_wish(run: Import, **changes: bool) -> Import:
    with account_scope(run.account_id):
        change_wish(run=run, wish=Wish.from_json(run.restore | changes))
    return previewed(run)


def test_an_undo_can_be_undone(account: Account, group: Group, editor: User) -> None:
    run = imported(group, editor)
    after_import, wide = rows_of(group), cities(account)

    undo = undone(run, editor)
    again = undone(undo, editor)

    assert rows_of(group) == after_import
    assert cities(account) == wide
    assert (again.report["changed"], again.report["added"], again.report["removed"]) == (3, 2, 0)


def test_whom_a_file_deleted_comes_back_and_whom_somebody_else_deleted_does_not(group: Group, editor: User) -> None:
    before = rows_of(group)
    text = "E-Mail;Name;Stadt\nada@example.org;;\nbob@example.org;;\n"
    run = imported(group, editor, text, mode=Import.Mode.DELETE)
    carry_out(ask_to_delete_recipients(group, editor, emails=["cem@example.org"]), group)

    undo = undone(run, editor)

    assert set(rows_of(group)) == {"ada@example.org", "bob@example.org", "dan@example.org"}
    assert rows_of(group)["ada@example.org"] == before["ada@example.org"]
    assert (undo.report["added"], undo.report["kept_deleted"]) == (2, 1)


def test_whom_a_file_signed_off_stays_so_unless_asked(group: Group, editor: User) -> None:
    before = rows_of(group)
    text = "E-Mail;Name;Stadt\nada@example.org;;\nbob@example.org;;\n"
    run = imported(group, editor, text, mode=Import.Mode.DEACTIVATE)

    undo = previewed_undo(run, editor)
    assert (undo.preview["outcome"]["kept_inactive"], undo.preview["outcome"]["status_kept"]) == (2, 2)
    assert undo.preview["exact_status"] == {"reactivated": 2, "kept": 2}
    undo = carried_out(with_wish(undo, exact_status=True), editor)

    assert (rows_of(group), undo.report["reactivated"]) == (before, 2)


def test_an_import_into_an_empty_list_is_taken_back_without_a_backup(account: Account, editor: User) -> None:
    group = make_group(account)
    make_field(account, "Name", group=group)
    make_field(account, "Stadt", group=None)
    run = imported(group, editor)

    undo = undone(run, editor)

    assert (rows_of(group), cities(account), undo.report["removed"]) == ({}, {}, 5)


def test_values_that_other_lists_show_and_nobody_knows_from_before_stay_and_are_counted(
    account: Account, group: Group, editor: User
) -> None:
    other = make_group(account, "Andere")
    make_recipient(other, "new@example.org")
    run = imported(group, editor)

    undo = undone(run, editor)

    assert cities(account) == {"ada@example.org": "Köln", "new@example.org": "Bonn"}
    assert undo.report["contacts_kept"] == 1


def test_who_is_blocked_by_now_is_not_possible_and_counted(account: Account, group: Group, editor: User) -> None:
    text = "E-Mail;Name;Stadt\nada@example.org;;\n"
    run = imported(group, editor, text, mode=Import.Mode.DELETE)
    make_blocked(account, "ada@example.org")

    undo = undone(run, editor)

    assert ("ada@example.org" in rows_of(group), undo.report["blocked"]) == (False, 1)


def codes(group: Group, editor: User) -> Iterator[str]:
    """Why an import cannot be taken back, as things get worse."""
    run = imported(group, editor)
    yield why(run)
    undo = previewed_undo(run, editor)
    yield why(run)
    carried_out(undo, editor)
    yield why(run)


def why(run: Import) -> str:
    with account_scope(run.account_id):
        return why_not_undoable(run=fresh(run))


def test_an_import_is_undone_once(group: Group, editor: User) -> None:
    assert list(codes(group, editor)) == ["", "", "undone"]


def test_two_presses_make_one_undo(group: Group, editor: User) -> None:
    run = imported(group, editor)
    with account_scope(group.account_id):
        first = prepare_undo(run=run, actor=editor, now=NOW)
        assert prepare_undo(run=run, actor=editor, now=NOW).pk == first.pk
        cancel_import(run=first, actor=editor, now=NOW)
        assert prepare_undo(run=run, actor=editor, now=NOW + timedelta(minutes=1)).pk != first.pk


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "purging"}, "backup_purged"),
        ({"damage": "differs"}, "backup_damaged"),
    ],
)
def test_without_its_backup_an_import_is_not_undone(
    group: Group, editor: User, changes: dict[str, str], code: str
) -> None:
    run = imported(group, editor)
    with account_scope(group.account_id):
        Backup.objects.filter(group=group).update(**changes)

    assert why(run) == code
    with account_scope(group.account_id), pytest.raises(CannotRestore, match=code):
        prepare_undo(run=run, actor=editor, now=NOW)


def test_an_import_without_a_backup_is_not_undone(account: Account, group: Group, editor: User) -> None:
    with account_scope(account.pk):
        Account.objects.update(automatic_backups=False)

    assert why(imported(group, editor)) == "no_backup"


def test_whom_a_file_deleted_is_remembered_as_long_as_its_backup(account: Account, group: Group, editor: User) -> None:
    imported(group, editor, "E-Mail;Name;Stadt\nada@example.org;;\n", mode=Import.Mode.DELETE)
    assert removals(account) == ["ada@example.org"]
    with account_scope(account.pk):
        Backup.objects.update(expires_at=timezone.now() - timedelta(days=1), completed_at=NOW, requested_at=NOW)

    purge_due_backups(now=timezone.now())

    assert removals(account) == []


def test_without_a_backup_nobody_is_remembered(account: Account, group: Group, editor: User) -> None:
    with account_scope(account.pk):
        Account.objects.update(automatic_backups=False)
    imported(group, editor, "E-Mail;Name;Stadt\nada@example.org;;\n", mode=Import.Mode.DELETE)
    assert removals(account) == []


def test_the_block_list_of_a_deleted_list_goes_with_its_last_backup(
    account: Account, group: Group, editor: User
) -> None:
    make_blocked(account, "spam@example.org", group=group)
    carry_out(ask_to_delete(group, editor), group)
    with account_scope(account.pk):
        Backup.objects.update(expires_at=timezone.now() - timedelta(days=1), completed_at=NOW, requested_at=NOW)
        assert BlockedAddress.objects.count() == 1

    purge_due_backups(now=timezone.now())

    with account_scope(account.pk):
        assert BlockedAddress.objects.count() == 0


def removals(account: Account) -> list[str]:
    with account_scope(account.pk):
        return list(Removal.objects.values_list("email", flat=True))
