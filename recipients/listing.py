"""A page of a group's recipients: filtered, searched, in the order of the addresses, fast in a list of a million.

A page is read from a key on (`after`, or backwards from `before`), so a deep page costs what the first one costs. Few
matches among many rows could make one page read them all; therefore at most LOOKED_AT rows are read for a page, and the
page says how far it came and goes on from there.

Only operators that PostgreSQL knows to leak nothing may use an index under row-level security. LIKE is none of them
(it read all rows: 360 ms); comparing is, so that a prefix is searched as a range.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, F, Q, Value, Window
from django.db.models.functions import RowNumber, StrIndex
from django.db.models.lookups import GreaterThan

from recipients.models import Group, Recipient
from recipients.querysets import ACTIVE, RecipientQuerySet

PAGE = 50
LOOKED_AT = 50_000  # rows of an index: about 20 ms
LOOKED_AT_ACTIVE = 20_000  # who is active stands in no index, so the rows themselves are read
LAST_CHARACTER = "\U0010ffff"


class Status(StrEnum):
    """Which recipients are shown."""

    ALL = "all"
    ACTIVE = "active"
    INACTIVE = "inactive"
    BOUNCED = "bounced"


@dataclass(frozen=True)
class Choice:
    """What a person asked to see. `search` is in the canonical form of addresses; `looked_at` is what went before."""

    status: Status = Status.ALL
    search: str = ""
    inside: bool = False  # search anywhere in the address, not only at its beginning
    after: str = ""
    before: str = ""
    looked_at: int = 0


@dataclass(frozen=True)
class RecipientPage:
    """What a page shows, and from which addresses on its neighbours are read (None: there is none)."""

    choice: Choice
    recipients: list[Recipient]
    previous: str | None
    next: str | None
    stopped_at: str | None = None  # where reading stopped after LOOKED_AT rows, with the page not full yet
    looked_at: int = 0  # where it stopped: the rows read so far, for this page and those before it


def read_page(*, group: Group, choice: Choice) -> RecipientPage:
    """The page that `choice` asks for; a search that finds nothing at the beginning of addresses looks inside them."""
    page = _read(group, choice)
    started_here = not (choice.after or choice.before or choice.inside)
    if choice.search and started_here and not page.recipients and page.stopped_at is None:
        return _read(group, replace(choice, inside=True))
    return page


def matching(*, group: Group, choice: Choice) -> RecipientQuerySet:
    """All recipients that a choice finds, on whatever page they stand."""
    rows = _range(
        Recipient.objects.of(account_id=group.account_id, group_id=group.pk), replace(choice, after="", before="")
    )
    found: RecipientQuerySet = rows.alias(hit=_hit(choice)).filter(hit=True)
    return found


def _read(group: Group, choice: Choice) -> RecipientPage:
    emails, stopped_at = _find(group, choice)
    more = len(emails) > PAGE
    onward = emails[PAGE - 1] if more else stopped_at
    if choice.before and onward is None:
        return _read(group, replace(choice, before=""))  # the beginning is reached: a whole first page, not its rest
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
    recipients = list(rows.filter(email__in=emails[:PAGE]).order_by("email"))
    if choice.before:
        return RecipientPage(choice, recipients, previous=onward, next=choice.before)
    return RecipientPage(
        choice,
        recipients,
        previous=(emails[0] if emails else choice.after) if choice.after else None,
        next=onward if more else None,
        stopped_at=None if more else stopped_at,
        looked_at=choice.looked_at + _most_rows(choice) if stopped_at and not more else 0,
    )


def _find(group: Group, choice: Choice) -> tuple[list[str], str | None]:
    """Up to PAGE + 1 addresses in reading order, and the address at which LOOKED_AT stopped the reading."""
    order = F("email").desc() if choice.before else F("email").asc()
    most = _most_rows(choice)
    rows = _range(Recipient.objects.of(account_id=group.account_id, group_id=group.pk), choice)
    looked_at = (
        rows.annotate(place=Window(RowNumber(), order_by=order), hit=_hit(choice))
        .order_by(order)
        .values("email", "place", "hit")[:most]
    )
    statement, parameters = looked_at.query.sql_with_params()
    direction = "DESC" if choice.before else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT email, hit, place = %s FROM ({statement}) AS looked_at"  # noqa: S608  # Django wrote the statement
            f" WHERE hit OR place = %s ORDER BY email {direction} LIMIT %s",
            [most, *parameters, most, PAGE + 2],
        )
        found: list[tuple[str, bool, bool]] = cursor.fetchall()
    stopped_at = next((email for email, _is_hit, is_last in found if is_last), None)
    return [email for email, is_hit, _is_last in found if is_hit][: PAGE + 1], stopped_at


def _most_rows(choice: Choice) -> int:
    return LOOKED_AT_ACTIVE if choice.status is Status.ACTIVE else LOOKED_AT


def _range(rows: RecipientQuerySet, choice: Choice) -> RecipientQuerySet:
    """The rows that an index finds: from the key on, by the beginning, by a status that has an index of its own."""
    if choice.status in {Status.INACTIVE, Status.BOUNCED}:
        rows = rows.with_status(choice.status)
    if choice.search and not choice.inside:
        rows = rows.filter(email__gte=choice.search, email__lt=choice.search + LAST_CHARACTER)
    if choice.after:
        rows = rows.filter(email__gt=choice.after)
    if choice.before:
        rows = rows.filter(email__lt=choice.before)
    return rows


def _hit(choice: Choice) -> "ExpressionWrapper[Q] | Value":
    """Whether a row that was read is shown."""
    conditions = Q()
    if choice.status is Status.ACTIVE:
        conditions &= ACTIVE
    if choice.search and choice.inside:
        conditions &= Q(GreaterThan(StrIndex("email", Value(choice.search)), 0))
    return ExpressionWrapper(conditions, BooleanField()) if conditions else Value(value=True)
