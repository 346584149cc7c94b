"""Activities, a few thousand at a time: what recipients did (opened, clicked), as the program that sends mail knows it.

They are no master data: the list is not locked, its revision stays, and no backup holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from recipients.given_rows import EARLIEST, LATEST, Refused, canonical_addresses
from recipients.masterdata.values import UnstorableText, normalise_text
from recipients.models import Activity, Group

MOST_SUBJECT_LENGTH = 300


@dataclass(frozen=True)
class GivenActivity:
    """Something that a recipient did; `subject` is the mailing's subject or the link."""

    email: str
    kind: Activity.Kind
    at: datetime
    subject: str = ""


@dataclass(frozen=True)
class Added:
    """`added + missing + len(refused)` are all that were given; `missing`: their address is not in the list."""

    added: int
    missing: int
    refused: list[Refused]


@transaction.atomic
def add_activities(*, group: Group, activities: Sequence[GivenActivity]) -> Added:
    """Keep what recipients of a list did. The same again is kept again: who sends it twice says so with a key."""
    emails, found = canonical_addresses([one.email for one in activities])
    refused = {one.index: one for one in found if one.reason != "doubled"}  # people do more than one thing
    kept: list[tuple[str, str, datetime, str]] = []
    for place, (email, one) in enumerate(zip(emails, activities, strict=True)):
        if place in refused:
            continue
        subject, reason = _subject(one.subject)
        if reason:
            refused[place] = Refused(place, "subject", reason)
        elif not EARLIEST <= one.at < LATEST:
            refused[place] = Refused(place, "at", "out_of_range")
        else:
            kept.append((email, one.kind.value, one.at, subject))
    columns = [list(column) for column in zip(*kept, strict=True)] or [[], [], [], []]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_activity (account_id, recipient_id, kind, at, subject)
            SELECT %s, recipient.id, given.kind, given.at, given.subject
            FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[]) AS given (email, kind, at, subject)
            JOIN recipients_recipient AS recipient
              ON recipient.account_id = %s AND recipient.group_id = %s AND recipient.email = given.email COLLATE "C"
            """,
            [group.account_id, *columns, group.account_id, group.pk],
        )
        added = cursor.rowcount
    return Added(added, len(kept) - added, [refused[place] for place in sorted(refused)])


def _subject(text: str) -> tuple[str, str]:
    """The subject as it is stored, and why it cannot be."""
    try:
        subject = normalise_text(text) or ""
    except UnstorableText as error:
        return "", error.code
    return subject, "too_long" if len(subject) > MOST_SUBJECT_LENGTH else ""
