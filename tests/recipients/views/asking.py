"""The pages that ask before something is deleted: a list to ask about, and what a reader finds in them."""

from typing import Any

from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.models import Deletion, Group, Recipient
from tests.factories import (
    NOW,
    make_group,
    make_recipient,
)
from tests.page_content import Element, read

HTMX = {"HX-Request": "true"}
FIRST = "First a backup of the master data is made. Nothing is deleted before it is complete."
LOST = "Activities such as opens and clicks are in no backup and are lost."
BACK = "The backup is kept for 30 days. Until then you can restore the recipients under Backups."


def make_list(account: Account) -> Group:
    """A list of three: two active, one bounced."""
    group = make_group(account, "Kunden 2026")
    make_recipient(group, "anna@example.org")
    make_recipient(group, "bert@example.org", bounced_at=NOW)
    make_recipient(group, "joanna@example.org")
    return group


def url(name: str, group: Group, *more: Any) -> str:
    return reverse(f"recipients:{name}", args=[group.account_id, group.pk, *more])


def id_of(group: Group, email: str) -> int:
    with account_scope(group.account_id):
        found: Recipient = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).get(email=email)
    return found.id


def ticked(group: Group, *names: str) -> dict[str, list[int]]:
    return {"id": [id_of(group, f"{name}@example.org") for name in names]}


def with_query(address: str, query: dict[str, Any]) -> str:
    pairs = [(name, one) for name, value in query.items() for one in (value if isinstance(value, list) else [value])]
    return f"{address}?{'&'.join(f'{name}={one}' for name, one in pairs)}"


def confirmation(response: Any) -> Element:
    (found,) = read(response).all("div", "confirm")
    return found


def text_and_label(response: Any) -> tuple[str, str]:
    asked = confirmation(response)
    return asked.all("p")[0].text, asked.all("form")[0].text


def facts(response: Any) -> list[str]:
    return [fact.text for fact in confirmation(response).all("li")]


def deletions(account: Account) -> list[Deletion]:
    with account_scope(account.pk):
        return list(Deletion.objects.all())
