"""The rules of an import, once, as SQL over a staged row `staged` and the recipient `recipient` with the same address.

`plan` counts with them, `details` shows them on samples, `apply` carries them out.

Consent (mission P4): what is not mapped stays; an event that is later wins; who signed off or bounced stays so unless
`reactivate` asks otherwise. Then those are let in whom the file has as signed up and neither signed off nor bounced, by
a sign-up that is later than both of theirs and not in the future: a date that has not come yet is no consent, and
outweighs no sign-off. What a file says without a date (`said_at`) moves no date that is known.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from recipients.masterdata import restore_rules
from recipients.masterdata.file import STATUS_COLUMNS
from recipients.masterdata.options import Mode, Options, TagsMode
from recipients.masterdata.restore_rules import contact_is_reached, is_new, is_reached, status_after
from recipients.masterdata.staging import Staged
from recipients.models import Group

# The addresses once more where they are `few`, as an array: the planner takes a list that its statistics do not know,
# or one account's of many, for a handful of rows, and would read all of it. The array is looked up in the index.
# Where the list is read all the same, only these addresses come out, so that no join compares each with each.
MATCH = """
recipient.account_id = %(account)s AND recipient.group_id = %(group)s AND recipient.email = staged.email
AND (%(few)s::text[] IS NULL OR recipient.email = ANY (%(few)s::text[]))
"""
FEW = 4  # times as many recipients as rows: from there on the rows are few
MOST_LOOKED_UP = 10_000  # addresses that go into each statement as an array

ADDED_TAGS = """
CASE WHEN staged.tags IS NULL OR staged.tags <@ recipient.tags THEN recipient.tags ELSE recipient.tags || ARRAY(
    SELECT tag FROM unnest(staged.tags) WITH ORDINALITY AS u (tag, place)
    WHERE tag <> ALL (recipient.tags) ORDER BY place
) END
"""

SIGNED_UP_LATER = """
(staged.activated_at > greatest(recipient.deactivated_at, recipient.bounced_at) AND staged.activated_at <= %(now)s)
"""

LET_IN = f"""
(%(reactivate)s AND staged.deactivated_at IS NULL AND staged.bounced_at IS NULL AND {SIGNED_UP_LATER})
"""

SIGNED_OFF = f"""
CASE WHEN recipient.deactivated_at IS NOT NULL AND staged.deactivated_at = %(said_at)s THEN recipient.deactivated_at
     WHEN staged.deactivated_at IS NOT NULL AND recipient.deactivated_at IS NOT NULL
     THEN greatest(staged.deactivated_at, recipient.deactivated_at)
     WHEN staged.deactivated_at >=
          CASE WHEN recipient.activated_at <= %(now)s THEN recipient.activated_at ELSE '-infinity' END
     THEN staged.deactivated_at
     WHEN {LET_IN} THEN NULL
     ELSE recipient.deactivated_at END
"""

BOUNCED = f"""
CASE WHEN {LET_IN} THEN NULL
     WHEN recipient.bounced_at IS NOT NULL AND staged.bounced_at = %(said_at)s THEN recipient.bounced_at
     ELSE greatest(staged.bounced_at, recipient.bounced_at) END
