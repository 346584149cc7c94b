"""Services of single recipients."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from recipients.deletion import GroupLocked
from recipients.masterdata.file import FieldType
from recipients.masterdata.values import UnstorableText
from recipients.models import Contact, Group, Recipient
from recipients.services import (
    AddressTaken,
    ChangedMeanwhile,
    InvalidAddress,
    activate_recipient,
    deactivate_recipient,
    edit_recipient,
    read_master_data,
)
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)

pytestmark = pytest.mark.django_db

LATER = NOW + DAY


@pytest.fixture
def account() -> Account:
    account = make_account()
    make_field(account, "Kundennummer", FieldType.NUMBER)
    return account


@pytest.fixture
def actor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    make_field(account, "Vorname", group=group)
    make_field(account, "Umsatz", FieldType.NUMBER, group=group)
    make_field(account, "Geburtstag", FieldType.DATE, group=group)
    make_field(account, "Geschlecht", FieldType.GENDER, group=group)
    return group


def edit(recipient: Recipient, actor: User, seen: str | None = None, **changes: Any) -> Recipient:
    with account_scope(recipient.account_id):
        return edit_recipient(
            account_id=recipient.account_id,
            group_id=recipient.group_id,
            recipient_id=recipient.id,
            changes=changes,
            seen=seen,
            actor=actor,
            now=LATER,
        )


def stored(recipient: Recipient) -> dict[str, Any]:
    """The row, but for the number of its last change: see tests/recipients/test_change_numbers.py."""
    with account_scope(recipient.account_id):
        row = {**Recipient.objects.values().get(id=recipient.id)}
    del row["changed_in"]
    return row


def numbers(group: Group) -> tuple[int, int, int]:
    with account_scope(group.account_id):
        row = Group.objects.get(pk=group.pk)
        return row.revision, row.recipient_count, row.active_count


def contacts(account: Account) -> dict[str, dict[str, Any]]:
    with account_scope(account.pk):
        return dict(Contact.objects.values_list("email", "values"))


def test_edit_recipient_writes_what_changed_and_nothing_else(actor: User, group: Group) -> None:
    exact = Decimal("1234567890123456789012345678.0123456789")
    recipient = make_recipient(group, "a@example.org", values={"umsatz": exact, "vorname": "Ann"}, source="Messe")
    before = stored(recipient)

    edit(recipient, actor, vorname=" Anna ", geburtstag=date(1990, 2, 28), geschlecht="female", tags=["vip, Presse"])

    values = {"umsatz": exact, "vorname": "Anna", "geburtstag": "1990-02-28", "geschlecht": "female"}
    assert stored(recipient) == before | {"values": values, "tags": ["vip", "Presse"]}


def test_edit_recipient_takes_values_away(actor: User, group: Group) -> None:
    recipient = make_recipient(group, values={"vorname": "Anna", "umsatz": 5}, source="Messe", tags=["vip"])

    edit(recipient, actor, vorname="  ", umsatz=None, source="", tags=[])

    after = stored(recipient)
    assert (after["values"], after["source"], after["tags"]) == ({}, None, [])


def test_edit_recipient_raises_the_revision_once_and_keeps_the_numbers(actor: User, group: Group) -> None:
    recipient = make_recipient(group)

    edit(recipient, actor, vorname="Anna", source="Messe")

    assert numbers(group) == (2, 1, 1)


def test_edit_recipient_with_the_same_again_writes_nothing(actor: User, group: Group) -> None:
    recipient = make_recipient(group, values={"vorname": "Anna", "umsatz": Decimal("1.5")}, tags=["vip"])

    edit(recipient, actor, email=recipient.email.upper(), vorname="Anna ", umsatz=Decimal("1.50"), tags=["vip"])

    assert numbers(group) == (1, 1, 1)
    with account_scope(group.account_id):
        assert AuditEntry.objects.count() == 0


def test_edit_recipient_notes_the_columns_but_no_data(actor: User, group: Group) -> None:
    recipient = make_recipient(group, "anna@example.org")

    edit(recipient, actor, vorname="Anna", email="anna.maria@example.org")

    with account_scope(group.account_id):
        entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.subject) == (AuditAction.RECIPIENT_CHANGED, actor.pk, group.name)
    assert entry.detail == {"recipient": recipient.id, "changed": ["email", "vorname"]}


def test_edit_recipient_stores_the_canonical_address(actor: User, group: Group) -> None:
    recipient = make_recipient(group)

    edit(recipient, actor, email="  Jörg@XN--BCHER-KVA.Example.COM ")

    assert stored(recipient)["email"] == "jörg@bücher.example.com"


def test_edit_recipient_refuses_what_is_no_address(actor: User, group: Group) -> None:
    recipient = make_recipient(group)

    with pytest.raises(InvalidAddress):
        edit(recipient, actor, email="anna(at)example.org")

    assert numbers(group) == (1, 1, 1)


def test_edit_recipient_refuses_an_address_of_the_same_list(actor: User, group: Group) -> None:
    recipient = make_recipient(group, "a@example.org")
    make_recipient(group, "b@example.org")

    with pytest.raises(AddressTaken):
        edit(recipient, actor, email="B@example.org", kundennummer=7)

    assert stored(recipient)["email"] == "a@example.org"
    assert numbers(group) == (2, 2, 2)


def test_edit_recipient_takes_an_address_of_another_list(account: Account, actor: User, group: Group) -> None:
    make_recipient(make_group(account, "Andere"), "b@example.org")
    recipient = make_recipient(group, "a@example.org")

    edit(recipient, actor, email="b@example.org")

    assert stored(recipient)["email"] == "b@example.org"


def test_edit_recipient_writes_account_wide_values_for_every_list(account: Account, actor: User, group: Group) -> None:
    other = make_group(account, "Andere")
    recipient = make_recipient(group, "a@example.org")

    edit(recipient, actor, kundennummer=Decimal("4711.5"))

    assert contacts(account) == {"a@example.org": {"kundennummer": Decimal("4711.5")}}
    assert (numbers(group), numbers(other)) == ((2, 1, 1), (1, 0, 0))
    assert stored(recipient)["values"] == {}


def test_edit_recipient_keeps_account_wide_values_that_it_does_not_know(
    account: Account, actor: User, group: Group
) -> None:
    recipient = make_recipient(group, "a@example.org")
    make_contact(account, "a@example.org", {"kundennummer": 1, "other": "x"})

    edit(recipient, actor, kundennummer=None)

    assert contacts(account) == {"a@example.org": {"other": "x"}}


def test_edit_recipient_forgets_a_contact_without_values(account: Account, actor: User, group: Group) -> None:
    recipient = make_recipient(group, "a@example.org")
    make_contact(account, "a@example.org", {"kundennummer": 1})

    edit(recipient, actor, kundennummer=None)

    assert contacts(account) == {}


def test_edit_recipient_takes_account_wide_values_to_a_new_address(account: Account, actor: User, group: Group) -> None:
    recipient = make_recipient(group, "old@example.org")
    make_contact(account, "old@example.org", {"kundennummer": 1})

    edit(recipient, actor, email="new@example.org")

    assert contacts(account) == {"new@example.org": {"kundennummer": 1}}


def test_edit_recipient_leaves_account_wide_values_to_other_lists(account: Account, actor: User, group: Group) -> None:
    recipient = make_recipient(group, "old@example.org")
    make_recipient(make_group(account, "Andere"), "old@example.org")
    make_contact(account, "old@example.org", {"kundennummer": 1})
    make_contact(account, "new@example.org", {"kundennummer": 2})

    edit(recipient, actor, email="new@example.org")

    assert contacts(account) == {"old@example.org": {"kundennummer": 1}, "new@example.org": {"kundennummer": 2}}


def test_edit_recipient_refuses_an_edit_of_an_older_state(actor: User, group: Group) -> None:
    recipient = make_recipient(group, values={"vorname": "Ann"})
    with account_scope(group.account_id):
        seen = read_master_data(group=group, recipient_id=recipient.id).seen
    edit(recipient, actor, seen=seen, vorname="Anna")

    with pytest.raises(ChangedMeanwhile) as refusal:
        edit(recipient, actor, seen=seen, umsatz=5)

    assert refusal.value.present.values == {"vorname": "Anna"}
    assert stored(recipient)["values"] == {"vorname": "Anna"}


def test_edit_recipient_sees_account_wide_values_that_changed_meanwhile(
    account: Account, actor: User, group: Group
) -> None:
    recipient = make_recipient(group, "a@example.org")
    with account_scope(account.pk):
        seen = read_master_data(group=group, recipient_id=recipient.id).seen
    make_contact(account, "a@example.org", {"kundennummer": 1})

    with pytest.raises(ChangedMeanwhile):
        edit(recipient, actor, seen=seen, vorname="Anna")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"unknown": "x"}, "No field is called"),
        ({"deactivated_at": None}, "No field is called"),
        ({"geschlecht": "frau"}, "no gender's code"),
        ({"geburtstag": "28.02.1990"}, "Invalid isoformat"),
        ({"umsatz": Decimal("1E28")}, "too large"),
        ({"umsatz": Decimal("-1E28")}, "too large"),
        ({"umsatz": Decimal("NaN")}, "too large"),
        ({"umsatz": Decimal("0.12345678901")}, "more than 10 decimals"),
    ],
)
def test_edit_recipient_takes_nothing_that_a_backup_cannot_hold(
    actor: User, group: Group, changes: dict[str, Any], reason: str
) -> None:
    recipient = make_recipient(group)

    with pytest.raises(ValueError, match=reason):
        edit(recipient, actor, **changes)

    assert numbers(group) == (1, 1, 1)


@pytest.mark.parametrize("name", ["vorname", "source"])
def test_edit_recipient_refuses_text_that_cannot_be_stored(actor: User, group: Group, name: str) -> None:
    recipient = make_recipient(group)

    with pytest.raises(UnstorableText):
        edit(recipient, actor, **{name: "a\x00b"})


def test_edit_recipient_refuses_a_locked_list(account: Account, actor: User) -> None:
    group = make_group(account, locked=True)
    recipient = make_recipient(group)

    with pytest.raises(GroupLocked):
        edit(recipient, actor, source="Messe")


def test_edit_recipient_knows_no_recipient_of_another_list(account: Account, actor: User, group: Group) -> None:
    recipient = make_recipient(make_group(account, "Andere"))

    with account_scope(account.pk), pytest.raises(Recipient.DoesNotExist):
        edit_recipient(
            account_id=account.pk,
            group_id=group.pk,
            recipient_id=recipient.id,
            changes={"source": "x"},
            actor=actor,
            now=NOW,
        )


def test_deactivate_recipient_signs_off_and_counts_one_less(actor: User, group: Group) -> None:
    recipient = make_recipient(group)
    before = stored(recipient)

    with account_scope(group.account_id):
        deactivate_recipient(
            account_id=group.account_id, group_id=group.pk, recipient_id=recipient.id, actor=actor, now=LATER
        )
        entry = AuditEntry.objects.get()

    assert stored(recipient) == before | {"deactivated_at": LATER}
    assert numbers(group) == (2, 1, 0)
    assert (entry.action, entry.subject) == (AuditAction.RECIPIENT_CHANGED, group.name)
    assert entry.detail == {"recipient": recipient.id, "status": "deactivated"}


def test_deactivate_recipient_keeps_the_earlier_date(actor: User, group: Group) -> None:
    recipient = make_recipient(group, deactivated_at=NOW)

    with account_scope(group.account_id):
        deactivate_recipient(
            account_id=group.account_id, group_id=group.pk, recipient_id=recipient.id, actor=actor, now=LATER
        )

    assert stored(recipient)["deactivated_at"] == NOW
    assert numbers(group) == (1, 1, 0)


def test_deactivate_recipient_who_bounced_leaves_the_active_ones_alone(actor: User, group: Group) -> None:
    recipient = make_recipient(group, bounced_at=NOW)

    with account_scope(group.account_id):
        deactivate_recipient(
            account_id=group.account_id, group_id=group.pk, recipient_id=recipient.id, actor=actor, now=LATER
        )

    assert numbers(group) == (2, 1, 0)


@pytest.mark.parametrize(
    "dates", [{"deactivated_at": NOW}, {"bounced_at": NOW}, {"activated_at": None}, {"activated_at": NOW - DAY}]
)
def test_activate_recipient_makes_active_from_now_on(actor: User, group: Group, dates: dict[str, Any]) -> None:
    recipient = make_recipient(group, **dates)
    was_active = recipient.is_active

    with account_scope(group.account_id):
        activate_recipient(
            account_id=group.account_id, group_id=group.pk, recipient_id=recipient.id, actor=actor, now=LATER
        )

    after = stored(recipient)
    activated_at = NOW - DAY if was_active else LATER
    assert (after["activated_at"], after["deactivated_at"], after["bounced_at"]) == (activated_at, None, None)
    assert numbers(group) == (1 if was_active else 2, 1, 1)


@pytest.mark.parametrize("change", [deactivate_recipient, activate_recipient])
def test_status_of_a_locked_list_cannot_be_changed(account: Account, actor: User, change: Any) -> None:
    group = make_group(account, locked=True)
    recipient = make_recipient(group, activated_at=None)

    with account_scope(account.pk), pytest.raises(GroupLocked):
        change(account_id=account.pk, group_id=group.pk, recipient_id=recipient.id, actor=actor, now=LATER)
