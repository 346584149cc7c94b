"""What the demo's recipients have opened and clicked: no part of any backup."""

import random
from datetime import datetime, timedelta
from typing import Final

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.models import Activity, Group, Recipient

MAILINGS: Final = (
    (26, "Frühlingsangebote für Garten und Balkon"),
    (19, "Neu eingetroffen: Möbel aus Eiche"),
    (12, "Nur diese Woche: 20 % auf Küchen"),
    (5, "Unsere Öffnungszeiten zum Jahreswechsel"),
)
LINKS: Final = ("Zum Shop", "Öffnungszeiten", "Katalog als PDF", "Anfahrt")
READERS: Final = 600  # recipients of a list that have activities


def make_activities(*, account: Account, list_name: str, now: datetime) -> None:
    """Let some of a list's active recipients receive, open and click the last mailings; once only."""
    with account_scope(account.pk):
        group = Group.objects.present().filter(account=account, name=list_name).order_by("pk").first()
        if group is None or Activity.objects.filter(account=account, recipient_id__in=_reader_ids(group)).exists():
            return
        activities = [activity for pk in _reader_ids(group) for activity in _of_recipient(account.pk, pk, now)]
        Activity.objects.bulk_create(activities, batch_size=2000)


def _reader_ids(group: Group) -> list[int]:
    readers = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).with_status("active")
    return list(readers.order_by("email").values_list("id", flat=True)[:READERS])


def _of_recipient(account_id: int, recipient_id: int, now: datetime) -> list[Activity]:
    chance = random.Random(recipient_id)  # noqa: S311  # a demo is no secret
    found = []
    for days, subject in MAILINGS:
        at = now - timedelta(days=days, minutes=chance.randint(0, 20))
        steps = [(Activity.Kind.RECEIVED, subject)]
        if chance.random() < 0.5:
            steps.append((Activity.Kind.OPENED, subject))
            if chance.random() < 0.3:
                steps.append((Activity.Kind.CLICKED, chance.choice(LINKS)))
        for kind, text in steps:
            found.append(Activity(account_id=account_id, recipient_id=recipient_id, kind=kind, at=at, subject=text))
            at += timedelta(minutes=chance.randint(1, 600))
    return found
