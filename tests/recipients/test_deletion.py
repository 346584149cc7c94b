"""Deletions of recipients, of a list's contents, of fields: nothing goes before the backup of just that is complete.

Those of whole lists, and workers that are killed meanwhile: tests/faults.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import MAX_ATTEMPTS, take_backup
from imports.models import Import
from recipients.deletion import DeletionUnderWay, FieldGone, GroupGone, GroupLocked
from recipients.listing import Choice, Status
from recipients.masterdata.file import FieldType
from recipients.models import Activity, Contact, Deletion, Field, Group, Recipient
from recipients.services import create_field, deactivate_recipient
from tests.factories import (
    NOW,
    make_account,
    make_activity,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)
from tests.faults.rows import Rows, raw_rows_in, rows_of
from tests.faults.storages import Fault, failing
from tests.recipients.deletions import (
    as_it_is,
    ask_to_clear,
    ask_to_delete,
    ask_to_delete_field,
    ask_to_delete_recipients,
    backups_for,
    carry_out,
    exported,
    step,
    without,
)
from tests.recipients.masterdata.model import Row
from tests.runs import make_draft, run_through, take_pending

BASE = ("email", "registered_at", "activated_at", "deactivated_at", "bounced_at", "source", "tags")
# Who is in the list: each with the dates that are not NOW.
PEOPLE: dict[str, dict[str, Any]] = {
    "anna@example.org": {},
    "annika@example.org": {"deactivated_at": NOW},
    "bernd@example.com": {"activated_at": None},
    "carla@example.com": {"bounced_at": NOW, "tags": ["messe"], "source": "Messe Köln"},
    "joanna@example.org": {},
}


@dataclass
class Scene:
    """Two lists that share an address and show an account-wide field; the first has a field of its own."""

    account: Account
    editor: User
    group: Group
    other: Group
    city: Field
    number: Field
    before: dict[int, Rows] = field(default_factory=dict)

    @property
    def lists(self) -> tuple[Group, Group]:
        """Both lists."""
        return self.group, self.other

    def rows(self) -> dict[int, Rows]:
        """All rows of both lists, by the list's id."""
        return {one.pk: rows_of(one) for one in self.lists}

    def fresh(self, group: Group) -> Group:
        """A list as it is now."""
        with account_scope(self.account.pk):
            return Group.objects.get(pk=group.pk)


@pytest.fixture
def scene(committed_db: None) -> Scene:
    account = make_account()
    group, other = make_group(account, "Kunden"), make_group(account, "Presse")
    city = make_field(account, "Ort", group=group)
    number = make_field(account, "Nummer", FieldType.NUMBER)
    for place, (email, given_fields) in enumerate(PEOPLE.items()):
        values = {"ort": f"Ort {place}"} if place % 2 == 0 else None
        make_activity(make_recipient(group, email, values=values, **given_fields))
        if place < 4:
            make_contact(account, email, {"nummer": Decimal(f"{place}.5")})
    make_recipient(other, "anna@example.org")
    make_recipient(other, "zoe@example.org")
    make_contact(account, "zoe@example.org", {"nummer": 7})
    made = Scene(account, make_member(account), group, other, city, number)
    made.before = made.rows()
    return made


def delete_some(scene: Scene) -> Deletion:
    return ask_to_delete_recipients(scene.group, scene.editor, emails=["anna@example.org", "carla@example.com"])


def clear(scene: Scene) -> Deletion:
    return ask_to_clear(scene.group, scene.editor)


def delete_city(scene: Scene) -> Deletion:
    return ask_to_delete_field(scene.city, scene.editor)


def delete_number(scene: Scene) -> Deletion:
    return ask_to_delete_field(scene.number, scene.editor)


