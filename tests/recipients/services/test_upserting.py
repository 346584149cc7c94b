"""Upserts through an interface: rows in, recipients changed, consent kept, no backup made."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.deletion import GroupGone, GroupLocked
from recipients.erasing import erase_person
from recipients.given_rows import MOST_SHAPES, GivenRow, GivenValue, Refused, TooManyShapes, UnknownFields
from recipients.masterdata.file import FieldType
from recipients.masterdata.options import EmptyCells, Mode, Options, TagsMode
from recipients.models import Contact, Group, Recipient
from recipients.services.upserting import Upserted, upsert_recipients
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)

pytestmark = pytest.mark.django_db
LATER = NOW + DAY
UPDATE_AND_ADD = Options(mode=Mode.UPDATE_AND_ADD)
CLEARING = Options(mode=Mode.UPDATE_AND_ADD, empty_cells=EmptyCells.CLEAR, tags=TagsMode.REPLACE)


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def actor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account, "Kunden")
    make_field(account, "Ort", group=group)
    make_field(account, "Umsatz", FieldType.NUMBER, group=group)
    make_field(account, "Geburtstag", FieldType.DATE, group=group)
    make_field(account, "Anrede", FieldType.GENDER, group=group)
    return group


def upsert(group: Group, actor: User, *rows: GivenRow, options: Options = UPDATE_AND_ADD, **more: Any) -> Upserted:
    with account_scope(group.account_id):
        return upsert_recipients(
            account_id=group.account_id,
            group_id=group.pk,
            rows=rows,
            options=options,
            actor=actor,
            now=LATER,
            **more,
        )


def present(group: Group) -> dict[str, Recipient]:
    with account_scope(group.account_id):
        return {one.email: one for one in Recipient.objects.of(account_id=group.account_id, group_id=group.pk)}


def numbers(group: Group) -> tuple[int, int, int]:
    """Revision, recipients and active ones, as the list says."""
    with account_scope(group.account_id):
        group.refresh_from_db()
    return group.revision, group.recipient_count, group.active_count


def test_who_is_new_comes_in_active_with_exact_values(group: Group, actor: User) -> None:
    values: dict[str, GivenValue] = {
        "ort": " Köln ",
        "umsatz": Decimal("0.1"),
        "geburtstag": "1990-02-28",
        "anrede": "female",
    }
    done = upsert(
        group, actor, {"email": " Anna@Example.org", "source": "Shop", "tags": ["b", "a,b"], "fields": values}
    )
    assert done == Upserted(added=1)
    anna = present(group)["anna@example.org"]
    assert (anna.registered_at, anna.activated_at, anna.source, anna.tags) == (LATER, LATER, "Shop", ["b", "a"])
    assert anna.values == {
        "ort": "Köln",
        "umsatz": Decimal("0.1"),
        "geburtstag": "1990-02-28",
        "anrede": "female",
    }
    assert numbers(group) == (1, 1, 1)


def test_what_a_row_does_not_speak_of_stays(group: Group, actor: User) -> None:
    make_recipient(group, "a@example.org", values={"ort": "Ulm", "umsatz": 5}, source="Messe", tags=["x"])
    make_recipient(group, "b@example.org", values={"ort": "Bonn"})
    done = upsert(
        group,
        actor,
        {"email": "a@example.org", "fields": {"umsatz": "7.50", "ort": None}},
        {"email": "b@example.org", "tags": ["neu"]},
    )
    assert done == Upserted(changed=2)
    found = present(group)
    assert (found["a@example.org"].values, found["a@example.org"].source, found["a@example.org"].tags) == (
        {"ort": "Ulm", "umsatz": Decimal("7.5")},
        "Messe",
        ["x"],
    )
    assert (found["b@example.org"].values, found["b@example.org"].tags) == ({"ort": "Bonn"}, ["neu"])


def test_null_clears_where_that_is_asked_for_and_what_is_absent_stays(group: Group, actor: User) -> None:
    make_recipient(group, "a@example.org", values={"ort": "Ulm", "umsatz": 5}, source="Messe", tags=["x"])
    make_recipient(group, "b@example.org", values={"ort": "Bonn"}, source="Messe", tags=["y"])
    done = upsert(
        group,
        actor,
        {"email": "a@example.org", "source": None, "fields": {"ort": None}},
        {"email": "b@example.org", "tags": [], "fields": {"umsatz": 1}},
        options=CLEARING,
    )
    assert done == Upserted(changed=2)
    found = present(group)
    assert [(one.values, one.source, one.tags) for one in (found["a@example.org"], found["b@example.org"])] == [
        ({"umsatz": 5}, None, ["x"]),
        ({"ort": "Bonn", "umsatz": 1}, "Messe", []),
    ]


def test_the_same_again_changes_nothing_and_leaves_the_revision(group: Group, actor: User) -> None:
    row: GivenRow = {"email": "a@example.org", "fields": {"ort": "Ulm"}}
    upsert(group, actor, row)
    before = numbers(group)
    assert upsert(group, actor, row) == Upserted(unchanged=1)
    assert numbers(group) == before


@pytest.mark.parametrize(
    ("mode", "expected", "emails"),
    [
        (Mode.ADD, Upserted(added=1, skipped=1), ["a@example.org", "b@example.org"]),
        (Mode.UPDATE, Upserted(changed=1, skipped=1), ["a@example.org"]),
    ],
)
def test_the_mode_says_who_is_reached(
    group: Group, actor: User, mode: Mode, expected: Upserted, emails: list[str]
) -> None:
    make_recipient(group, "a@example.org")
    rows: list[GivenRow] = [{"email": "a@example.org", "source": "x"}, {"email": "b@example.org", "source": "x"}]
    assert upsert(group, actor, *rows, options=Options(mode=mode)) == expected
    assert sorted(present(group)) == emails


def test_rows_that_cannot_be_stored_are_refused_one_by_one(group: Group, actor: User) -> None:
    fits = {"email": "fits@example.org"}
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"email": "kein"}, "email", "invalid_address"),
        ({"email": "FITS@example.org"}, "email", "doubled"),
        ({"email": "a@example.org", "fields": {"umsatz": "1,5"}}, "fields.umsatz", "no_number"),
        ({"email": "b@example.org", "fields": {"umsatz": True}}, "fields.umsatz", "no_number"),
        ({"email": "c@example.org", "fields": {"umsatz": "1e-999"}}, "fields.umsatz", "no_number"),
        ({"email": "d@example.org", "fields": {"umsatz": Decimal("NaN")}}, "fields.umsatz", "no_number"),
        ({"email": "e@example.org", "fields": {"umsatz": 10**28}}, "fields.umsatz", "no_number"),
        ({"email": "f@example.org", "fields": {"geburtstag": "1990-02-30"}}, "fields.geburtstag", "no_date"),
        ({"email": "g@example.org", "fields": {"geburtstag": "19900228"}}, "fields.geburtstag", "no_date"),
        ({"email": "h@example.org", "fields": {"anrede": "Frau"}}, "fields.anrede", "no_gender"),
        ({"email": "i@example.org", "fields": {"ort": 5}}, "fields.ort", "no_text"),
        ({"email": "j@example.org", "fields": {"ort": "a\0b"}}, "fields.ort", "nul"),
        ({"email": "k@example.org", "tags": ["x" * 10_001]}, "tags", "too_long"),
        ({"email": "l@example.org", "source": "\0"}, "source", "nul"),
        ({"email": "m@example.org", "activated_at": datetime(1, 1, 1, tzinfo=UTC)}, "activated_at", "out_of_range"),
    ]
    done = upsert(group, actor, fits, *(row for row, _member, _reason in wrong))  # type: ignore[arg-type]
    expected = [Refused(place, member, reason) for place, (_row, member, reason) in enumerate(wrong, start=1)]
    assert done == Upserted(added=1, refused=expected)
    assert list(present(group)) == ["fits@example.org"]


def test_rows_that_speak_of_unknown_fields_are_refused_as_a_whole(group: Group, actor: User) -> None:
    with pytest.raises(UnknownFields) as refused:
        upsert(group, actor, {"email": "a@example.org"}, {"email": "b@example.org", "fields": {"x": 1, "ort": "Ulm"}})
    assert refused.value.keys == ["x"]
    assert present(group) == {}


def test_too_many_different_sets_of_members_are_refused_where_empty_clears(group: Group, actor: User) -> None:
    for number in range(6):
        make_field(group.account, f"F{number}", key=f"f{number}", group=group)
    rows: list[GivenRow] = [
        {"email": f"{number}@example.org", "fields": {f"f{bit}": None for bit in range(6) if number >> bit & 1}}
        for number in range(MOST_SHAPES + 1)
    ]
    with pytest.raises(TooManyShapes):
        upsert(group, actor, *rows, options=CLEARING)
    assert upsert(group, actor, *rows[:MOST_SHAPES], options=CLEARING).added == MOST_SHAPES


def test_account_wide_values_are_seen_in_all_lists(account: Account, group: Group, actor: User) -> None:
    make_field(account, "Nummer", FieldType.NUMBER, key="nummer")
    other = make_group(account, "Presse")
    make_contact(account, "b@example.org", {"nummer": 1})
    make_recipient(group, "b@example.org")
    rows: list[GivenRow] = [{"email": f"{name}@example.org", "fields": {"nummer": 7}} for name in "ab"]
    assert upsert(group, actor, *rows) == Upserted(added=1, changed=1)
    with account_scope(account.pk):
        values = dict(Contact.objects.values_list("email", "values"))
    assert values == {"a@example.org": {"nummer": 7}, "b@example.org": {"nummer": 7}}
    assert numbers(other)[0] == 1


# --- consent ------------------------------------------------------------------------------------------------------


def test_who_has_signed_off_or_bounced_stays_so_and_is_counted(group: Group, actor: User) -> None:
    make_recipient(group, "off@example.org", deactivated_at=NOW)
    make_recipient(group, "bounced@example.org", bounced_at=NOW)
    rows: list[GivenRow] = [
        {"email": "off@example.org", "activated_at": LATER, "deactivated_at": None},
        {"email": "bounced@example.org", "source": "Shop"},
    ]
    assert upsert(group, actor, *rows) == Upserted(changed=2, kept_inactive=2)
    assert {one.is_active for one in present(group).values()} == {False}


def test_a_later_sign_up_reactivates_when_that_is_asked_for(group: Group, actor: User) -> None:
    make_recipient(group, "early@example.org", deactivated_at=NOW + DAY / 2)
    make_recipient(group, "late@example.org", deactivated_at=NOW + DAY / 2)
    make_recipient(group, "silent@example.org", deactivated_at=NOW + DAY / 2)
    rows: list[GivenRow] = [
        {"email": "early@example.org", "activated_at": NOW + DAY / 4},
        {"email": "late@example.org", "activated_at": LATER},
        {"email": "silent@example.org", "source": "Shop"},
    ]
    options = Options(mode=Mode.UPDATE_AND_ADD, reactivate=True)
    done = upsert(group, actor, *rows, options=options)
    assert (done.reactivated, done.kept_inactive) == (1, 2)
    assert [one.email for one in present(group).values() if one.is_active] == ["late@example.org"]
    assert numbers(group)[1:] == (3, 1)


def test_a_later_sign_off_wins(group: Group, actor: User) -> None:
    make_recipient(group, "a@example.org")
    done = upsert(group, actor, {"email": "a@example.org", "deactivated_at": LATER})
    assert done == Upserted(changed=1, signed_off=1)
    assert numbers(group) == (2, 1, 0)


def test_blocked_people_do_not_come_in_whatever_is_asked_for(account: Account, group: Group, actor: User) -> None:
    make_blocked(account, "*@*.example.net")
    make_blocked(account, "spam@example.org", group=group)
    make_blocked(account, "*werbung*", group=group)
    emails = ["a@x.example.net", "spam@example.org", "die.werbung@example.com", "gut@example.org"]
    options = Options(mode=Mode.UPDATE_AND_ADD, reactivate=True)
    rows: list[GivenRow] = [{"email": one} for one in emails]
    done = upsert(group, actor, *rows, options=options, readmit_erased=True)
    assert done == Upserted(added=1, refused=[Refused(place, "email", "blocked") for place in range(3)])


def test_erased_people_come_in_only_when_that_is_asked_for(account: Account, group: Group, actor: User) -> None:
    make_blocked(account, "blocked@example.org")
    with account_scope(account.pk):
        for email in ("erased@example.org", "blocked@example.org"):
            erase_person(account=account, email=email, actor=actor, now=NOW)
    rows: list[GivenRow] = [{"email": "erased@example.org"}, {"email": "blocked@example.org"}]
    refused = [Refused(place, "email", "erased") for place in range(2)]
    assert upsert(group, actor, *rows) == Upserted(refused=refused)
    assert upsert(group, actor, *rows, readmit_erased=True) == Upserted(added=1, readmitted=1, refused=refused[1:])
    assert upsert(group, actor, *rows) == Upserted(unchanged=1, refused=refused[1:])


# --- around it ----------------------------------------------------------------------------------------------------


def test_it_stands_in_the_audit_trail_without_a_word_of_the_people(group: Group, actor: User) -> None:
    upsert(group, actor, {"email": "a@example.org", "fields": {"ort": "Ulm"}})
    with account_scope(group.account_id):
        entries = list(AuditEntry.objects.values_list("action", "subject", "detail", "actor_id"))
    detail = {"added": 1, "changed": 0, "signed_off": 0, "reactivated": 0, "kept_inactive": 0}
    assert entries == [(AuditAction.RECIPIENTS_WRITTEN, "Kunden", detail, actor.pk)]


def test_no_backup_is_made(group: Group, actor: User) -> None:
    make_recipient(group, "a@example.org")
    upsert(group, actor, {"email": "a@example.org", "source": "Shop"})
    with account_scope(group.account_id):
        assert not Backup.objects.exists()


@pytest.mark.parametrize(
    ("column", "value", "refusal"), [("locked", True, GroupLocked), ("deleted_at", NOW, GroupGone)]
)
def test_a_list_that_is_locked_or_gone_is_refused(
    group: Group, actor: User, column: str, value: object, refusal: type[Exception]
) -> None:
    with account_scope(group.account_id):
        Group.objects.update(**{column: value})
    with pytest.raises(refusal):
        upsert(group, actor, {"email": "a@example.org"})


def test_the_lists_numbers_stay_true_in_a_large_list(group: Group, actor: User) -> None:
    for number in range(12):
        make_recipient(group, f"r{number}@example.org", deactivated_at=NOW if number % 2 else None)
    rows: list[GivenRow] = [{"email": "r0@example.org", "deactivated_at": LATER}, {"email": "neu@example.org"}]
    upsert(group, actor, *rows)
    found = present(group).values()
    assert numbers(group)[1:] == (len(found), sum(one.is_active for one in found)) == (13, 6)
