"""What the article's person has before they begin: an account with a list of four people, each with another status."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import F

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Activity, Field, Group, Recipient
from tests.browser.words import Words
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_activity,
    make_field,
    make_group,
    make_member,
    make_recipient,
    make_user,
)

People = dict[str, dict[str, Any]]

EMAIL, PASSWORD = "inge.berger@example.org", "tulpen-und-narzissen-1987"
FIELDS = {
    "Vorname": FieldType.TEXT,
    "Geburtstag": FieldType.DATE,
    "Umsatz": FieldType.NUMBER,
    "Anrede": FieldType.GENDER,
    "PLZ": FieldType.TEXT,
}
FILE = (
    "E-Mail;Vorname;Geburtstag;Umsatz;Anrede;PLZ\r\n"
    "jürgen@example.org;Jürgen;24.12.1970;1.234,50;Herr;01067\r\n"
    "zoë@example.org;Zoë;01.02.2003;99,99;Frau;50667\r\n"
    "ada@example.org;Augusta Ada;10.12.1975;12,00;Frau;10115\r\n"
)


@dataclass(frozen=True)
class Scene:
    """The account, its list, and the file that the person imports."""

    account: Account
    group: Group
    file: Path


def set_up(words: Words, folder: Path) -> Scene:
    """Make the account with its owner and its list; write the file as a German spreadsheet program does."""
    account = make_account(words.account)
    make_member(account, Role.OWNER, make_user(EMAIL, password=PASSWORD, first_name="Inge", last_name="Berger"))
    group = make_group(account, words.first_list)
    for label, kind in FIELDS.items():
        make_field(account, label, kind, group=group)
    ada = make_recipient(
        group,
        "ada@example.org",
        values={"vorname": "Ada", "geburtstag": "1975-12-10", "umsatz": Decimal("12.5"), "plz": "01067"},
        tags=["VIP", "Messe"],
        source="Website",
    )
    make_activity(ada, Activity.Kind.OPENED, subject="Frühling")
    make_activity(ada, Activity.Kind.CLICKED, subject="https://example.org/tulpen")
    make_recipient(group, "unsubscribed@example.org", deactivated_at=NOW + DAY, values={"vorname": 'Kurt "K." Öztürk'})
    make_recipient(group, "bounced@example.org", bounced_at=NOW + 2 * DAY, values={"vorname": "=SUM(A1)"})
    make_recipient(group, "pending@example.org", activated_at=None, values={"anrede": "diverse"})
    file = folder / "neue-kunden.csv"
    file.write_text(FILE, encoding="windows-1252")
    return Scene(account, group, file)


def people_in(group: Group) -> People:
    """Everybody in a list with their status and values, the values by the labels of the fields."""
    with account_scope(group.account_id):
        labels = dict(Field.objects.filter(group=group).values_list("key", "label"))
        found = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        return {
            one.email: {
                "status": (one.registered_at, one.activated_at, one.deactivated_at, one.bounced_at),
                "active": one.is_active,
                "source": one.source,
                "tags": one.tags,
                "values": {labels[key]: value for key, value in one.values.items()},
            }
            for one in found
        }


def activities_in(group: Group) -> int:
    """How many activities the people of a list have."""
    with account_scope(group.account_id):
        ids = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).values_list("id", flat=True)
        return Activity.objects.filter(account_id=group.account_id, recipient_id__in=list(ids)).count()


def list_named(account: Account, name: str) -> Group:
    """The list with that name that has not been deleted."""
    with account_scope(account.pk):
        found: Group = Group.objects.present().get(name=name)
    return found


def list_with_number(account: Account, number: int) -> Group:
    """The list that programs know by that number."""
    with account_scope(account.pk):
        found: Group = Group.objects.get(pk=number)
    return found


def let_thirty_days_pass(backup: Backup) -> None:
    """Make a backup thirty days older than it is."""
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(
            requested_at=F("requested_at") - 30 * DAY,
            completed_at=F("completed_at") - 30 * DAY,
            expires_at=F("expires_at") - 30 * DAY,
        )