KINDS: dict[str, Callable[[Scene], Deletion]] = {
    "recipients": delete_some,
    "clearing": clear,
    "field": delete_city,
    "account_wide_field": delete_number,
}
TRIGGERS = {
    "recipients": Backup.Trigger.RECIPIENTS_DELETION,
    "clearing": Backup.Trigger.CLEARING,
    "field": Backup.Trigger.FIELD_DELETION,
    "account_wide_field": Backup.Trigger.FIELD_DELETION,
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def remaining(scene: Scene, kind: str) -> dict[int, Rows]:
    """All rows of both lists after a deletion, by what stood before."""
    rows, others = scene.before[scene.group.pk], scene.before[scene.other.pk]
    match kind:
        case "recipients":
            gone = {"anna@example.org", "carla@example.com"}
            return {scene.group.pk: without(rows, gone.__contains__), scene.other.pk: others}
        case "clearing":
            return {scene.group.pk: {}, scene.other.pk: others}
        case "field":
            return {scene.group.pk: bereft(rows, "ort"), scene.other.pk: others}
        case _:
            return {scene.group.pk: bereft(rows, "nummer"), scene.other.pk: bereft(others, "nummer")}


def bereft(rows: Rows, key: str) -> Rows:
    """The rows without a field."""
    return {email: {name: value for name, value in row.items() if name != key} for email, row in rows.items()}


def changed_lists(scene: Scene, kind: str) -> tuple[Group, ...]:
    """The lists that a deletion changes."""
    return scene.lists if kind == "account_wide_field" else (scene.group,)


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


# --- asking -------------------------------------------------------------------------------------------------------


@every_kind
def test_asking_twice_is_one_deletion(scene: Scene, kind: str) -> None:
    first, second = KINDS[kind](scene), KINDS[kind](scene)
    assert first.pk == second.pk
    assert len(backups_for(first)) == len(changed_lists(scene, kind))


@every_kind
def test_doing_it_twice_deletes_once(scene: Scene, kind: str) -> None:
    deletion = KINDS[kind](scene)
    carry_out(deletion, *scene.lists)
    late = "late@example.org"
    make_recipient(scene.group, late)
    after = scene.rows()
    assert (step(deletion).status, scene.rows()) == (Deletion.Status.DONE, after)


@every_kind
def test_another_deletion_of_the_list_has_to_end_first(scene: Scene, kind: str) -> None:
    if kind == "account_wide_field":
        first = ask_to_delete_field(make_field(scene.account, "Farbe"), scene.editor)
    else:
        first = ask_to_delete(scene.group, scene.editor)
    with pytest.raises(DeletionUnderWay) as refused:
        KINDS[kind](scene)
    assert refused.value.deletion.pk == first.pk


@every_kind
def test_a_locked_list_is_refused(scene: Scene, kind: str) -> None:
    with account_scope(scene.account.pk):
        Group.objects.filter(pk=scene.group.pk).update(locked=True)
    with pytest.raises(GroupLocked) as refused:
        KINDS[kind](scene)
    assert refused.value.group_name == "Kunden"
    with account_scope(scene.account.pk):
        assert (Deletion.objects.count(), Backup.objects.count()) == (0, 0)


@pytest.mark.parametrize("kind", ["recipients", "clearing", "field"])
def test_a_deleted_list_is_refused(scene: Scene, kind: str) -> None:
    with account_scope(scene.account.pk):
        Group.objects.filter(pk=scene.group.pk).update(deleted_at=NOW)
    with pytest.raises(GroupGone):
        KINDS[kind](scene)


@pytest.mark.parametrize("kind", ["field", "account_wide_field"])
def test_a_field_that_is_gone_is_refused(scene: Scene, kind: str) -> None:
    carry_out(KINDS[kind](scene), *scene.lists)
    with pytest.raises(FieldGone):
        KINDS[kind](scene)


# --- which recipients ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "gone"),
    [
        (Choice(search="ann"), {"anna@example.org", "annika@example.org"}),
        (Choice(search="ann", inside=True), {"anna@example.org", "annika@example.org", "joanna@example.org"}),
        (Choice(search="ann", status=Status.ACTIVE), {"anna@example.org"}),
        (Choice(status=Status.INACTIVE), {"annika@example.org", "bernd@example.com"}),
        (Choice(status=Status.BOUNCED), {"carla@example.com"}),
        (Choice(status=Status.ACTIVE), {"anna@example.org", "joanna@example.org"}),
        (Choice(search="nobody"), set()),
        (Choice(search="%"), set()),
        # Where the person stood in the table is no part of what they chose.
        (Choice(search="ann", after="anna@example.org"), {"anna@example.org", "annika@example.org"}),
    ],
)
def test_all_that_match_go_and_nobody_else(scene: Scene, choice: Choice, gone: set[str]) -> None:
    done = carry_out(ask_to_delete_recipients(scene.group, scene.editor, choice=choice), scene.group)
    assert (done.status, done.recipient_count) == (Deletion.Status.DONE, len(gone))
    assert scene.rows() == {
        scene.group.pk: without(scene.before[scene.group.pk], gone.__contains__),
        scene.other.pk: scene.before[scene.other.pk],
    }


