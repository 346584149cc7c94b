"""Deletions of recipients, of a list's contents, of fields: nothing goes before the backup of just that is complete.

Those of whole lists, and workers that are killed meanwhile: tests/faults.
"""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import MAX_ATTEMPTS, take_backup
from imports.models import Import
from recipients.masterdata.file import FieldType
from recipients.models import Activity, Contact, Deletion, Field, Group, Recipient
from recipients.services import create_field, deactivate_recipient
from tests.factories import make_contact, make_field, make_group, make_recipient
from tests.faults.rows import raw_rows_in
from tests.faults.storages import Fault, failing
from tests.recipients.deletion_scene import (
    BASE,
    KINDS,
    TRIGGERS,
    Scene,
    changed_lists,
    delete_number,
    delete_some,
    every_kind,
    make_scene,
    remaining,
)
from tests.recipients.deletions import (
    as_it_is,
    backups_for,
    carry_out,
    exported,
    step,
)
from tests.runs import make_draft, run_through, take_pending


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


# --- the whole way ------------------------------------------------------------------------------------------------


@every_kind
def test_a_deletion_waits_for_the_backups_and_then_deletes_just_that(scene: Scene, kind: str) -> None:
    groups = changed_lists(scene, kind)
    revisions = {one.pk: scene.fresh(one).revision for one in scene.lists}
    deletion = KINDS[kind](scene)
    assert (step(deletion).status, scene.rows()) == (Deletion.Status.WAITING, scene.before)
    assert [(one.group_id, one.trigger, one.status) for one in backups_for(deletion)] == [
        (one.pk, TRIGGERS[kind], Backup.Status.PENDING) for one in groups
    ]

    done = carry_out(deletion, *groups)

    assert (done.status, done.failure, done.claim) == (Deletion.Status.DONE, "", None)
    assert scene.rows() == remaining(scene, kind)
    for backup in backups_for(deletion):
        kept = {row["email"]: row for row in raw_rows_in(backup)}
        assert (kept, backup.revision) == (scene.before[backup.group_id], revisions[backup.group_id])
    raised = {one.pk for one in groups}
    assert {one.pk: scene.fresh(one).revision - revisions[one.pk] for one in scene.lists} == {
        one.pk: int(one.pk in raised) for one in scene.lists
    }
    numbers = {one.pk: (scene.fresh(one).recipient_count, scene.fresh(one).deleted_at) for one in scene.lists}
    assert numbers == {pk: (len(rows), None) for pk, rows in scene.rows().items()}


@pytest.mark.parametrize(
    ("kind", "count", "entry"),
    [
        ("recipients", 2, (AuditAction.RECIPIENTS_DELETED, "Kunden", {"recipients": 2})),
        ("clearing", 5, (AuditAction.GROUP_CLEARED, "Kunden", {"recipients": 5})),
        ("field", 3, (AuditAction.FIELD_DELETED, "Ort", {"list": "Kunden", "type": "text", "recipients": 3})),
        (
            "account_wide_field",
            5,
            (AuditAction.FIELD_DELETED, "Nummer", {"list": None, "type": "number", "recipients": 5}),
        ),
    ],
)
def test_a_deletion_says_how_many_and_leaves_no_personal_data_in_the_audit_trail(
    scene: Scene, kind: str, count: int, entry: tuple[AuditAction, str, dict[str, Any]]
) -> None:
    deletion = KINDS[kind](scene)
    assert deletion.recipient_count == count
    assert carry_out(deletion, *scene.lists).recipient_count == count
    with account_scope(scene.account.pk):
        latest = AuditEntry.objects.latest("at", "pk")
    assert (latest.action, latest.subject, latest.detail, latest.actor_id) == (*entry, scene.editor.pk)


@every_kind
def test_what_was_deleted_comes_back_by_hand(scene: Scene, kind: str) -> None:
    deletion = KINDS[kind](scene)
    carry_out(deletion, *scene.lists)
    lost = {"field": (scene.city, scene.group), "account_wide_field": (scene.number, None)}.get(kind)
    if lost is not None:
        with account_scope(scene.account.pk):
            create_field(
                account=scene.account,
                group=lost[1],
                label=lost[0].label,
                type=FieldType(lost[0].type),
                actor=scene.editor,
                now=timezone.now(),
            )
    for backup in backups_for(deletion):
        group = scene.fresh(scene.group if backup.group_id == scene.group.pk else scene.other)
        fields = ["ort", "nummer"] if group.pk == scene.group.pk else ["nummer"]
        run = run_through(make_draft(group, exported(backup), targets=(*BASE, *fields)), scene.editor)
        assert (run.status, run.report["rejected"]) == (Import.Status.DONE, 0)
    assert scene.rows() == scene.before


def test_activities_and_values_that_no_list_shows_go_with_recipients(scene: Scene) -> None:
    with account_scope(scene.account.pk):
        kept = set(Recipient.objects.filter(group=scene.group).values_list("id", flat=True))
    carry_out(delete_some(scene), scene.group)
    with account_scope(scene.account.pk):
        kept &= set(Recipient.objects.values_list("id", flat=True))
        assert set(Activity.objects.values_list("recipient_id", flat=True)) == kept
        contacts = set(Contact.objects.values_list("email", flat=True))
    # Anna is in the other list too.
    assert contacts == {"anna@example.org", "annika@example.org", "bernd@example.com", "zoe@example.org"}


