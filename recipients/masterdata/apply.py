"""Apply: carry out on a group what `plan` says of a staged master-data file.

One transaction, the caller's, with the group locked; one statement per kind of change, each over all rows. Where
account-wide values may change, all groups of the account are locked, since they show them too.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from recipients.masterdata.options import Mode, Options, Outcome
from recipients.masterdata.plan import count_consent, count_spared, outcome
from recipients.masterdata.removing import collect, remove_collected
from recipients.masterdata.restore_rules import is_reached, may_be_added
from recipients.masterdata.rules import (
    CONTACT_JOIN,
    IS_ACTIVE,
    MATCH,
    added_columns,
    are_few,
    contact_values,
    is_changed,
    is_contact_changed,
    parameters,
    touches_contacts,
    updated_columns,
)
from recipients.masterdata.staging import Staged
from recipients.models import Field, Group
from recipients.revision import next_change, raise_all_revisions, raise_revision


def needs_all_groups(*, group: Group, staged: Staged, options: Options) -> bool:
    """Whether `apply` may change account-wide values, so that all groups of the account must be locked."""
    if options.mode in (Mode.DELETE, Mode.EXACT):
        return Field.objects.filter(account_id=group.account_id, group__isnull=True).exists()
    return touches_contacts(staged, options)


def apply(*, group: Group, staged: Staged, options: Options, now: datetime, change: int | None = None) -> Outcome:
    """Change `group` by the staged rows, raise its revision if one changed; gives what `plan` would have said before.

    The caller has locked the group, or all groups of the account when `needs_all_groups` says so. What is written gets
    the number `change` (`recipients.revision.next_change`, taken after the lock); without it, one of its own.
    """
    values = parameters(group, staged, options, now) | {"change": next_change() if change is None else change}
    removed = collect(options, values)
    # Where that is cheaper than counting the list anew.
    active_before = _count_active(values) if options.mode is not Mode.EXACT and are_few(group, staged) else None
    consent = count_consent(staged=staged, options=options, values=values)
    spared = count_spared(staged=staged, options=options, values=values)
    new = _count_new(values) if not options.mode.adds else 0
    changed = contacts = 0
    columns = updated_columns(staged, options)
    if removed:
        remove_collected(group, options, values)
    if touches_contacts(staged, options):
        changed, contacts = _change_with_contacts(columns, values, options)
    elif columns:
        changed = _execute(_update(columns, options), values)
    if options.mode.adds:
        new = _execute(_insert(added_columns(staged), options), values)
    done = outcome(
        staged,
        options,
        new=new,
        changed=changed,
        contacts=contacts,
        removed=removed,
        consent=consent,
        spared=spared,
    )
    if done.added or done.changed or done.removed:
        _raise_revision(group, now, done, values, active_before)
    return done


def _raise_revision(
    group: Group, now: datetime, done: Outcome, values: dict[str, Any], active_before: int | None
) -> None:
    if active_before is None:
        raise_revision(group=group, now=now, recount=True)
        return
    active_delta = _count_active(values) - active_before
    raise_revision(group=group, now=now, recipients_delta=done.added - done.removed, active_delta=active_delta)


def _count_active(values: dict[str, Any]) -> int:
    """How many of the staged addresses are active in the list."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM staged JOIN recipients_recipient AS recipient ON {MATCH} WHERE {IS_ACTIVE}", values
        )
        return int(cursor.fetchone()[0])


def _update(columns: dict[str, str], options: Options, returning: str = "") -> str:
    assignments = ", ".join(f"{name} = {value}" for name, value in columns.items())
    return f"""
        UPDATE recipients_recipient AS recipient SET {assignments}, changed_in = %(change)s
        FROM staged WHERE {MATCH} AND {is_reached(options)} AND {is_changed(columns)} {returning}
    """


def _insert(columns: dict[str, str], options: Options) -> str:
    # Sorted, so that rows stand on the disk as the index has them: the list is paged and taken in that order.
    return f"""
        INSERT INTO recipients_recipient (account_id, group_id, changed_in, {", ".join(columns)})
        SELECT %(account)s, %(group)s, %(change)s, {", ".join(columns.values())}
        FROM staged
        WHERE NOT EXISTS (SELECT FROM recipients_recipient AS recipient WHERE {MATCH}) AND {may_be_added(options)}
        ORDER BY staged.email
    """


def _change_with_contacts(columns: dict[str, str], values: dict[str, Any], options: Options) -> tuple[int, int]:
    """Change recipients and account-wide values; gives how many recipients of the list and how many values changed."""
    with connection.cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE touched (email varchar(254) COLLATE "C" NOT NULL) ON COMMIT DROP')
        # Before the recipients: whom an undo reaches is told by the number that they still have.
        cursor.execute(_upsert_contacts(options), values)
        contacts = int(cursor.fetchone()[0])
        if columns:
            update = _update(columns, options, "RETURNING recipient.email")
            cursor.execute(f"WITH updated AS ({update}) INSERT INTO touched TABLE updated", values)
        cursor.execute("SELECT count(DISTINCT email) FROM touched")
        (count,) = cursor.fetchone()
        cursor.execute("DROP TABLE touched")
    if contacts:
        raise_all_revisions(account_id=values["account"], now=values["now"])
    return int(count), contacts


def _upsert_contacts(options: Options) -> str:
    return f"""
        WITH wanted AS (
            SELECT staged.email, recipient.id IS NOT NULL AS known, {contact_values(options)} AS values
            FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH} {CONTACT_JOIN}
            WHERE {is_contact_changed(options)}
        ), written AS (
            INSERT INTO recipients_contact (account_id, email, values, changed_in)
            SELECT %(account)s, email, values, %(change)s FROM wanted WHERE values <> '{{}}'
            ON CONFLICT (account_id, email) DO UPDATE SET values = excluded.values, changed_in = excluded.changed_in
        ), emptied AS (
            DELETE FROM recipients_contact AS contact USING wanted
            WHERE contact.account_id = %(account)s AND contact.email = wanted.email AND wanted.values = '{{}}'
        ), known AS (
            INSERT INTO touched SELECT email FROM wanted WHERE known
        )
        SELECT count(*) FROM wanted
    """


def _count_new(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM staged
            WHERE NOT EXISTS (SELECT FROM recipients_recipient AS recipient WHERE {MATCH})
            """,
            values,
        )
        return int(cursor.fetchone()[0])


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
