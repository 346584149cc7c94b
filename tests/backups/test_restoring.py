"""Restores, each way, from the person's wish to the list: what comes back, what stays, and who is spared."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.restoring import CannotRestore, prepare_restore
from imports.confirming import GroupPresent
from imports.models import Import
from imports.restoring import Way, Wish
from recipients.masterdata.file import FieldType
from recipients.models import BlockedAddress, Contact, Field, Group, Recipient
from recipients.services import deactivate_recipient
from tests.backups.restores import carried_out, make_backup, previewed_restore, restored, rows_of
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
from tests.recipients.deletions import ask_to_delete, ask_to_delete_field, ask_to_delete_recipients, carry_out
from tests.runs import advance, backups_of, confirm, make_draft, run_through, take_pending

SIGNED_OFF = NOW + timedelta(days=3)


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account, note="Messe Köln")
    make_field(account, "Name", group=made)
    make_field(account, "Umsatz", FieldType.NUMBER, group=made)
    make_field(account, "Stadt", group=None)
    make_recipient(made, "ada@example.org", values={"name": "Ada", "umsatz": 12}, tags=["vip"], source="Shop")
    make_recipient(made, "bob@example.org", values={"name": "Bob"})
    make_contact(account, "ada@example.org", {"stadt": "Köln"})
    return made


def delete_list_now(group: Group, editor: User) -> None:
    carry_out(ask_to_delete(group, editor), group)


def delete_field_now(group: Group, key: str, editor: User) -> None:
    with account_scope(group.account_id):
        field = Field.objects.get(group=group, key=key)
    carry_out(ask_to_delete_field(field, editor), group)


WRONG = (
    "E-Mail;Name;Stadt\n"
    "ada@example.org;falsch;Bonn\nbob@example.org;falsch;\nnew@example.org;Neu;Ulm\nx@example.org;X;\n"
)
TARGETS = ("email", "name", "stadt")


def wrong_import(group: Group, editor: User) -> Import:
    run = run_through(make_draft(group, WRONG, targets=TARGETS), editor)
    assert run.status == Import.Status.DONE
    return run


def cities(account: Account) -> dict[str, str]:
    with account_scope(account.pk):
        return {one.email: one.values["stadt"] for one in Contact.objects.all()}


def test_update_and_add_is_what_an_import_by_hand_does(account: Account, group: Group, editor: User) -> None:
    before = rows_of(group)
    backup = make_backup(group, editor)
    wrong_import(group, editor)

    run = restored(backup, editor, Way.UPDATE_AND_ADD)

    after = rows_of(group)
    assert {email: after[email] for email in before} == before
    assert set(after) == {*before, "new@example.org", "x@example.org"}
    assert cities(account) == {"ada@example.org": "Bonn", "new@example.org": "Ulm"}
    assert (run.report["changed"], run.report["added"], run.report["removed"]) == (2, 0, 0)
    safety = backups_of(group)[-1]
    assert (safety.trigger, safety.status, str(safety.pk)) == (
        Backup.Trigger.RESTORE,
        Backup.Status.COMPLETE,
        run.report["backup"],
    )
    with account_scope(account.pk):
        actions = list(AuditEntry.objects.values_list("action", flat=True))
    assert {AuditAction.RESTORE_STARTED, AuditAction.RESTORE_DONE} <= set(actions)


def test_update_and_add_clears_what_was_empty_only_when_asked(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    with account_scope(group.account_id):
        Recipient.objects.filter(email="bob@example.org").update(values={"name": "Bob", "umsatz": 5}, tags=["neu"])

    restored(backup, editor, Way.UPDATE_AND_ADD)
    assert rows_of(group)["bob@example.org"]["values"] == {"name": "Bob", "umsatz": 5}

    run = previewed_restore(backup, editor, Way.UPDATE_AND_ADD, clear_empty=True)
    carried_out(run, editor)
    bob = rows_of(group)["bob@example.org"]
    assert (bob["values"], bob["tags"]) == ({"name": "Bob"}, [])


def test_exactly_removes_who_was_added_since(account: Account, group: Group, editor: User) -> None:
    before = rows_of(group)
    backup = make_backup(group, editor)
    wrong_import(group, editor)

    run = restored(backup, editor, Way.EXACT, overwrite_account_values=True)

    assert rows_of(group) == before
    assert cities(account) == {"ada@example.org": "Köln"}
    assert (run.report["changed"], run.report["added"], run.report["removed"]) == (2, 0, 2)
    with account_scope(account.pk):
        present = Group.objects.get(pk=group.pk)
    assert (present.recipient_count, present.active_count) == (2, 2)


def test_exactly_makes_a_safety_backup_whatever_the_switches_say(account: Account, group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    with account_scope(account.pk):
        Account.objects.update(automatic_backups=False)
        Group.objects.update(automatic_backups=False)
        Recipient.objects.filter(email="bob@example.org").update(source="anders")

    run = restored(backup, editor, Way.EXACT)

    assert backups_of(group)[-1].trigger == Backup.Trigger.RESTORE
    assert "backup" in run.report


def test_who_unsubscribed_since_stays_so_and_is_counted(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    sign_off(group, "bob@example.org", editor)

    for way in (Way.UPDATE_AND_ADD, Way.EXACT, Way.SELECTED):
        emails = ("bob@example.org",) if way is Way.SELECTED else None
        run = previewed_restore(backup, editor, way, emails=emails)
        assert run.preview["outcome"]["kept_inactive"] == 1
        assert run.preview["exact_status"] == {"reactivated": 1, "kept": 1}
        carried_out(run, editor)
        assert rows_of(group)["bob@example.org"]["deactivated_at"] is not None


def test_status_comes_back_exactly_when_that_was_asked_for(group: Group, editor: User) -> None:
    before = rows_of(group)
    backup = make_backup(group, editor)
    sign_off(group, "bob@example.org", editor)

    run = restored(backup, editor, Way.EXACT, exact_status=True)

    assert rows_of(group) == before
    assert run.report["reactivated"] == 1


def sign_off(group: Group, email: str, editor: User) -> None:
    with account_scope(group.account_id):
        recipient = Recipient.objects.get(group=group, email=email)
        deactivate_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=recipient.id,
            actor=editor,
            now=timezone.now(),
        )


def test_who_unsubscribed_before_they_were_deleted_comes_back_unsubscribed(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    sign_off(group, "bob@example.org", editor)
    make_backup(group, editor)  # knows it
    delete_list_now(group, editor)

    run = restored(backup, editor, Way.REVIVE)

    assert rows_of(group)["bob@example.org"]["deactivated_at"] is not None
    assert run.report["signed_off_later"] == 1
    assert run.preview["exact_status"] == {"reactivated": 1, "kept": 1}


def test_who_left_after_the_preview_comes_back_unsubscribed(group: Group, editor: User) -> None:
    """They unsubscribe and are deleted while the person looks at the preview; the deletion's backup knows it."""
    run = previewed_restore(make_backup(group, editor), editor, Way.UPDATE_AND_ADD)
    sign_off(group, "bob@example.org", editor)
    carry_out(ask_to_delete_recipients(group, editor, emails=["bob@example.org"]), group)

    confirm(run, editor)
    take_pending(group)
    while run.status not in (Import.Status.DONE, Import.Status.FAILED):
        run = advance(run)

    assert (run.status, run.report["signed_off_later"]) == (Import.Status.DONE, 1)
    assert rows_of(group)["bob@example.org"]["deactivated_at"] is not None