def test_who_matches_when_it_is_carried_out_goes(scene: Scene) -> None:
    deletion = ask_to_delete_recipients(scene.group, scene.editor, choice=Choice(status=Status.BOUNCED))
    with account_scope(scene.account.pk):
        Recipient.objects.filter(email="carla@example.com").update(bounced_at=None)
    make_recipient(scene.group, "dora@example.org", bounced_at=NOW)
    take_pending(scene.group)
    step(deletion)
    done = carry_out(deletion, scene.group)
    assert (done.status, done.recipient_count) == (Deletion.Status.DONE, 1)
    assert "dora@example.org" not in rows_of(scene.group)
    assert "carla@example.com" in rows_of(scene.group)


def test_a_recipient_of_another_list_is_not_among_the_ticked(scene: Scene) -> None:
    with account_scope(scene.account.pk):
        foreign = Recipient.objects.get(group=scene.other, email="zoe@example.org").id
    deletion = ask_to_delete_recipients(scene.group, scene.editor, emails=["anna@example.org"])
    with account_scope(scene.account.pk):
        Deletion.objects.update(selection={"ids": [*deletion.selection["ids"], foreign]})
    carry_out(deletion, scene.group)
    assert rows_of(scene.other) == scene.before[scene.other.pk]


def test_an_ended_deletion_forgets_what_was_searched_for(scene: Scene) -> None:
    deletion = ask_to_delete_recipients(scene.group, scene.editor, choice=Choice(search="anna@example.org"))
    assert deletion.selection == {"status": "all", "search": "anna@example.org", "inside": False}
    assert carry_out(deletion, scene.group).selection == {}


def matches(row: Row, choice: Choice) -> bool:
    """Whether a choice finds a recipient, in plain Python."""
    email: str = row["email"]
    if row["bounced_at"]:
        status = Status.BOUNCED
    else:
        status = Status.ACTIVE if row["activated_at"] and not row["deactivated_at"] else Status.INACTIVE
    found = choice.search in email if choice.inside else email.startswith(choice.search)
    return found and choice.status in (Status.ALL, status)


choices = st.builds(
    Choice, status=st.sampled_from(Status), search=st.sampled_from(["", "a", "ann", "o", "b"]), inside=st.booleans()
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from([*PEOPLE, "nobody@example.org"]), unique=True) | choices)
def test_what_is_not_chosen_stays_untouched(scene: Scene, chosen: list[str] | Choice) -> None:
    """Over and over on the same list, in which whoever went has a place again before the next example."""
    before = scene.rows()
    rows = before[scene.group.pk]
    if isinstance(chosen, Choice):
        gone = {email for email, row in rows.items() if matches(row, chosen)}
        deletion = ask_to_delete_recipients(scene.group, scene.editor, choice=chosen)
    else:
        gone = rows.keys() & set(chosen)
        deletion = ask_to_delete_recipients(scene.group, scene.editor, emails=chosen)
    done = carry_out(deletion, scene.group)
    assert (done.status, done.recipient_count) == (Deletion.Status.DONE, len(gone))
    assert scene.rows() == {
        scene.group.pk: without(rows, gone.__contains__),
        scene.other.pk: before[scene.other.pk],
    }
    for email in gone:
        make_recipient(scene.group, email, **PEOPLE[email])
