"""Fields that an import brings along: planned with the mapping, made with the rows."""

import pytest
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.confirming import cancel_import, preview_again, start_preview
from imports.drafts import Choices, go_on
from imports.models import Import
from imports.new_fields import NewField, NewFieldRefused, PlannedField, plan_fields
from imports.readers import ColumnMapping, Source
from recipients.masterdata.file import FieldScope, FieldType
from recipients.masterdata.options import Mode, Options
from recipients.models import Field, Group, Recipient
from recipients.services import FieldLabelTaken, create_field
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient
from tests.runs import advance, confirm, fresh, make_draft, take_pending

CITY = PlannedField("city", "City", FieldType.TEXT, FieldScope.LIST)
FILE = "E-Mail;City\nada@example.org;Köln\n"


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_recipient(made, "ada@example.org")
    return made


def labels(account: Account) -> list[str]:
    with account_scope(account.pk):
        return list(Field.objects.order_by("pk").values_list("label", flat=True))


def waiting(group: Group, editor: User, planned: PlannedField = CITY) -> Import:
    """An import with a planned field that has only to be applied."""
    run = make_draft(group, FILE, targets=("email", planned.key))
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(new_fields=[planned.to_json()])
    confirm(fresh(run), editor)
    advance(run)
    take_pending(group)
    return fresh(run)


def test_a_planned_field_is_not_there_yet(account: Account, editor: User, group: Group) -> None:
    new = NewField(1, "City", FieldType.TEXT, FieldScope.LIST)
    with account_scope(account.pk):
        planned, mapping = plan_fields(group=group, new_fields=[new], actor=editor, now=NOW)
    assert (planned, [(one.target, one.column) for one in mapping]) == ([CITY], [("city", 1)])
    assert labels(account) == []


def test_a_name_that_is_taken_is_refused_when_it_is_planned(account: Account, editor: User, group: Group) -> None:
    make_field(account, "City", group=group)
    new = NewField(4, "city", FieldType.TEXT, FieldScope.LIST)
    with account_scope(account.pk), pytest.raises(NewFieldRefused) as refused:
        plan_fields(group=group, new_fields=[new], actor=editor, now=NOW)
    assert (refused.value.position, type(refused.value.reason)) == (4, FieldLabelTaken)


@pytest.mark.parametrize("mode", [Mode.DEACTIVATE, Mode.DELETE])
def test_no_field_is_planned_when_nobody_gets_a_value(account: Account, editor: User, group: Group, mode: Mode) -> None:
    run = make_draft(group, FILE)
    choices = Choices(
        source=Source.from_json(run.source),
        mapping=[ColumnMapping("email", 0)],
        new_fields=[NewField(1, "City", FieldType.TEXT, FieldScope.ACCOUNT)],
        options=Options(mode),
        entered={},
    )
    with account_scope(account.pk):
        go_on(import_id=run.pk, account=account, choices=choices, with_preview=True, actor=editor, now=NOW)
    now = fresh(run)
    assert (now.new_fields, [one["target"] for one in now.mapping]) == ([], ["email"])


def test_a_planned_field_is_made_with_its_rows(account: Account, editor: User, group: Group) -> None:
    run = advance(waiting(group, editor))
    assert (run.status, labels(account)) == (Import.Status.DONE, ["City"])
    with account_scope(account.pk):
        assert Recipient.objects.get(email="ada@example.org").values == {"city": "Köln"}


def test_an_account_wide_field_is_made_with_its_rows(account: Account, editor: User, group: Group) -> None:
    wide = PlannedField("city", "City", FieldType.TEXT, FieldScope.ACCOUNT)
    run = advance(waiting(group, editor, wide))
    with account_scope(account.pk):
        assert (run.status, Field.objects.get().group_id) == (Import.Status.DONE, None)


def test_a_cancelled_import_makes_no_field(account: Account, editor: User, group: Group) -> None:
    run = waiting(group, editor)
    with account_scope(account.pk):
        assert cancel_import(run=run, actor=editor, now=timezone.now())
    advance(run)
    assert labels(account) == []


