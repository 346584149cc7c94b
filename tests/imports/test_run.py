"""The run of an import, step by step, in one process."""

from pathlib import Path

import pytest

from accounts.models import Account, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.confirming import GroupLocked, ImportAlreadyRunning, cancel_import
from imports.models import Import
from imports.run import sweep_imports
from recipients.holds import PATIENCE, Interface
from recipients.masterdata.file import MasterDataFile
from recipients.models import Group, Recipient
from recipients.storage import local_copy
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient
from tests.runs import advance, backups_of, confirm, fresh, make_draft, run_through, take_pending

FILE = "E-Mail;Name\nada@example.org;Ada\nnew@example.org;Neu\nbroken;?\nada@example.org;Doppelt\n"
TARGETS = ("email", "name")


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
    make_recipient(made, "ada@example.org", values={"name": "Alt"})
    return made


def names(group: Group) -> dict[str, str | None]:
    with account_scope(group.account_id):
        found = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        return {recipient.email: recipient.values.get("name") for recipient in found}


def names_in(backup: Backup) -> dict[str, str | None]:
    with local_copy("backups", backup.file_key) as path, MasterDataFile.open(path) as file:
        return {row["email"]: row["name"] for batch in file.batches() for row in batch.to_pylist()}


def test_an_import_changes_the_list_and_reports(group: Group, editor: User) -> None:
    run = run_through(make_draft(group, FILE, targets=TARGETS), editor)
    assert (run.status, run.failure) == (Import.Status.DONE, "")
    (backup,) = backups_of(group)
    assert run.report == {
        "rows": 4,
        "added": 1,
        "changed": 1,
        "unchanged": 0,
        "removed": 0,
        "skipped": 0,
        "doubled": 1,
        "signed_off": 0,
        "reactivated": 0,
        "kept_inactive": 0,
        "contacts_changed": 0,
        "blocked": 0,
        "status_kept": 0,
        "kept_changed": 0,
        "kept_deleted": 0,
        "contacts_kept": 0,
        "rejected": 1,
        "rejected_by_reason": {"invalid_email": 1},
        "notes": {},
        "backup": str(backup.pk),
        "as_previewed": True,
        "was_empty": False,
    }
    assert names(group) == {"ada@example.org": "Ada", "new@example.org": "Neu"}


def test_the_backup_holds_what_the_import_replaced(group: Group, editor: User) -> None:
    run = run_through(make_draft(group, FILE, targets=TARGETS), editor)
    (backup,) = backups_of(group)
    assert (backup.status, backup.trigger, backup.change_id, backup.label, backup.recipient_count) == (
        Backup.Status.COMPLETE,
        Backup.Trigger.IMPORT,
        run.pk,
        "kunden.csv",
        1,
    )
    assert names_in(backup) == {"ada@example.org": "Alt"}


def test_nothing_changes_before_the_backup_is_complete(group: Group, editor: User) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    assert [advance(run).status for _step in range(3)] == [Import.Status.WAITING] * 3
    assert names(group) == {"ada@example.org": "Alt"}


def test_an_import_without_its_backup_fails_and_changes_nothing(group: Group, editor: User, storage: Path) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    advance(run)
    (storage / "backups").write_text("stands where the folder of the backups should be")
    for _attempt in range(5):
        with account_scope(group.account_id):
            Backup.objects.update(retry_at=None)
        take_pending(group)
    run = advance(run)
    assert (run.status, run.failure, run.failure_detail) == (
        Import.Status.FAILED,
        "backup_failed",
        {"cause": "storage_unavailable"},
    )
    assert names(group) == {"ada@example.org": "Alt"}
    assert [backup.status for backup in backups_of(group)] == [Backup.Status.FAILED]


def test_a_write_after_the_backup_makes_another_one(group: Group, editor: User) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    advance(run)
    take_pending(group)
    make_recipient(group, "late@example.org", values={"name": "Spät"})
    assert advance(run).status == Import.Status.WAITING
    take_pending(group)
    assert advance(run).status == Import.Status.DONE
    assert [names_in(backup) for backup in backups_of(group)] == [
        {"ada@example.org": "Alt"},
        {"ada@example.org": "Alt", "late@example.org": "Spät"},
    ]


def test_writers_who_never_stop_cannot_keep_an_import_from_ending(group: Group, editor: User) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    advance(run)
    for number in range(PATIENCE):
        take_pending(group)
        make_recipient(group, f"late{number}@example.org")
        assert advance(run).status == Import.Status.WAITING
    take_pending(group)
    make_recipient(group, "last@example.org")
    assert advance(run).status == Import.Status.DONE
    last = backups_of(group)[-1]
    assert (last.status, set(names_in(last))) == (
        Backup.Status.COMPLETE,
        {"ada@example.org", "last@example.org", *(f"late{number}@example.org" for number in range(PATIENCE))},
    )


