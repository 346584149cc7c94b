"""The story that Listkeep is for: a wrong file over 100,000 customers, people act meanwhile, and it is taken back."""

import random
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.undoing import prepare_undo
from imports.models import Import
from recipients.models import Group, Recipient
from recipients.services import deactivate_recipient, edit_recipient
from tests.backups.restores import carried_out, previewed, undone
from tests.factories import make_account, make_field, make_group, make_member
from tests.recipients.deletions import ask_to_delete_recipients, carry_out
from tests.runs import make_draft, run_through

CUSTOMERS, NEW, UNSUBSCRIBED, EDITED, EDITED_NEW, DELETED = 100_000, 1_000, 50, 20, 7, 5
TARGETS = ("email", "name", "ort")


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
    make_field(account, "Ort", group=made)
    return made


def customer(number: int) -> str:
    return f"kunde{number:06d}@example.org"


def file_of(chance: random.Random, rows: dict[str, tuple[str, str]]) -> str:
    lines = [f"{email};{name};{place}" for email, (name, place) in rows.items()]
    chance.shuffle(lines)
    return "\n".join(["E-Mail;Name;Ort", *lines])


def imported(group: Group, editor: User, text: str) -> Import:
    run = run_through(make_draft(group, text, targets=TARGETS), editor)
    assert run.status == Import.Status.DONE
    return run


Told = tuple[str | None, str | None, bool]


class Row(NamedTuple):
    """What the model speaks of, and all of the row as the database writes it, but what only the database knows."""

    name: str | None
    place: str | None
    signed_off: bool
    whole: str


def rows_of(group: Group) -> dict[str, Row]:
    """The recipients of a list by address, read six times: each as text, without making Python's values of it."""
    with account_scope(group.account_id), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT email, values ->> 'name', values ->> 'ort', deactivated_at IS NOT NULL,
                (to_jsonb(recipient) - ARRAY['id', 'account_id', 'group_id', 'changed_in'])::text
            FROM recipients_recipient AS recipient WHERE account_id = %s AND group_id = %s
            """,
            [group.account_id, group.pk],
        )
        return {email: Row(*told) for email, *told in cursor.fetchall()}


def values_of(rows: dict[str, Row]) -> dict[str, Told]:
    """What the model speaks of: name, place, and whether somebody has signed off."""
    return {email: row[:3] for email, row in rows.items()}


def test_a_wrong_file_is_taken_back_and_who_acted_meanwhile_is_spared(group: Group, editor: User) -> None:
    chance = random.Random(20261124)
    right = {customer(number): (f"Zoë {number}", "Köln") for number in range(CUSTOMERS)}
    imported(group, editor, file_of(chance, right))
    before = rows_of(group)
    touched = chance.sample(sorted(right), 90_000)
    added = [f"neu{number}@example.org" for number in range(NEW)]
    wrong = imported(group, editor, file_of(chance, dict.fromkeys([*touched, *added], ("Falsch", "Bonn"))))
    after_import = rows_of(group)

    people = chance.sample(sorted(right), UNSUBSCRIBED + EDITED + DELETED)
    unsubscribed, edited = people[:UNSUBSCRIBED], people[UNSUBSCRIBED : UNSUBSCRIBED + EDITED]
    deleted, edited_new = people[UNSUBSCRIBED + EDITED :], added[:EDITED_NEW]
    with account_scope(group.account_id):
        ids = dict(Recipient.objects.filter(email__in=[*people, *added]).values_list("email", "id"))
        who: dict[str, Any] = {"account_id": group.account_id, "group_id": group.pk, "actor": editor}
        for email in unsubscribed:
            deactivate_recipient(**who, recipient_id=ids[email], now=timezone.now())
        for email in [*edited, *edited_new]:
            edit_recipient(**who, recipient_id=ids[email], changes={"name": "Von Hand"}, now=timezone.now())
    carry_out(ask_to_delete_recipients(group, editor, emails=deleted), group)

    model: dict[str, Told] = {email: (name, place, False) for email, (name, place) in right.items()}
    there = values_of(rows_of(group))
    spared = [*unsubscribed, *edited, *edited_new]
    model |= {email: there[email] for email in spared}
    for email in deleted:
        del model[email]
    back = len(set(touched) - {*spared, *deleted})

    with account_scope(group.account_id):
        undo = prepare_undo(run=wrong, actor=editor, now=timezone.now())
    undo = carried_out(previewed(undo), editor)

    present = rows_of(group)
    assert values_of(present) == model
    alike = set(before) - {*spared, *deleted}
    assert {email: present[email] for email in alike} == {email: before[email] for email in alike}
    told = undo.report
    taken_back = {name: told[name] for name in ("changed", "removed", "added")}
    assert taken_back == {"changed": back, "removed": NEW - EDITED_NEW, "added": 0}
    assert (told["kept_changed"], told["kept_deleted"]) == (UNSUBSCRIBED + EDITED + EDITED_NEW, DELETED)
    assert {name: told[name] for name in ("blocked", "contacts_kept", "erased")} == {
        "blocked": 0,
        "contacts_kept": 0,
        "erased": 0,
    }

    again = undone(undo, editor)

    expected = after_import | {email: present[email] for email in spared}
    for email in deleted:
        del expected[email]
    assert rows_of(group) == expected
    assert (again.report["changed"], again.report["added"]) == (back, NEW - EDITED_NEW)
