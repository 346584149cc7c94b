"""What deletions take away: recipients with all that hangs on them, and fields with their values.

One statement per table, each over all rows, in the caller's transaction, which has locked what it changes. Who deletes
asks for the backups first: `recipients.deletion`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from recipients.listing import Choice, Status, matching
from recipients.models import Contact, Field, Group, Recipient
from recipients.planner import whole_sets
from recipients.querysets import RecipientQuerySet

EVERYBODY: Final = Choice()


@dataclass(frozen=True)
class Chosen:
    """Recipients of a list that somebody chose: those that were ticked, or without `ids` all that a choice finds."""

    ids: tuple[int, ...] | None = None
    choice: Choice = EVERYBODY

    @property
    def is_everybody(self) -> bool:
        """Whether nobody of the list is left out."""
        return self.ids is None and not self.choice.search and self.choice.status is Status.ALL

    def of(self, group: Group) -> RecipientQuerySet:
        """Those of a list that are chosen, as it is now."""
        if self.ids is None:
            return matching(group=group, choice=self.choice)
        return Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(id__in=self.ids)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        if self.ids is not None:
            return {"ids": sorted(self.ids)}
        return {"status": self.choice.status.value, "search": self.choice.search, "inside": self.choice.inside}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`."""
        if "ids" in data:
            return cls(ids=tuple(data["ids"]))
        return cls(choice=Choice(status=Status(data["status"]), search=data["search"], inside=data["inside"]))


def delete_recipients(*, group: Group, chosen: RecipientQuerySet | None = None) -> int:
    """Delete the chosen recipients of a locked group, without `chosen` all of them; gives how many.

    Their activities go too, and account-wide values that no list shows then.
    """
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk) if chosen is None else chosen
    try:
        removed, which = rows.order_by().values("id", "email").query.sql_with_params()
    except EmptyResultSet:  # nobody was ticked: Django need not ask the database
        return 0
    account = group.account_id
    _execute(
        f"""
        DELETE FROM recipients_activity AS activity USING ({removed}) AS removed
        WHERE activity.account_id = %s AND activity.recipient_id = removed.id
        """,  # noqa: S608  # Django wrote the statement
        [*which, account],
    )
    if Contact.objects.filter(account_id=account).exists():
        with whole_sets():
            _execute(
                f"""
                DELETE FROM recipients_contact AS contact USING ({removed}) AS removed
                WHERE contact.account_id = %s AND contact.email = removed.email
                  AND NOT EXISTS (
                      SELECT FROM recipients_recipient AS other
                      WHERE other.account_id = %s AND other.email = contact.email AND other.group_id <> %s
                  )
                """,  # noqa: S608  # as above
                [*which, account, account, group.pk],
            )
    if chosen is None:
        return _execute("DELETE FROM recipients_recipient WHERE account_id = %s AND group_id = %s", [account, group.pk])
    # Without a join: of a list that is new to the planner it believes that it has one row, and would look each of the
    # chosen up among all of the list.
    return int(rows.order_by()._raw_delete(connection.alias))  # noqa: SLF001  # `delete` would fetch each row first


def with_value(field: Field) -> QuerySet[Recipient] | QuerySet[Contact]:
    """Who has a value in a field: recipients of its list, or of an account-wide field the addresses."""
    if field.group_id is None:
        return Contact.objects.filter(account_id=field.account_id, values__has_key=field.key)
    rows: QuerySet[Recipient] = Recipient.objects.of(account_id=field.account_id, group_id=field.group_id)
    return rows.filter(values__has_key=field.key)


def delete_field(*, field: Field) -> int:
    """Delete a field with all its values; gives how many recipients, or addresses, had one.

    The caller has locked the account's fields and every list that shows the field.
    """
    key, account = field.key, field.account_id
    if field.group_id is None:
        # Who had this value alone has none left, and no values are no row.
        count = _execute(
            "DELETE FROM recipients_contact WHERE account_id = %s AND values ? %s AND values - %s = '{}'",
            [account, key, key],
        )
        count += _execute(
            "UPDATE recipients_contact SET values = values - %s WHERE account_id = %s AND values ? %s",
            [key, account, key],
        )
    else:
        count = _execute(
            "UPDATE recipients_recipient SET values = values - %s"
            " WHERE account_id = %s AND group_id = %s AND values ? %s",
            [key, account, field.group_id, key],
        )
    Field.objects.filter(account_id=account, pk=field.pk).delete()
    return count


def _execute(statement: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
