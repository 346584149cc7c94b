"""Removing: recipients whom a file takes out of a list, with all that hangs on them.

The mode EXACT takes away who is in the list alone: they stand in `absent` (see `staging.stage_differences`).
`collect` finds them once, into the table `going` of the caller's transaction; `apply` removes them, `plan` and
`details` only look. Whom a job removed is remembered, so that an undo knows whom it may bring back.
"""

from typing import Any

from django.db import connection

from recipients.masterdata.options import Mode, Options
from recipients.masterdata.restore_rules import is_absent
from recipients.masterdata.rules import MATCH
from recipients.models import Contact, Group
from recipients.planner import whole_sets

OF_THE_LIST = "recipient.account_id = %(account)s AND recipient.group_id = %(group)s"
OF_THE_LIST_ALONE = (
    f"FROM absent JOIN recipients_recipient AS recipient ON recipient.email = absent.email AND {OF_THE_LIST}"
)


def collect(options: Options, values: dict[str, Any]) -> int:
    """Put whom the file takes away into `going` (id, email); gives how many. `values`: `rules.parameters`."""
    if options.mode is Mode.DELETE:
        chosen = f"FROM staged JOIN recipients_recipient AS recipient ON {MATCH}"
    elif options.mode is Mode.EXACT:
        chosen = f"{OF_THE_LIST_ALONE} WHERE {is_absent(options)}"
    else:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS going")
        cursor.execute(
            'CREATE TEMPORARY TABLE going (id bigint NOT NULL, email varchar(254) COLLATE "C" NOT NULL) ON COMMIT DROP'
        )
        cursor.execute(f"INSERT INTO going SELECT recipient.id, recipient.email {chosen}", values)
        count = cursor.rowcount
        if count:
            cursor.execute("ANALYZE going")
    return int(count)


def count_added_since(options: Options, values: dict[str, Any]) -> int:
    """How many recipients who are not in the file stay, because they were added or changed after what is undone."""
    if options.restoring is None or not options.restoring.spares_changed:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {ADDED_SINCE}", values)
        return int(cursor.fetchone()[0])


ADDED_SINCE = f"{OF_THE_LIST_ALONE} WHERE recipient.changed_in > %(since)s"


def count_values_left(options: Options, values: dict[str, Any]) -> int:
    """Of those in `going`: how many have account-wide values that the undone import filled, and that stay.

    Other lists show them, and nobody knows which there were before.
    """
    if options.restoring is None or options.restoring.since is None:
        return 0
    with connection.cursor() as cursor, whole_sets():
        cursor.execute(
            """
            SELECT count(*) FROM going JOIN recipients_contact AS contact ON contact.email = going.email
            WHERE contact.account_id = %(account)s AND contact.changed_in = %(since)s AND EXISTS (
                SELECT FROM recipients_recipient AS other
                WHERE other.account_id = %(account)s AND other.email = contact.email AND other.group_id <> %(group)s
            )
            """,
            values,
        )
        return int(cursor.fetchone()[0])


def remove_collected(group: Group, options: Options, values: dict[str, Any]) -> None:
    """Delete those in `going`, their activities, and account-wide values that no list shows then."""
    with connection.cursor() as cursor:
        if options.job_id is not None:
            cursor.execute(
                "INSERT INTO recipients_removal (account_id, job_id, email)"
                " SELECT %(account)s, %(job)s, going.email FROM going ON CONFLICT DO NOTHING",
                values | {"job": options.job_id},
            )
        with whole_sets():
            if Contact.objects.filter(account_id=group.account_id).exists():
                cursor.execute(
                    """
                    DELETE FROM recipients_contact AS contact USING going
                    WHERE contact.account_id = %(account)s AND contact.email = going.email
                      AND NOT EXISTS (
                          SELECT FROM recipients_recipient AS other
                          WHERE other.account_id = %(account)s AND other.email = contact.email
                            AND other.group_id <> %(group)s
                      )
                    """,
                    values,
                )
        cursor.execute(
            """
            DELETE FROM recipients_activity AS activity USING going
            WHERE activity.account_id = %(account)s AND activity.recipient_id = going.id
            """,
            values,
        )
        cursor.execute(
            """
            DELETE FROM recipients_recipient AS recipient USING going
            WHERE recipient.account_id = %(account)s AND recipient.id = going.id
            """,
            values,
        )
