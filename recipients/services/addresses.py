"""Many addresses at once, as a program names them: signed off, made active, deleted. No backup is made (mission A8).

Each is one transaction with the list locked. Addresses that are none, or are not in the list, change nothing and are
counted; each is named in canonical form or not.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import AuditAction, User
from accounts.services import record
from recipients.given_rows import Refused, canonical_addresses
from recipients.holds import Change, ChangeKind, HoldState, Interface, ask_for_holds
from recipients.masterdata.apply import apply
from recipients.masterdata.options import Mode, Options
from recipients.masterdata.rows import rows_in_memory
from recipients.masterdata.rules import IS_ACTIVE, MATCH
from recipients.masterdata.staging import Staged, stage
from recipients.models import Field, Group
from recipients.queries import blocked_among
from recipients.revision import next_change, raise_revision
from recipients.services.groups import lock_to_change
from recipients.signals import recipients_about_to_be_deleted


class BackupDue(Exception):
    """Something must happen before these recipients may be deleted; so they are not."""


@dataclass(frozen=True)
class Reached:
    """What became of the addresses: `changed + unchanged + missing + len(refused)` are all that were named.

    `refused`: no addresses, doubled, or (of who would become active) blocked.
    """

    changed: int
    unchanged: int
    missing: int
    refused: list[Refused]


@transaction.atomic
def deactivate_addresses(
    *, account_id: int, group_id: int, emails: Sequence[str], actor: User | None, now: datetime
) -> Reached:
    """Sign recipients off; who has signed off already stays so since then. Raises GroupGone, GroupLocked."""
    group = lock_to_change(account_id=account_id, group_id=group_id)
    staged, refused = _stage(emails, deactivated_at=now)
    outcome = apply(group=group, staged=staged, options=Options(mode=Mode.DEACTIVATE), now=now)
    reached = Reached(outcome.changed, outcome.unchanged, outcome.skipped, refused)
    _note(group, AuditAction.RECIPIENTS_WRITTEN, actor, now, reached.changed, signed_off=outcome.signed_off)
    return reached


@transaction.atomic
def activate_addresses(
    *, account_id: int, group_id: int, emails: Sequence[str], actor: User | None, now: datetime
) -> Reached:
    """Make recipients active from now on, whatever kept them inactive; who is active stays so since then.

    Nobody does whom a block list holds. Raises GroupGone, GroupLocked.
    """
    group = lock_to_change(account_id=account_id, group_id=group_id)
    found, refused = canonical_addresses(emails)
    places = [place for place in range(len(found)) if place not in {one.index for one in refused}]
    blocked = blocked_among(group, [found[place] for place in places])
    refused += [
        Refused(place, "email", "blocked") for place, is_blocked in zip(places, blocked, strict=True) if is_blocked
    ]
    let_in = [found[place] for place, is_blocked in zip(places, blocked, strict=True) if not is_blocked]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH staged AS (SELECT unnest(%(few)s::text[]) COLLATE "C" AS email),
            activated AS (
                UPDATE recipients_recipient AS recipient
                SET activated_at = %(now)s, deactivated_at = NULL, bounced_at = NULL, changed_in = %(change)s
                FROM staged WHERE {MATCH} AND NOT ({IS_ACTIVE}) RETURNING recipient.id
            )
            SELECT (SELECT count(*) FROM activated),
                   (SELECT count(*) FROM staged JOIN recipients_recipient AS recipient ON {MATCH})
            """,  # noqa: S608  # fixed parts
            {
                "few": let_in,
                "now": now,
                "change": next_change(),
                "account": account_id,
                "group": group_id,
            },
        )
        changed, present = cursor.fetchone()
    if changed:
        raise_revision(group=group, now=now, active_delta=changed)
    _note(group, AuditAction.RECIPIENTS_WRITTEN, actor, now, changed, activated=changed)
    refused.sort(key=lambda one: one.index)
    return Reached(changed, present - changed, len(let_in) - present, refused)


@transaction.atomic
def delete_addresses(
    *, account_id: int, group_id: int, emails: Sequence[str], actor: User | None, now: datetime
) -> Reached:
    """Delete recipients with all that hangs on them. Raises GroupGone, GroupLocked, BackupDue."""
    account_wide = Field.objects.filter(account_id=account_id, group__isnull=True).exists()
    group = lock_to_change(account_id=account_id, group_id=group_id, account_wide=account_wide)
    _announce_deletion(group, actor, now)
    staged, refused = _stage(emails)
    outcome = apply(group=group, staged=staged, options=Options(mode=Mode.DELETE), now=now)
    _note(group, AuditAction.RECIPIENTS_DELETED, actor, now, outcome.removed)
    return Reached(outcome.removed, 0, outcome.skipped, refused)


def _stage(emails: Sequence[str], **dates: datetime) -> tuple[Staged, list[Refused]]:
    """The addresses, each once, in the table `staged`."""
    found, refused = canonical_addresses(emails)
    left_out = {one.index for one in refused}
    kept = [email for place, email in enumerate(found) if place not in left_out]
    columns: dict[str, list[Any]] = {"email": kept, **{name: [moment] * len(kept) for name, moment in dates.items()}}
    return stage(rows_in_memory(columns, fields=()), progress=lambda _done, _known: None), refused


def _announce_deletion(group: Group, actor: User | None, now: datetime) -> None:
    """Say what is about to happen, as every deletion does; what comes through an interface need not wait."""
    change = Change(
        kind=ChangeKind.RECIPIENTS_DELETION,
        id=uuid.uuid4(),
        group=group,
        interface=Interface.API,
        requested_by_id=actor.pk if actor else None,
    )
    hold = ask_for_holds(recipients_about_to_be_deleted, change=change, revision=group.revision, now=now, locked=True)
    if hold.state is not HoldState.RELEASED:
        raise BackupDue


def _note(group: Group, action: AuditAction, actor: User | None, now: datetime, count: int, **figures: int) -> None:
    if count:
        record(
            account_id=group.account_id,
            actor_id=actor.pk if actor else None,
            action=action,
            subject=group.name,
            now=now,
            recipients=count,
            **figures,
        )
