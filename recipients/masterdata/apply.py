"""Apply: carry out on a group what `plan` says of a staged master-data file.

One transaction, the caller's, with the group locked; one statement per kind of change, each over all rows. Where the
file has account-wide values, all groups of the account are locked, since they show them too.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from recipients.masterdata.plan import (
    CONTACT_CHANGED,
    KEPT_INACTIVE,
    MATCH,
    Options,
    Outcome,
    added_columns,
    is_changed,
    outcome,
    parameters,
    updated_columns,
)
from recipients.masterdata.staging import Staged
from recipients.models import Group
from recipients.revision import raise_all_revisions, raise_revision


def apply(*, group: Group, staged: Staged, options: Options, now: datetime) -> Outcome:
    """Change `group` by the staged rows, raise its revision if one changed; gives what `plan` would have said before.

    The caller has locked the group (with account-wide fields in the file: all groups of the account).
    """
    values = parameters(group, options, now)
    columns = updated_columns(staged)
    kept_inactive = 0
    if staged.mapped.intersection({"activated_at"}) and options.mode.updates:
        kept_inactive = _count(
            f"FROM staged JOIN recipients_recipient AS recipient ON {MATCH} AND {KEPT_INACTIVE}", values
        )
    new = _count_new(values) if not options.mode.adds else 0
    if staged.account_fields:
        changed = _change_with_contacts(columns, values, options)
    else:
        changed = _execute(_update(columns), values) if options.mode.updates and columns else 0
    if options.mode.adds:
        new = _execute(_insert(added_columns(staged)), values)
    done = outcome(staged, options, new=new, changed=changed, kept_inactive=kept_inactive)
    if done.added or done.changed:
        raise_revision(group=group, now=now, recount=True)
    return done


def _update(columns: dict[str, str], returning: str = "") -> str:
    assignments = ", ".join(f"{name} = {value}" for name, value in columns.items())
    return f"""
        UPDATE recipients_recipient AS recipient SET {assignments}
        FROM staged WHERE {MATCH} AND {is_changed(columns)} {returning}
    """


def _insert(columns: dict[str, str]) -> str:
    # Sorted, so that rows stand on the disk as the index has them: the list is paged and taken in that order.
    return f"""
        INSERT INTO recipients_recipient (account_id, group_id, {", ".join(columns)})
        SELECT %(account)s, %(group)s, {", ".join(columns.values())}
        FROM staged
        WHERE NOT EXISTS (SELECT FROM recipients_recipient AS recipient WHERE {MATCH})
        ORDER BY staged.email
    """


def _change_with_contacts(columns: dict[str, str], values: dict[str, Any], options: Options) -> int:
    """Change recipients and account-wide values; gives the number of recipients of the list that either changed."""
    with connection.cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE touched (email varchar(254) COLLATE "C" NOT NULL) ON COMMIT DROP')
        if options.mode.updates and columns:
            cursor.execute(
                f"WITH updated AS ({_update(columns, 'RETURNING recipient.email')}) INSERT INTO touched TABLE updated",
                values,
            )
        cursor.execute(_upsert_contacts(options), values)
        contacts = cursor.fetchone()[0]
        cursor.execute("SELECT count(DISTINCT email) FROM touched")
        (count,) = cursor.fetchone()
        cursor.execute("DROP TABLE touched")
    if contacts:
        raise_all_revisions(account_id=values["account"], now=values["now"])
    return int(count)


def _upsert_contacts(options: Options) -> str:
    scope = {"add": "recipient.id IS NULL", "update": "recipient.id IS NOT NULL", "update_and_add": "true"}[
        options.mode
    ]
    return f"""
        WITH wanted AS (
            SELECT staged.email, recipient.id IS NOT NULL AS known,
                   CASE WHEN recipient.id IS NOT NULL THEN coalesce(contact.values, '{{}}') || staged.contact_values
                        ELSE staged.contact_values || coalesce(contact.values, '{{}}') END AS values
            FROM staged
            LEFT JOIN recipients_recipient AS recipient ON {MATCH}
            LEFT JOIN recipients_contact AS contact
                   ON contact.account_id = %(account)s AND contact.email = staged.email
            WHERE {scope} AND {CONTACT_CHANGED}
        ), written AS (
            INSERT INTO recipients_contact (account_id, email, values)
            SELECT %(account)s, email, values FROM wanted
            ON CONFLICT (account_id, email) DO UPDATE SET values = excluded.values
        ), known AS (
            INSERT INTO touched SELECT email FROM wanted WHERE known
        )
        SELECT count(*) FROM wanted
    """


def _count_new(values: dict[str, Any]) -> int:
    return _count(f"FROM staged WHERE NOT EXISTS (SELECT FROM recipients_recipient AS recipient WHERE {MATCH})", values)


def _count(from_clause: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {from_clause}", values)
        return int(cursor.fetchone()[0])


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