"""

LATER_EVENT_WINS = {
    "activated_at": "greatest(staged.activated_at, recipient.activated_at)",
    "deactivated_at": SIGNED_OFF,
    "bounced_at": BOUNCED,
}

DEACTIVATED = """
coalesce(recipient.deactivated_at, least(staged.deactivated_at, %(now)s))
"""

IS_ACTIVE = "recipient.activated_at IS NOT NULL AND recipient.deactivated_at IS NULL AND recipient.bounced_at IS NULL"

WAS_LOST = "(recipient.deactivated_at IS NOT NULL OR recipient.bounced_at IS NOT NULL)"


def says_signed_up(staged: Staged) -> str:
    """SQL: whether the file has the recipient as somebody who may be written to."""
    if not staged.mapped.intersection({"activated_at", "deactivated_at", "bounced_at"}):
        return "false"
    activated = "staged.activated_at IS NOT NULL AND" if "activated_at" in staged.mapped else ""
    return f"({activated} staged.deactivated_at IS NULL AND staged.bounced_at IS NULL)"


def may_be_reactivated(staged: Staged) -> str:
    """SQL: whether the recipient would be turned active again if that were asked for."""
    return f"({says_signed_up(staged)} AND {WAS_LOST} AND coalesce({SIGNED_UP_LATER}, false))"


def is_reactivated(columns: dict[str, str]) -> str:
    """SQL: whether who signed off or bounced is active after `columns` were written."""
    return f"({WAS_LOST} AND {_active_after(columns)})"


def is_kept_inactive(staged: Staged, columns: dict[str, str]) -> str:
    """SQL: whether the recipient stays signed off or bounced although the file has them as signed up."""
    return f"({says_signed_up(staged)} AND {WAS_LOST} AND NOT {_active_after(columns)})"


def is_signed_off(columns: dict[str, str]) -> str:
    """SQL: whether an active recipient is none after `columns` were written."""
    return f"({IS_ACTIVE} AND NOT {_active_after(columns)})"


def is_status_kept(columns: dict[str, str]) -> str:
    """SQL: whether the status after `columns` were written is another one than the file has."""
    new = ", ".join(columns.get(name, f"recipient.{name}") for name in restore_rules.CONSENT_COLUMNS)
    then = ", ".join(restore_rules.AS_THEN.values())
    return f"(({new}) IS DISTINCT FROM ({then}))"


def _active_after(columns: dict[str, str]) -> str:
    activated, deactivated, bounced = (
        f"({columns.get(name, f'recipient.{name}')})" for name in restore_rules.CONSENT_COLUMNS
    )
    return f"({activated} IS NOT NULL AND {deactivated} IS NULL AND {bounced} IS NULL)"


def touches_consent(staged: Staged, options: Options) -> bool:
    """Whether the status of anybody in the list can change."""
    return options.mode is Mode.DEACTIVATE or (
        options.mode.updates and bool(staged.mapped.intersection(STATUS_COLUMNS))
    )


def updated_columns(staged: Staged, options: Options) -> dict[str, str]:
    """For each column of a recipient in the list that the file can change: its new value as SQL."""
    if options.mode is Mode.DEACTIVATE:
        return {"deactivated_at": DEACTIVATED}
    if not options.mode.updates:
        return {}
    columns = {}
    if "registered_at" in staged.mapped:
        columns["registered_at"] = "coalesce(staged.registered_at, recipient.registered_at)"
        if options.mode is Mode.EXACT:
            columns["registered_at"] = "staged.registered_at"
    if staged.mapped.intersection(STATUS_COLUMNS):
        columns |= status_after(options, LATER_EVENT_WINS)
    if "source" in staged.mapped:
        columns["source"] = "staged.source" if options.clears else "coalesce(staged.source, recipient.source)"
    if "tags" in staged.mapped:
        columns["tags"] = _tags(options)
    if options.mode is Mode.EXACT:
        columns["values"] = "(recipient.values - %(cleared_keys)s::text[]) || staged.values"
    elif staged.list_fields:
        kept = "(recipient.values - %(list_keys)s::text[])" if options.clears else "recipient.values"
        columns["values"] = f"{kept} || staged.values"
    return columns


def _tags(options: Options) -> str:
    if options.tags is TagsMode.ADD and options.mode is not Mode.EXACT:
        return ADDED_TAGS
    return "coalesce(staged.tags, '{}')" if options.clears else "coalesce(staged.tags, recipient.tags)"


def added_columns(staged: Staged) -> dict[str, str]:
    """For each column of a recipient that the file adds: its value as SQL.

    With no status column mapped, who is new is registered and active now. A mapped one is taken as it stands, empty
    too; one that is not mapped follows from the others, and nobody whose sign-off is known becomes active.
    """
    registered = (
        "staged.registered_at" if "registered_at" in staged.mapped else "coalesce(staged.activated_at, %(now)s)"
    )
    activated = "staged.activated_at"
    if "activated_at" not in staged.mapped:
        otherwise = "coalesce(staged.registered_at, %(now)s)"
        activated = f"CASE WHEN staged.deactivated_at IS NULL THEN {otherwise} ELSE staged.registered_at END"
    return {
        "email": "staged.email",
        "registered_at": registered,
        "activated_at": activated,
        "deactivated_at": "staged.deactivated_at",
        "bounced_at": "staged.bounced_at",
        "source": "staged.source",
        "tags": "coalesce(staged.tags, '{}')",
        "values": "staged.values",
    }


def is_changed(columns: dict[str, str]) -> str:
    """SQL: whether the file changes the recipient."""
    if not columns:
        return "false"
    old = ", ".join(f"recipient.{name}" for name in columns)
    return f"({old}) IS DISTINCT FROM ({', '.join(columns.values())})"


def touches_contacts(staged: Staged, options: Options) -> bool:
    """Whether account-wide values can change."""
    return bool(staged.account_fields) and (options.mode.adds or options.mode.updates)


# Each looked up by its key (OFFSET keeps the planner from anything else): of an account that is new to it, it believes
# that it has one contact, and would look through all of them for each row.
CONTACT_JOIN = """
LEFT JOIN LATERAL (
    SELECT each.values, each.changed_in FROM recipients_contact AS each
    WHERE each.account_id = %(account)s AND each.email = staged.email OFFSET 0
) AS contact ON true
"""


def contact_values(options: Options) -> str:
    """SQL: the account-wide values of a staged address after the file.

    An address that is new to this list may be in others, whose backups this import does not make: there the file only
    fills what has no value yet.
    """
    kept = "coalesce(contact.values, '{}')"
    overwritten = f"({kept} - %(account_keys)s::text[])" if options.clears else kept
    if options.restoring is not None and options.restoring.since is not None:
        return f"{overwritten} || staged.contact_values"  # what the import filled is taken back, of new addresses too
    return f"""
        CASE WHEN recipient.id IS NOT NULL AND %(overwrite)s THEN {overwritten} || staged.contact_values
             ELSE staged.contact_values || {kept} END
    """


def is_contact_changed(options: Options) -> str:
    """SQL: whether the account-wide values of a staged address change, in a mode that reaches the address."""
    parts = [is_new(options)] if options.mode.adds else []
    parts += [is_reached(options)] if options.mode.updates else []
    reached = f"({' OR '.join(parts)}) AND {contact_is_reached(options)}"
    says_something = "true" if options.clears else "staged.contact_values <> '{}'"
    return (
        f"({reached} AND {says_something}"
        f" AND coalesce(contact.values, '{{}}') IS DISTINCT FROM {contact_values(options)})"
    )


def _addresses() -> list[str]:
    """What stands in `staged`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM staged")
        return [email for (email,) in cursor.fetchall()]


def are_few(group: Group, staged: Staged) -> bool:
    """Whether the rows are so few beside the list that looking for them is cheaper than reading the list."""
    return staged.rows * FEW < group.recipient_count


def parameters(group: Group, staged: Staged, options: Options, now: datetime) -> dict[str, Any]:
    """The values that every statement of the engine may name."""
    return {
        "account": group.account_id,
        "group": group.pk,
        "few": _addresses() if staged.rows <= MOST_LOOKED_UP and are_few(group, staged) else None,
        "reactivate": options.reactivate,
        "overwrite": options.account_values == "overwrite",
        "list_keys": [field.key for field in staged.list_fields],
        "account_keys": [field.key for field in staged.account_fields],
        "said_at": staged.said_at,
        "now": now,
        **restore_rules.parameters(group, [field.key for field in staged.list_fields], options),
    }
