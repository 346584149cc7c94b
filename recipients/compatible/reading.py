"""Recipients read for answers: a page or some, with their account-wide values and what they did.

In a fixed number of queries, however many they are.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from recipients.compatible.refusals import Refusal
from recipients.compatible.shapes import Shape, each_with, event_shape, receiver_shape
from recipients.models import Activity, Group, Recipient
from recipients.queries import ACTIVITIES_SHOWN, contact_values, fields_of
from recipients.querysets import RecipientQuerySet

USUAL_PAGE: Final = 50
MOST_A_PAGE: Final = 5_000
# "bounce" is the documented word; "bounced" is what people write.
TYPES: Final = {"": "all", "all": "all", "active": "active", "inactive": "inactive"} | dict.fromkeys(
    ("bounce", "bounced"), "bounced"
)
ORDERS: Final = {
    "id": "id",
    "email": "email",
    "source": "source",
    "registered": "registered_at",
    "activated": "activated_at",
    "deactivated": "deactivated_at",
    "bounced": "bounced_at",
}


class Detail(IntFlag):
    """What a page shows of each recipient beside the usual: bits that clients add up."""

    EVENTS = 1
    ORDERS = 2
    TAGS = 4


NOTHING_MORE: Final = Detail(0)


@dataclass(frozen=True)
class Page:
    """Which recipients a client asked for. `order`: a field of ORDERS and its direction, "" for the usual one."""

    number: int = 0
    size: int = USUAL_PAGE
    kind: str = "all"
    order: str = ""
    emails: Sequence[str] | None = None
    ids: Sequence[int] | None = None


def read_page(group: Group, page: Page) -> list[Recipient]:
    """The recipients of a page, none past the end. Raises Refusal for an order that is not known."""
    rows: RecipientQuerySet = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
    if page.emails is not None:
        rows = rows.filter(email__in=page.emails)
    if page.ids is not None:
        rows = rows.filter(id__in=page.ids)
    rows = rows.with_status(page.kind)
    start = page.number * page.size
    if page.order:
        return list(_ordered(rows, page.order)[start : start + page.size])
    # The addresses stand in the index, so that those before a deep page are counted there and not read.
    emails = list(rows.order_by("email").values_list("email", flat=True)[start : start + page.size])
    return list(
        Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(email__in=emails).order_by("email")
    )


def receivers_by_email(group: Group, emails: Sequence[str]) -> dict[str, Shape]:
    """Recipients of a list in their shape, by their addresses."""
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(email__in=set(emails))
    return {shape["email"]: shape for shape in shapes_of(group, list(rows))}


def shapes_of(group: Group, recipients: Sequence[Recipient], detail: Detail = NOTHING_MORE) -> list[Shape]:
    """Recipients of one list in their shape."""
    fields = fields_of(group)
    contacts = contact_values(account_id=group.account_id, emails=[one.email for one in recipients])
    shapes = [receiver_shape(one, fields, contacts.get(one.email, {})) for one in recipients]
    if Detail.EVENTS in detail:
        each_with(shapes, "events", events_of(group, recipients))
    if Detail.ORDERS in detail:
        each_with(shapes, "orders", {})
    return shapes


def whole_shape(recipient: Recipient, group: Group) -> Shape:
    """One recipient with all that there is."""
    return shapes_of(group, [recipient], Detail.EVENTS | Detail.ORDERS)[0]


def events_of(group: Group, recipients: Sequence[Recipient]) -> dict[str, list[Shape]]:
    """What each did last, newest first, by their number as a text; at most ACTIVITIES_SHOWN of each."""
    place = Window(RowNumber(), partition_by=F("recipient_id"), order_by=F("at").desc())
    found: QuerySet[Activity] = Activity.objects.filter(
        account_id=group.account_id, recipient_id__in=[one.id for one in recipients]
    )
    events: dict[str, list[Shape]] = defaultdict(list)
    latest = found.annotate(place=place).filter(place__lte=ACTIVITIES_SHOWN).order_by("recipient_id", "-at")
    for activity in latest:
        events[str(activity.recipient_id)].append(event_shape(activity, group.pk))
    return events


def _ordered(rows: RecipientQuerySet, order: str) -> RecipientQuerySet:
    """By a field, and among equals by the number, so that pages neither skip nor repeat anybody."""
    name, _space, direction = order.strip().lower().partition(" ")
    if name not in ORDERS or direction.strip() not in {"", "asc", "desc"}:
        raise Refusal(400, "invalid order_by")
    by = F(ORDERS[name])
    is_down = direction.strip() == "desc"
    return rows.order_by(by.desc(nulls_last=True) if is_down else by.asc(nulls_first=True), "id")
