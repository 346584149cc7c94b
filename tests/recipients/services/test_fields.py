"""Services of fields."""

from typing import Any

import pytest

from accounts.models import AuditAction, AuditEntry
from accounts.tenancy import account_scope
from recipients.deletion import GroupLocked
from recipients.masterdata.file import MAX_FIELDS, FieldType
from recipients.models import Field, Group
from recipients.services import FieldKeyTaken, FieldLabelTaken, TooManyFields, create_field, rename_field
from recipients.services.fields import key_for
from tests.factories import DAY, NOW, make_account, make_field, make_group, make_member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Vorname", "vorname"),
        ("Straße & Hausnummer", "strasse_hausnummer"),
        ("Geburtstag (privat)", "geburtstag_privat"),
        ("Größe Ä Ö Ü", "groesse_ae_oe_ue"),
        ("Prénom", "prenom"),
        ("Łódź", "lodz"),
        ("2. Adresse", "field_2_adresse"),
        ("Имя", "field"),
        ("😀", "field"),
        ("Tags", "tags_2"),
        ("Line", "line_2"),
        ("E_mail", "e_mail"),
        ("x" * 100, "x" * 63),
    ],
)
def test_key_for_makes_a_plain_word(label: str, key: str) -> None:
    assert key_for(label, taken=set()) == key


def test_key_for_numbers_a_taken_word_within_the_length() -> None:
    assert key_for("Ort", taken={"ort", "ort_2"}) == "ort_3"
    assert key_for("x" * 100, taken={"x" * 63}) == "x" * 61 + "_2"


def test_create_field_adds_it_at_the_end_of_the_list() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    make_field(account, "Vorname", group=group)
    make_field(account, "Kundennummer")

    with account_scope(account.pk):
        field = create_field(
            account=account, group=group, label="  Umsatz ", type=FieldType.NUMBER, actor=actor, now=NOW + DAY
        )
        stored = Field.objects.get(pk=field.pk)
        revision = Group.objects.get(pk=group.pk).revision
        entry = AuditEntry.objects.get()

    columns = (stored.group_id, stored.key, stored.label, stored.type, stored.position, stored.created_at)
    assert columns == (group.pk, "umsatz", "Umsatz", "number", 1, NOW + DAY)
    assert revision == 1
    assert (entry.action, entry.subject) == (AuditAction.FIELD_CREATED, "Umsatz")
    assert entry.detail == {"list": group.name, "type": "number"}


def test_create_field_takes_the_key_that_is_asked_for_where_nothing_seen_with_it_has_it() -> None:
    account = make_account()
    actor, group, other = make_member(account), make_group(account, "A"), make_group(account, "B")
    make_field(account, "Nummer")
    asked: dict[str, Any] = {"account": account, "type": FieldType.TEXT, "actor": actor, "now": NOW}

    with account_scope(account.pk):
        for one in (group, other):
            assert create_field(group=one, label="Vorname", key="firstname", **asked).key == "firstname"
        for place, key in ((group, "firstname"), (group, "nummer"), (None, "firstname"), (group, "email")):
            with pytest.raises(FieldKeyTaken):
                create_field(group=place, label="Rufname", key=key, **asked)
        assert Field.objects.count() == 3


def test_create_field_for_the_account_raises_the_revision_of_every_list() -> None:
    account = make_account()
    actor = make_member(account)
    groups = [make_group(account, "A"), make_group(account, "B", locked=True)]

    with account_scope(account.pk):
        field = create_field(account=account, group=None, label="Ort", type=FieldType.TEXT, actor=actor, now=NOW)

        assert (field.group_id, field.position) == (None, 0)
        assert list(Group.objects.order_by("pk").values_list("pk", "revision")) == [(group.pk, 1) for group in groups]


def test_create_field_gives_a_key_that_no_list_of_the_account_has() -> None:
    account = make_account()
    actor, group, other = make_member(account), make_group(account), make_group(account, "Andere")
    make_field(account, "Ort", group=other)

    with account_scope(account.pk):
        field = create_field(account=account, group=group, label="Ort", type=FieldType.TEXT, actor=actor, now=NOW)

    assert field.key == "ort_2"


