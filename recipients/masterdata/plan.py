"""Plan: what the rows staged from a master-data file would do to a group, in figures; `apply` does just that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from recipients.masterdata.options import Mode, Options, Outcome
from recipients.masterdata.removing import collect, count_added_since, count_values_left
from recipients.masterdata.restore_rules import (
    contact_is_reached,
    is_blocked,
    is_kept_away,
    is_new,
    is_reached,
    is_spared,
)
from recipients.masterdata.rules import (
    CONTACT_JOIN,
    MATCH,
    contact_values,
    is_changed,
    is_contact_changed,
    is_kept_inactive,
    is_reactivated,
    is_signed_off,
    is_status_kept,
    parameters,
    touches_consent,
    touches_contacts,
    updated_columns,
)
from recipients.masterdata.staging import Staged
from recipients.models import Group


@dataclass(frozen=True)
class Consent:
    """How many people's status a file changes, or would if it were heard."""

    signed_off: int = 0
    reactivated: int = 0
    kept_inactive: int = 0
    status_kept: int = 0


@dataclass(frozen=True)
class Spared:
    """Whom a restore does not bring back, or leaves as they are; all 0 for other files.

    `changed` are in the list and in the backup, `added` in the list alone, `deleted` and `blocked` in the backup alone;
    `contacts` are account-wide values.
    """

    blocked: int = 0
    changed: int = 0
    added: int = 0
    deleted: int = 0
    contacts: int = 0


def plan(*, group: Group, staged: Staged, options: Options, now: datetime) -> Outcome:
    """Count what `apply` would do to `group` with the staged rows. Changes nothing."""
    values = parameters(group, staged, options, now)
    columns = updated_columns(staged, options)
    join, contact_changed = "", "false"
    if touches_contacts(staged, options):
        join, contact_changed = CONTACT_JOIN, is_contact_changed(options)
    query = f"""
        SELECT count(*) FILTER (WHERE {is_new(options)}),
               count(*) FILTER (WHERE {is_reached(options)} AND ({is_changed(columns)} OR {contact_changed})),
               count(*) FILTER (WHERE {contact_changed})
        FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH} {join}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        new, changed, contacts = cursor.fetchone()
    return outcome(
        staged,
        options,
        new=new,
        changed=changed,
        contacts=contacts,
        removed=collect(options, values),
        consent=count_consent(staged=staged, options=options, values=values),
        spared=count_spared(staged=staged, options=options, values=values),
    )


def count_consent(*, staged: Staged, options: Options, values: dict[str, Any]) -> Consent:
    """Whose status changes; to be asked before anything has changed. `values`: `rules.parameters`."""
    if not touches_consent(staged, options):
        return Consent()
    columns = updated_columns(staged, options)
    reactivated, kept = is_reactivated(columns), is_kept_inactive(staged, columns)
    if options.mode is Mode.DEACTIVATE:
        reactivated = kept = "false"
    status_kept = is_status_kept(columns) if options.restoring is not None else "false"
    query = f"""
        SELECT count(*) FILTER (WHERE {is_signed_off(columns)}),
               count(*) FILTER (WHERE {reactivated}),
               count(*) FILTER (WHERE {kept}),
               count(*) FILTER (WHERE {status_kept})
        FROM staged JOIN recipients_recipient AS recipient ON {MATCH} WHERE {is_reached(options)}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return Consent(*cursor.fetchone())


def count_spared(*, staged: Staged, options: Options, values: dict[str, Any]) -> Spared:
    """Whom a restore spares; to be asked before anything has changed, and after `collect`."""
    if options.restoring is None:
        return Spared()
    join, contact_kept = "", "false"
    if touches_contacts(staged, options):
        join, contact_kept = CONTACT_JOIN, _is_contact_kept(options)
    query = f"""
        SELECT count(*) FILTER (WHERE {is_blocked(options)}),
               count(*) FILTER (WHERE {is_spared(options)}),
               count(*) FILTER (WHERE {is_kept_away(options)}),
               count(*) FILTER (WHERE {contact_kept})
        FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH} {join}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        blocked, changed, deleted, contacts = cursor.fetchone()
    return Spared(
        blocked=blocked,
        changed=changed,
        added=count_added_since(options, values),
        deleted=deleted,
        contacts=contacts + count_values_left(options, values),
    )


def _is_contact_kept(options: Options) -> str:
    """SQL: whether account-wide values of a reached address stay, other than in the backup: they changed since."""
    return (
        f"({is_new(options)} OR {is_reached(options)}) AND NOT ({contact_is_reached(options)})"
        f" AND coalesce(contact.values, '{{}}') IS DISTINCT FROM {contact_values(options)}"
    )


def outcome(
    staged: Staged,
    options: Options,
    *,
    new: int,
    changed: int,
    contacts: int,
    removed: int,
    consent: Consent,
    spared: Spared,
) -> Outcome:
    """The figures of a run with `new` addresses that are not in the list and `changed` ones that are."""
    known = staged.rows - new - spared.blocked - spared.changed - spared.deleted
    mode = options.mode
    changed = changed if mode.changes else 0
    skipped = 0 if mode.adds else new
    if mode is Mode.ADD:
        skipped += known
    return Outcome(
        added=new if mode.adds else 0,
        changed=changed,
        unchanged=known - changed if mode.changes else 0,
        removed=removed,
        skipped=skipped,
        doubled=staged.doubled,
        signed_off=consent.signed_off,
        reactivated=consent.reactivated,
        kept_inactive=consent.kept_inactive,
        contacts_changed=contacts,
        blocked=spared.blocked,
        status_kept=consent.status_kept,
        kept_changed=spared.changed + spared.added,
        kept_deleted=spared.deleted,
        contacts_kept=spared.contacts,
    )