@pytest.mark.parametrize("switch", ["account", "group", "interface", "empty"])
def test_no_backup_is_made_when_the_rules_ask_for_none(
    account: Account, editor: User, group: Group, switch: str
) -> None:
    interface = Interface.API if switch == "interface" else Interface.BROWSER
    with account_scope(account.pk):
        match switch:
            case "account":
                Account.objects.update(automatic_backups=False)
            case "group":
                Group.objects.update(automatic_backups=False)
            case "empty":
                Recipient.objects.of(account_id=account.pk, group_id=group.pk).delete()
                Group.objects.update(recipient_count=0, active_count=0)
        group.refresh_from_db()
    run = make_draft(group, FILE, targets=TARGETS, interface=interface)
    confirm(run, editor)
    advance(run)
    assert advance(run).status == Import.Status.DONE
    assert backups_of(group) == []


def test_an_unchanged_list_shares_the_file_of_its_last_backup(group: Group, editor: User) -> None:
    same = "E-Mail;Name\nada@example.org;Alt\n"
    for _time in range(2):
        run_through(make_draft(group, same, targets=TARGETS), editor)
    first, second = backups_of(group)
    assert (first.status, second.status) == (Backup.Status.COMPLETE, Backup.Status.COMPLETE)
    assert (second.file_key, second.sha256, second.revision) == (first.file_key, first.sha256, first.revision)


def test_a_damaged_file_is_not_shared(group: Group, editor: User, storage: Path) -> None:
    same = "E-Mail;Name\nada@example.org;Alt\n"
    run_through(make_draft(group, same, targets=TARGETS), editor)
    (first,) = backups_of(group)
    (storage / "backups" / first.file_key).write_bytes(b"damaged")
    run_through(make_draft(group, same, targets=TARGETS), editor)
    second = backups_of(group)[-1]
    assert (second.file_key != first.file_key, names_in(second)) == (True, {"ada@example.org": "Alt"})


def test_confirming_twice_starts_once(group: Group, editor: User) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    confirm(run, editor)
    assert len(backups_of(group)) == 1
    with account_scope(group.account_id):
        assert list(AuditEntry.objects.values_list("action", flat=True)) == ["import_started"]


def test_a_second_import_into_the_list_is_refused(group: Group, editor: User) -> None:
    confirm(make_draft(group, FILE, targets=TARGETS), editor)
    second = make_draft(group, FILE, targets=TARGETS)
    with pytest.raises(ImportAlreadyRunning):
        confirm(second, editor)
    assert fresh(second).status == Import.Status.DRAFT


def test_a_locked_list_is_not_imported_into(group: Group, editor: User) -> None:
    with account_scope(group.account_id):
        Group.objects.update(locked=True)
    with pytest.raises(GroupLocked):
        confirm(make_draft(group, FILE, targets=TARGETS), editor)


@pytest.mark.parametrize("steps", [0, 1])
def test_a_cancelled_import_changes_nothing(group: Group, editor: User, steps: int) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    for _step in range(steps):
        advance(run)
    with account_scope(group.account_id):
        assert cancel_import(run=fresh(run), actor=editor, now=NOW)
    take_pending(group)
    assert advance(run).status == Import.Status.CANCELLED
    assert names(group) == {"ada@example.org": "Alt"}


def test_what_is_done_cannot_be_cancelled(group: Group, editor: User) -> None:
    run = run_through(make_draft(group, FILE, targets=TARGETS), editor)
    with account_scope(group.account_id):
        assert not cancel_import(run=run, actor=editor, now=NOW)
    assert fresh(run).status == Import.Status.DONE


def test_an_ended_import_leaves_only_its_rejected_rows(group: Group, editor: User, storage: Path) -> None:
    run = run_through(make_draft(group, FILE, targets=TARGETS), editor)
    left = [str(path.relative_to(storage / "imports")) for path in (storage / "imports").rglob("*") if path.is_file()]
    assert left == [run.rejected_key]
    assert (run.file_key, run.rows_key) == ("", "")


def test_the_sweep_finds_an_import_that_nobody_was_sent_to(group: Group, editor: User) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    confirm(run, editor)
    now = fresh(run).confirmed_at
    assert now is not None
    assert [sweep_imports(now=now), sweep_imports(now=now)] == [1, 0]


def test_a_file_that_is_gone_is_said_to_be_missing(group: Group, editor: User, storage: Path) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    (storage / "imports" / run.file_key).unlink()
    confirm(run, editor)
    run = advance(run)
    assert (run.status, run.failure) == (Import.Status.FAILED, "file_missing")
