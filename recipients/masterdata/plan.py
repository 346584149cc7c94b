"""Plan: what the rows staged from a master-data file would do to a group.

The rules stand here once, as SQL over a staged row `staged` and the recipient `recipient` with the same address;
`apply` carries out what `plan` counts. Consent (mission P4): what is not mapped stays; an event that is later wins; who
signed off or bounced stays so unless `reactivate` asks otherwise, and then only with a later sign-up.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from recipients.masterdata.file import STATUS_COLUMNS
from recipients.masterdata.staging import Staged
from recipients.models import Group


class Mode(StrEnum):
    """What an import may do."""

    ADD = "add"
    UPDATE = "update"
    UPDATE_AND_ADD = "update_and_add"

    @property
    def adds(self) -> bool:
        """Whether addresses that are not in the list are added."""
        return self is not Mode.UPDATE

    @property
    def updates(self) -> bool:
        """Whether recipients that are in the list are changed."""
        return self is not Mode.ADD


@dataclass(frozen=True)
class Options:
    """How a file is applied. `reactivate`: the person asked to turn people active again."""

    mode: Mode
    reactivate: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a file would do or did, in recipients. `added + changed + unchanged + skipped` are the file's addresses."""

    added: int
    changed: int
    unchanged: int
    skipped: int  # left alone by the mode: in the list already (add), or not in the list (update)
    doubled: int  # rows whose address an earlier row of the file has
    kept_inactive: int  # the file has them as signed up, but they signed off or bounced, and stay so

    def to_json(self) -> dict[str, int]:
        """As plain JSON values."""
        return asdict(self)


MATCH = """
recipient.account_id = %(account)s AND recipient.group_id = %(group)s AND recipient.email = staged.email
"""

ADDED_TAGS = """
CASE WHEN staged.tags IS NULL OR staged.tags <@ recipient.tags THEN recipient.tags ELSE recipient.tags || ARRAY(
    SELECT tag FROM unnest(staged.tags) WITH ORDINALITY AS u (tag, place)
    WHERE tag <> ALL (recipient.tags) ORDER BY place
) END
"""

SIGNED_OFF = """
CASE WHEN staged.deactivated_at IS NOT NULL AND recipient.deactivated_at IS NOT NULL
     THEN greatest(staged.deactivated_at, recipient.deactivated_at)
     WHEN staged.deactivated_at >= coalesce(recipient.activated_at, '-infinity') THEN staged.deactivated_at
     WHEN staged.deactivated_at IS NULL AND %(reactivate)s AND staged.activated_at > recipient.deactivated_at THEN NULL
     ELSE recipient.deactivated_at END
"""

BOUNCED = """
CASE WHEN staged.bounced_at IS NULL AND %(reactivate)s AND staged.activated_at > recipient.bounced_at THEN NULL
     ELSE greatest(staged.bounced_at, recipient.bounced_at) END
"""

KEPT_INACTIVE = """
staged.activated_at IS NOT NULL AND staged.deactivated_at IS NULL AND staged.bounced_at IS NULL
AND (recipient.deactivated_at IS NOT NULL OR recipient.bounced_at IS NOT NULL)
AND NOT (
    %(reactivate)s
    AND staged.activated_at > greatest(recipient.deactivated_at, recipient.bounced_at)
)
"""


def updated_columns(staged: Staged) -> dict[str, str]:
    """For each column of a recipient that the file can change: its new value as SQL."""
    columns = {}
    if "registered_at" in staged.mapped:
        columns["registered_at"] = "coalesce(staged.registered_at, recipient.registered_at)"
    if staged.mapped.intersection(STATUS_COLUMNS):
        columns["activated_at"] = "greatest(staged.activated_at, recipient.activated_at)"
        columns["deactivated_at"] = SIGNED_OFF
        columns["bounced_at"] = BOUNCED
    if "source" in staged.mapped:
        columns["source"] = "coalesce(staged.source, recipient.source)"
    if "tags" in staged.mapped:
        columns["tags"] = ADDED_TAGS
    if staged.list_fields:
        columns["values"] = "recipient.values || staged.values"
    return columns


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


# Account-wide values of addresses that are in this list follow the file. An address that is new to this list may be in
# others, whose backups this import does not make: there, the file only fills what has no value yet.
CONTACT_CHANGED = """
staged.contact_values <> '{}' AND coalesce(contact.values, '{}') IS DISTINCT FROM
    CASE WHEN recipient.id IS NOT NULL THEN coalesce(contact.values, '{}') || staged.contact_values
         ELSE staged.contact_values || coalesce(contact.values, '{}') END
"""


def plan(*, group: Group, staged: Staged, options: Options, now: datetime) -> Outcome:
    """Count what `apply` would do to `group` with the staged rows. Changes nothing."""
    contact_join, contact_changed = "", "false"
    if staged.account_fields:
        contact_join = (
            "LEFT JOIN recipients_contact AS contact"
            " ON contact.account_id = %(account)s AND contact.email = staged.email"
        )
        contact_changed = CONTACT_CHANGED
    query = f"""
        SELECT count(*) FILTER (WHERE recipient.id IS NULL),
               count(*) FILTER (WHERE recipient.id IS NOT NULL AND (
                   {is_changed(updated_columns(staged))} OR {contact_changed}
               )),
               count(*) FILTER (WHERE recipient.id IS NOT NULL AND {KEPT_INACTIVE})
        FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH} {contact_join}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, parameters(group, options, now))
        new, changed, kept_inactive = cursor.fetchone()
    return outcome(staged, options, new=new, changed=changed, kept_inactive=kept_inactive)


def parameters(group: Group, options: Options, now: datetime) -> dict[str, Any]:
    """The values that every statement of the engine may name."""
    return {"account": group.account_id, "group": group.pk, "reactivate": options.reactivate, "now": now}


def outcome(staged: Staged, options: Options, *, new: int, changed: int, kept_inactive: int) -> Outcome:
    """The figures of a run with `new` addresses that are not in the list and `changed` ones that are."""
    known = staged.rows - new
    changed = changed if options.mode.updates else 0
    return Outcome(
        added=new if options.mode.adds else 0,
        changed=changed,
        unchanged=known - changed if options.mode.updates else 0,
        skipped=(0 if options.mode.adds else new) + (0 if options.mode.updates else known),
        doubled=staged.doubled,
        kept_inactive=kept_inactive if options.mode.updates else 0,
    )