@pytest.mark.parametrize(
    "label", ["vorname", "VORNAME", " Vorname\u00a0", "KUNDENNUMMER", "e-mail", "Quelle", "Source"]
)
def test_create_field_refuses_a_name_that_the_list_shows_already(label: str) -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    make_field(account, "Vorname", group=group)
    make_field(account, "Kundennummer")

    with account_scope(account.pk):
        with pytest.raises(FieldLabelTaken) as refusal:
            create_field(account=account, group=group, label=label, type=FieldType.TEXT, actor=actor, now=NOW)

        assert refusal.value.group_name == ""
        assert (Field.objects.count(), Group.objects.get().revision, AuditEntry.objects.count()) == (2, 0, 0)


def test_create_field_for_the_account_names_the_list_that_has_the_name() -> None:
    account = make_account()
    actor = make_member(account)
    make_field(account, "Vorname", group=make_group(account, "Presse"))

    with account_scope(account.pk), pytest.raises(FieldLabelTaken) as refusal:
        create_field(account=account, group=None, label="vorname", type=FieldType.TEXT, actor=actor, now=NOW)

    assert refusal.value.group_name == "Presse"


def test_create_field_for_the_account_may_be_called_as_a_deleted_list_had_it() -> None:
    account = make_account()
    actor = make_member(account)
    make_field(account, "Vorname", group=make_group(account, deleted_at=NOW))

    with account_scope(account.pk):
        field = create_field(account=account, group=None, label="Vorname", type=FieldType.TEXT, actor=actor, now=NOW)

    assert field.key == "vorname_2"


@pytest.mark.parametrize("own", [MAX_FIELDS, MAX_FIELDS - 5])
def test_create_field_refuses_one_more_than_a_list_may_show(own: int) -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, "Voll")
    for number in range(MAX_FIELDS):
        make_field(account, f"F{number}", group=group if number < own else None)

    for target in (group, None):
        with account_scope(account.pk), pytest.raises(TooManyFields) as refusal:
            create_field(account=account, group=target, label="Mehr", type=FieldType.TEXT, actor=actor, now=NOW)
        assert refusal.value.group_name == "Voll"


def test_create_field_takes_the_last_one_that_a_list_may_show() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    for number in range(MAX_FIELDS - 1):
        make_field(account, f"F{number}", group=group if number % 2 else None)

    with account_scope(account.pk):
        create_field(account=account, group=group, label="Letztes", type=FieldType.TEXT, actor=actor, now=NOW)

        assert Field.objects.count() == MAX_FIELDS


def test_create_field_refuses_a_locked_list() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account, locked=True)

    with account_scope(account.pk), pytest.raises(GroupLocked):
        create_field(account=account, group=group, label="Ort", type=FieldType.TEXT, actor=actor, now=NOW)


@pytest.mark.parametrize("label", ["", " \u200b", "x" * 101])
def test_create_field_takes_no_blank_or_overlong_label(label: str) -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)

    with account_scope(account.pk), pytest.raises(ValueError, match="1 to 100"):
        create_field(account=account, group=group, label=label, type=FieldType.TEXT, actor=actor, now=NOW)


def test_rename_field_changes_the_label_and_keeps_the_key() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    field = make_field(account, "Vorname", group=group)

    with account_scope(account.pk):
        rename_field(field=field, label="Rufname", actor=actor, now=NOW)
        stored = Field.objects.get(pk=field.pk)
        entry = AuditEntry.objects.get()

        assert (stored.label, stored.key, Group.objects.get().revision) == ("Rufname", "vorname", 1)
    assert (entry.action, entry.subject) == (AuditAction.FIELD_CHANGED, "Rufname")


def test_rename_field_may_change_the_case_of_its_own_label() -> None:
    account = make_account()
    actor, field = make_member(account), make_field(account, "vorname")

    with account_scope(account.pk):
        rename_field(field=field, label="Vorname", actor=actor, now=NOW)

        assert Field.objects.get().label == "Vorname"


def test_rename_field_with_the_same_label_changes_nothing() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    field = make_field(account, "Vorname", group=group)

    with account_scope(account.pk):
        rename_field(field=field, label="Vorname ", actor=actor, now=NOW)

        assert (Group.objects.get().revision, AuditEntry.objects.count()) == (0, 0)


def test_rename_field_refuses_the_name_of_another() -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)
    field = make_field(account, "Vorname", group=group)
    make_field(account, "Ort")

    with account_scope(account.pk):
        with pytest.raises(FieldLabelTaken):
            rename_field(field=field, label="ort", actor=actor, now=NOW)

        assert Field.objects.get(pk=field.pk).label == "Vorname"