def test_a_new_list_has_those_unsubscribed_who_unsubscribed_in_the_old_one(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    sign_off(group, "bob@example.org", editor)

    run = restored(backup, editor, Way.NEW_LIST, new_name="Kunden wie damals")

    rows = rows_of(run.group)
    assert {email for email, row in rows.items() if row["deactivated_at"]} == {"bob@example.org"}


def test_a_new_list_is_there_only_when_its_rows_are(account: Account, group: Group, editor: User) -> None:
    before = rows_of(group)
    make_blocked(account, "spam@example.org", group=group)
    backup = make_backup(group, editor)

    run = previewed_restore(backup, editor, Way.NEW_LIST, new_name="Kunden wie damals")
    with account_scope(account.pk):
        assert Group.objects.present().count() == 1
    carried_out(run, editor)

    with account_scope(account.pk):
        made = Group.objects.present().exclude(pk=group.pk).get()
        labels = list(Field.objects.filter(group=made).values_list("label", flat=True))
        blocked = list(BlockedAddress.objects.filter(group=made).values_list("pattern", flat=True))
    assert (made.name, made.note, made.recipient_count) == ("Kunden wie damals", "Messe Köln", 2)
    assert (labels, blocked) == (["Name", "Umsatz"], ["spam@example.org"])
    by_label = {email: {**row, "values": len(row["values"])} for email, row in rows_of(made).items()}
    assert by_label == {email: {**row, "values": len(row["values"])} for email, row in before.items()}
    assert rows_of(group) == before


def test_a_deleted_list_comes_back_with_all_that_it_was(account: Account, group: Group, editor: User) -> None:
    make_blocked(account, "spam@example.org", group=group)
    before = rows_of(group)
    delete_list_now(group, editor)
    assert rows_of(group) == {}
    (backup,) = backups_of(group)

    restored(backup, editor, Way.REVIVE)

    assert rows_of(group) == before
    with account_scope(account.pk):
        back = Group.objects.get(pk=group.pk)
        labels = list(Field.objects.filter(group=group).order_by("position").values_list("label", flat=True))
        patterns = list(BlockedAddress.objects.filter(group=group).values_list("pattern", flat=True))
    assert (back.deleted_at, back.name, back.note, back.recipient_count) == (None, group.name, "Messe Köln", 2)
    assert (labels, patterns) == (["Name", "Umsatz"], ["spam@example.org"])
    assert cities(account) == {"ada@example.org": "Köln"}


def test_a_deleted_list_is_brought_back_once(group: Group, editor: User) -> None:
    delete_list_now(group, editor)
    (backup,) = backups_of(group)
    second = previewed_restore(backup, editor, Way.REVIVE)
    restored(backup, editor, Way.REVIVE)

    with pytest.raises(GroupPresent):
        confirm(second, editor)


def test_selected_recipients_come_back_as_they_were_and_nobody_else(group: Group, editor: User) -> None:
    before = rows_of(group)
    backup = make_backup(group, editor)
    wrong_import(group, editor)

    run = restored(backup, editor, Way.SELECTED, emails=("ada@example.org", "nobody@example.org"))

    after = rows_of(group)
    assert after["ada@example.org"] == before["ada@example.org"]
    assert (after["bob@example.org"]["values"], run.report["rows"]) == ({"name": "falsch"}, 1)


def test_a_search_selects_those_whom_the_view_of_the_backup_finds(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    wrong_import(group, editor)

    run = restored(backup, editor, Way.SELECTED, search="bob@", status="active")

    assert run.report["rows"] == 1
    assert rows_of(group)["bob@example.org"]["values"] == {"name": "Bob"}


def test_selected_fields_come_back_for_those_who_are_there(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    with account_scope(group.account_id):
        Recipient.objects.filter(email="ada@example.org").update(values={"name": "falsch", "umsatz": 99}, source="neu")
        Recipient.objects.filter(email="bob@example.org").delete()

    run = restored(backup, editor, Way.SELECTED, columns=("name",))

    rows = rows_of(group)
    assert (set(rows), rows["ada@example.org"]["values"]) == ({"ada@example.org"}, {"name": "Ada", "umsatz": 99})
    assert (rows["ada@example.org"]["source"], run.report["skipped"]) == ("neu", 1)


def test_who_is_blocked_now_is_not_added_but_stays(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    make_blocked(group.account, "*@example.org")
    with account_scope(group.account_id):
        Recipient.objects.filter(email="bob@example.org").delete()

    run = restored(backup, editor, Way.EXACT)

    assert set(rows_of(group)) == {"ada@example.org"}
    assert (run.report["blocked"], run.report["removed"]) == (1, 0)


def test_a_damaged_backup_is_not_brought_back(group: Group, editor: User, storage: Path) -> None:
    backup = make_backup(group, editor)
    before = rows_of(group)
    run = previewed_restore(backup, editor, Way.EXACT)
    path = storage / "backups" / backup.file_key
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with account_scope(group.account_id), pytest.raises(CannotRestore) as refused:
        previewed_restore(backup, editor, Way.EXACT)
    assert refused.value.code == "damaged"
    carried_out(run, editor)  # its rows were read, and verified, before
    assert rows_of(group) == before


def test_a_purged_backup_ends_the_preview_with_its_reason(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    with account_scope(group.account_id):
        begun = prepare_restore(backup=backup, wish=Wish(way=Way.EXACT), actor=editor, now=NOW)
        Backup.objects.filter(pk=backup.pk).update(status=Backup.Status.PURGING)

    run = advance(begun)

    assert (run.status, run.failure) == (Import.Status.FAILED, "backup_purged")