def test_who_had_no_other_account_wide_value_has_no_row_of_them_left(scene: Scene) -> None:
    make_field(scene.account, "Farbe")
    make_contact(scene.account, "joanna@example.org", {"nummer": 1, "farbe": "rot"})
    carry_out(delete_number(scene), *scene.lists)
    with account_scope(scene.account.pk):
        assert list(Contact.objects.values_list("email", "values")) == [("joanna@example.org", {"farbe": "rot"})]


# --- P1 and P2 ----------------------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.DAMAGED])
def test_nothing_is_deleted_when_the_backup_cannot_be_stored(scene: Scene, kind: str, fault: Fault) -> None:
    deletion = KINDS[kind](scene)
    (backup, *others) = backups_for(deletion)
    for other in others:
        take_backup(account_id=scene.account.pk, backup_id=other.pk)
    with failing("backups", *[fault] * MAX_ATTEMPTS):
        for _attempt in range(MAX_ATTEMPTS):
            with account_scope(scene.account.pk):
                Backup.objects.filter(pk=backup.pk).update(retry_at=None)
            take_backup(account_id=scene.account.pk, backup_id=backup.pk)
    ended = step(deletion)
    assert (ended.status, ended.failure) == (Deletion.Status.FAILED, "backup_failed")
    assert ended.finished_at is not None
    assert scene.rows() == scene.before
    with account_scope(scene.account.pk):
        assert Field.objects.count() == 2


def sign_off(scene: Scene, group: Group, email: str) -> None:
    with account_scope(scene.account.pk):
        recipient = Recipient.objects.get(group=group, email=email)
        deactivate_recipient(
            account_id=scene.account.pk,
            group_id=group.pk,
            recipient_id=recipient.id,
            actor=scene.editor,
            now=timezone.now(),
        )


@every_kind
def test_a_list_changed_after_its_backup_is_backed_up_once_more(scene: Scene, kind: str) -> None:
    groups = changed_lists(scene, kind)
    deletion = KINDS[kind](scene)
    for group in groups:
        take_pending(group)
    sign_off(scene, groups[-1], "anna@example.org")
    changed = scene.rows()
    waiting = step(deletion)
    assert (waiting.status, waiting.misses, scene.rows()) == (Deletion.Status.WAITING, 1, changed)

    done = carry_out(deletion, *groups)

    assert done.status == Deletion.Status.DONE
    latest = {backup.group_id: backup for backup in backups_for(deletion)}
    assert {pk: {row["email"]: row for row in raw_rows_in(one)} for pk, one in latest.items()} == {
        one.pk: changed[one.pk] for one in groups
    }


@every_kind
def test_a_list_that_changes_again_and_again_is_backed_up_in_the_lock(scene: Scene, kind: str) -> None:
    groups = changed_lists(scene, kind)
    deletion = KINDS[kind](scene)
    for email in ("anna@example.org", "joanna@example.org", "bernd@example.com"):
        for group in groups:
            take_pending(group)
        sign_off(scene, scene.group, email)
        changed = scene.rows()
        step(deletion)
    done = as_it_is(deletion)
    assert (done.status, done.misses) == (Deletion.Status.DONE, 2)
    newest = [one for one in backups_for(deletion) if one.group_id == scene.group.pk][-1]
    assert {row["email"]: row for row in raw_rows_in(newest)} == changed[scene.group.pk]


def test_an_account_wide_field_stays_until_every_list_is_backed_up(scene: Scene) -> None:
    deletion = delete_number(scene)
    assert carry_out(deletion, scene.group).status == Deletion.Status.WAITING
    assert scene.rows() == scene.before
    assert carry_out(deletion, scene.other).status == Deletion.Status.DONE


def test_a_list_made_after_the_asking_is_backed_up_before_an_account_wide_field_goes(scene: Scene) -> None:
    deletion = delete_number(scene)
    third = make_group(scene.account, "Messe")
    make_recipient(third, "zoe@example.org")
    assert carry_out(deletion, *scene.lists).status == Deletion.Status.WAITING
    assert carry_out(deletion, third).status == Deletion.Status.DONE
    assert {backup.group_id for backup in backups_for(deletion)} == {scene.group.pk, scene.other.pk, third.pk}


@every_kind
def test_with_the_switches_off_it_is_deleted_without_a_backup(scene: Scene, kind: str) -> None:
    with account_scope(scene.account.pk):
        Account.objects.update(automatic_backups=False)
    deletion = KINDS[kind](scene)
    assert (step(deletion).status, backups_for(deletion)) == (Deletion.Status.DONE, [])
    assert scene.rows() == remaining(scene, kind)


@every_kind
def test_a_list_that_is_locked_meanwhile_is_not_changed(scene: Scene, kind: str) -> None:
    deletion = KINDS[kind](scene)
    with account_scope(scene.account.pk):
        Group.objects.filter(pk=scene.group.pk).update(locked=True)
    ended = carry_out(deletion, *scene.lists)
    assert (ended.status, ended.failure) == (Deletion.Status.FAILED, "group_locked")
    assert scene.rows() == scene.before