def finish(run: Import, group: Group) -> Import:
    """Every step that the import has still to take."""
    for _step in range(6):
        run = advance(run)
        take_pending(group)
    return run


@pytest.mark.parametrize("label", ["City", "city "])
def test_a_field_that_somebody_made_meanwhile_is_filled(
    account: Account, editor: User, group: Group, label: str
) -> None:
    run = waiting(group, editor)
    with account_scope(account.pk):
        create_field(account=account, group=group, label=label, type=FieldType.TEXT, actor=editor, now=NOW)
    assert (finish(run, group).status, labels(account)) == (Import.Status.DONE, [label.strip()])
    with account_scope(account.pk):
        assert Recipient.objects.get(email="ada@example.org").values == {"city": "Köln"}


@pytest.mark.parametrize(("scope", "kind"), [(FieldScope.LIST, FieldType.NUMBER), (FieldScope.ACCOUNT, FieldType.TEXT)])
def test_another_field_of_the_name_that_somebody_made_meanwhile_ends_the_import(
    account: Account, editor: User, group: Group, scope: FieldScope, kind: FieldType
) -> None:
    run = waiting(group, editor)
    at = group if scope is FieldScope.LIST else None
    with account_scope(account.pk):
        create_field(account=account, group=at, label="City", type=kind, actor=editor, now=NOW)
    run = finish(run, group)
    assert (run.status, run.failure, run.failure_detail) == (Import.Status.FAILED, "fields_changed", {"label": "City"})


def test_a_key_that_somebody_took_meanwhile_is_replaced(account: Account, editor: User, group: Group) -> None:
    run = waiting(group, editor)
    with account_scope(account.pk):
        other = make_group(account, "Another list")
        create_field(account=account, group=other, label="City", type=FieldType.TEXT, actor=editor, now=NOW)
    assert (finish(run, group).status, labels(account)) == (Import.Status.DONE, ["City", "City"])
    with account_scope(account.pk):
        assert Recipient.objects.get(email="ada@example.org").values == {"city_2": "Köln"}


def test_two_imports_into_one_list_fill_the_field_that_the_first_one_made(
    account: Account, editor: User, group: Group
) -> None:
    first, second = waiting(group, editor), make_draft(group, FILE.replace("ada", "ben"), targets=("email", "city"))
    with account_scope(account.pk):
        Import.objects.filter(pk=second.pk).update(new_fields=[CITY.to_json()])
    finish(first, group)
    confirm(fresh(second), editor)
    assert (finish(fresh(second), group).status, labels(account)) == (Import.Status.DONE, ["City"])
    with account_scope(account.pk):
        found = dict(Recipient.objects.values_list("email", "values"))
    assert found == {"ada@example.org": {"city": "Köln"}, "ben@example.org": {"city": "Köln"}}


def test_a_field_that_is_gone_ends_the_import(account: Account, editor: User, group: Group) -> None:
    with account_scope(account.pk):
        field = create_field(account=account, group=group, label="City", type=FieldType.TEXT, actor=editor, now=NOW)
    run = make_draft(group, FILE, targets=("email", "city"))
    confirm(fresh(run), editor)
    advance(run)
    with account_scope(account.pk):
        Field.objects.filter(pk=field.pk).delete()
    run = finish(fresh(run), group)
    assert (run.status, run.failure, run.failure_detail) == (Import.Status.FAILED, "fields_changed", {"label": "city"})


def test_a_preview_that_is_made_again_heeds_a_field_made_meanwhile(
    account: Account, editor: User, group: Group
) -> None:
    run = make_draft(group, FILE, targets=("email", "city"))
    with account_scope(account.pk):
        Import.objects.filter(pk=run.pk).update(new_fields=[CITY.to_json()])
        start_preview(run=fresh(run), reactivate=False)
    finish(run, group)
    with account_scope(account.pk):
        create_field(account=account, group=group, label="City", type=FieldType.TEXT, actor=editor, now=NOW)
        preview_again(run=fresh(run), reactivate=False)
    run = finish(fresh(run), group)
    assert (run.status, run.new_fields) == (Import.Status.PREVIEWED, [])
