"""Plan: what the rows staged from a master-data file would do to a group, in figures; `apply` does just that."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from recipients.masterdata.options import Mode, Options, Outcome
from recipients.masterdata.rules import (
    CONTACT_JOIN,
    MATCH,
    is_changed,
    is_contact_changed,
    is_kept_inactive,
    is_reactivated,
    is_signed_off,
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


def plan(*, group: Group, staged: Staged, options: Options, now: datetime) -> Outcome:
    """Count what `apply` would do to `group` with the staged rows. Changes nothing."""
    columns = updated_columns(staged, options)
    join, contact_changed = "", "false"
    if touches_contacts(staged, options):
        join, contact_changed = CONTACT_JOIN, is_contact_changed(options)
    query = f"""
        SELECT count(*) FILTER (WHERE recipient.id IS NULL),
               count(*) FILTER (WHERE recipient.id IS NOT NULL AND ({is_changed(columns)} OR {contact_changed})),
               count(*) FILTER (WHERE {contact_changed})
        FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH} {join}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, parameters(group, staged, options, now))
        new, changed, contacts = cursor.fetchone()
    consent = count_consent(group=group, staged=staged, options=options, now=now)
    return outcome(staged, options, new=new, changed=changed, contacts=contacts, consent=consent)


def count_consent(*, group: Group, staged: Staged, options: Options, now: datetime) -> Consent:
    """Whose status changes; to be asked before anything has changed."""
    if not touches_consent(staged, options):
        return Consent()
    columns = updated_columns(staged, options)
    reactivated, kept = is_reactivated(staged), is_kept_inactive(staged)
    if options.mode is Mode.DEACTIVATE:
        reactivated = kept = "false"
    query = f"""
        SELECT count(*) FILTER (WHERE {is_signed_off(columns)}),
               count(*) FILTER (WHERE {reactivated}),
               count(*) FILTER (WHERE {kept})
        FROM staged JOIN recipients_recipient AS recipient ON {MATCH}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, parameters(group, staged, options, now))
        return Consent(*cursor.fetchone())


def outcome(staged: Staged, options: Options, *, new: int, changed: int, contacts: int, consent: Consent) -> Outcome:
    """The figures of a run with `new` addresses that are not in the list and `changed` ones that are."""
    known = staged.rows - new
    mode = options.mode
    changed = changed if mode.changes else 0
    skipped = 0 if mode.adds else new
    if mode is Mode.ADD:
        skipped += known
    return Outcome(
        added=new if mode.adds else 0,
        changed=changed,
        unchanged=known - changed if mode.changes else 0,
        removed=known if mode is Mode.DELETE else 0,
        skipped=skipped,
        doubled=staged.doubled,
        signed_off=consent.signed_off,
        reactivated=consent.reactivated,
        kept_inactive=consent.kept_inactive,
        contacts_changed=contacts,
    )
