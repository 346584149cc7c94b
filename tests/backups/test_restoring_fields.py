"""Restores into a list whose fields were deleted, made or given another type since, each with a stated choice."""

from typing import Any

import pytest

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.restoring import field_questions
from imports.restoring import FieldAction, FieldChoice, Way
from recipients.masterdata.file import FieldDefinition, FieldScope, FieldType
from recipients.models import Field, Group, Recipient
from tests.backups.restores import carried_out, make_backup, previewed_restore, restored, rows_of
from tests.backups.test_restoring import delete_field_now
from tests.factories import make_account, make_field, make_group, make_member, make_recipient


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
    make_recipient(made, "ada@example.org", values={"name": "Ada", "umsatz": 12})
    return made


def test_a_deleted_field_is_made_again_or_left_out(group: Group, editor: User) -> None:
    backup = make_backup(group, editor)
    delete_field_now(group, "umsatz", editor)

    left = restored(backup, editor, Way.EXACT, fields=(FieldChoice("umsatz", FieldAction.LEAVE_OUT),))
    assert rows_of(group)["ada@example.org"]["values"] == {"name": "Ada"}
    assert left.report["lost_values"] == [{"label": "Umsatz", "count": 1}]

    restored(backup, editor, Way.EXACT)
    assert rows_of(group)["ada@example.org"]["values"] == {"name": "Ada", "umsatz": 12}
    with account_scope(group.account_id):
        field = Field.objects.get(group=group, key="umsatz")
    assert (field.label, field.type) == ("Umsatz", "number")


def test_exactly_empties_fields_that_were_made_since_but_leaves_out_what_was_left_out(
    group: Group, editor: User
) -> None:
    backup = make_backup(group, editor)
    make_field(group.account, "Neu", group=group)
    with account_scope(group.account_id):
        values = {"name": "falsch", "umsatz": 99, "neu": "seither"}
        Recipient.objects.filter(email="ada@example.org").update(values=values)

    run = previewed_restore(backup, editor, Way.EXACT, fields=(FieldChoice("umsatz", FieldAction.LEAVE_OUT),))
    assert run.preview["details"]["columns"]["neu"] == {"changed": 1, "cleared": 1}
    carried_out(run, editor)

    assert rows_of(group)["ada@example.org"]["values"] == {"name": "Ada", "umsatz": 99}


@pytest.mark.parametrize(
    ("way", "wish"), [(Way.UPDATE_AND_ADD, {"clear_empty": True}), (Way.SELECTED, {"emails": ("ada@example.org",)})]
)
def test_every_other_way_empties_what_was_empty_then_and_leaves_fields_that_were_made_since(
    way: Way, wish: dict[str, Any], group: Group, editor: User
) -> None:
    with account_scope(group.account_id):
        Recipient.objects.update(values={"name": "Ada"})
    backup = make_backup(group, editor)
    make_field(group.account, "Neu", group=group)
    with account_scope(group.account_id):
        Recipient.objects.update(values={"name": "falsch", "umsatz": 99, "neu": "seither"})

    restored(backup, editor, way, **wish)

    assert rows_of(group)["ada@example.org"]["values"] == {"name": "Ada", "neu": "seither"}


@pytest.mark.parametrize(
    ("action", "values"),
    [
        (FieldAction.LEAVE_OUT, {"name": "Ada", "umsatz": "viel"}),
        (FieldAction.CONVERT, {"name": "Ada", "umsatz": "12"}),
        (FieldAction.CREATE, {"name": "Ada", "umsatz_2": 12}),
    ],
)
def test_a_field_of_another_type_is_asked_about(
    group: Group, editor: User, action: FieldAction, values: dict[str, object]
) -> None:
    backup = make_backup(group, editor)
    delete_field_now(group, "umsatz", editor)
    make_field(group.account, "Umsatz", FieldType.TEXT, group=group)
    with account_scope(group.account_id):
        Recipient.objects.filter(email="ada@example.org").update(values={"name": "Ada", "umsatz": "viel"})

    restored(backup, editor, Way.EXACT, fields=(FieldChoice("umsatz", action),))

    assert rows_of(group)["ada@example.org"]["values"] == values


def test_questions_say_what_became_of_each_field(account: Account, group: Group) -> None:
    fields = [
        FieldDefinition("name", "Vorname", FieldType.TEXT, FieldScope.LIST),
        FieldDefinition("umsatz", "Umsatz", FieldType.TEXT, FieldScope.LIST),
        FieldDefinition("alt", "Alt", FieldType.DATE, FieldScope.LIST),
        FieldDefinition("stadt", "Stadt", FieldType.TEXT, FieldScope.ACCOUNT),
    ]
    with account_scope(account.pk):
        asked = field_questions(account_id=account.pk, group=group, fields=fields)
    assert [(one.key, one.state, one.present_label, one.options[0]) for one in asked] == [
        ("name", "renamed", "Name", FieldAction.MATCH),
        ("umsatz", "retyped", "Umsatz", FieldAction.CREATE),
        ("alt", "deleted", "", FieldAction.CREATE),
        ("stadt", "same", "Stadt", FieldAction.MATCH),
    ]
