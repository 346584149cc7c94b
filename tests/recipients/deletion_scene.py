"""A scene for deletions: two lists of one account, every kind of deletion of it, and what each must leave."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Deletion, Field, Group
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
from tests.faults.rows import Rows, rows_of
from tests.recipients.deletions import (
    ask_to_clear,
    ask_to_delete_field,
    ask_to_delete_recipients,
    without,
)

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


def make_scene() -> Scene:
    """The scene as it is before any deletion."""
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
