"""Upserts: a program writes up to a few thousand recipients of a list at once, by the engine of the imports.

One transaction with the list locked. The rules of consent are those of every import (`masterdata.rules`): what is later
wins, nobody who signed off or bounced turns active again unless that is asked for, and whom a block list holds or who
was erased does not come in. No backup is made (mission A8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from accounts.models import AuditAction, User
from accounts.services import record
from recipients.erased import erased_among, readmit
from recipients.given_rows import GivenRow, Refused, canonical_addresses, read_rows
from recipients.masterdata.apply import apply
from recipients.masterdata.file import FieldScope
from recipients.masterdata.options import Options, Outcome
from recipients.masterdata.rows import rows_in_memory
from recipients.masterdata.rules import MATCH, WAS_LOST
from recipients.masterdata.staging import stage
from recipients.models import Group
from recipients.queries import account_wide_keys, blocked_among, definitions_of
from recipients.revision import next_change
from recipients.services.groups import lock_to_change

CONSENT: Final = ("signed_off", "reactivated", "kept_inactive")


@dataclass
class Upserted:
    """What an upsert did, in recipients; `refused` are the rows that were left out, in their order.

    `added + changed + unchanged + skipped` are the other rows. `signed_off`: active before and not after;
    `reactivated`: signed off or bounced before and active after, only when asked for; `kept_inactive`: signed off or
    bounced, before and after; `readmitted`: erased before, and let in again because that was asked for.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    signed_off: int = 0
    reactivated: int = 0
    kept_inactive: int = 0
    readmitted: int = 0
    refused: list[Refused] = field(default_factory=list)

    def add(self, outcome: Outcome, *, lost: int) -> None:
        """Count what became of one shape's rows, of which `lost` had signed off or bounced before."""
        for name in ("added", "changed", "unchanged", "skipped", "signed_off", "reactivated"):
            setattr(self, name, getattr(self, name) + getattr(outcome, name))
        self.kept_inactive += lost - outcome.reactivated


@transaction.atomic
def upsert_recipients(
    *,
    account_id: int,
    group_id: int,
    rows: Sequence[GivenRow],
    options: Options,
    readmit_erased: bool = False,
    actor: User | None,
    now: datetime,
) -> Upserted:
    """Add and change recipients of a list as `options` say (modes: add, update, update_and_add).

    `readmit_erased`: people who were erased may come in again, but for those who were blocked then. Rows that cannot be
    stored, are doubled, blocked or erased are refused one by one. Raises GroupGone, GroupLocked, UnknownFields and
    TooManyShapes; then nothing has changed.
    """
    account_wide = account_wide_keys(account_id)
    in_contacts = any(account_wide.intersection(row.get("fields", {})) for row in rows)
    group = lock_to_change(account_id=account_id, group_id=group_id, account_wide=in_contacts)
    # An account-wide field that somebody has made since is not known yet: the other lists are not locked for it.
    fields = [one for one in definitions_of(group) if one.scope is FieldScope.LIST or one.key in account_wide]
    emails, refused = canonical_addresses([row["email"] for row in rows])
    kept_out, let_in = _keep_out(group, _without(emails, refused), readmit_erased=readmit_erased)
    kept = _without(emails, [*refused, *kept_out])
    shapes, unfit = read_rows(rows, kept, fields={one.key: one for one in fields}, clears=options.clears)
    done = Upserted(refused=sorted([*refused, *kept_out, *unfit], key=lambda one: one.index))
    change = next_change()
    for shape in shapes:
        staged = stage(rows_in_memory(shape.columns, fields=fields), progress=lambda _done, _known: None)
        lost = _count_lost(group, shape.columns["email"])
        done.add(apply(group=group, staged=staged, options=options, now=now, change=change), lost=lost)
    actor_id = actor.pk if actor else None
    if options.mode.adds:
        came_in = {email for shape in shapes for email in shape.columns["email"]}
        digests = [digest for email, digest in let_in.items() if email in came_in]
        done.readmitted = readmit(
            account_id=account_id, digests=digests, actor_id=actor_id, subject=group.name, now=now
        )
    if done.added or done.changed:
        record(
            account_id=account_id,
            actor_id=actor_id,
            action=AuditAction.RECIPIENTS_WRITTEN,
            subject=group.name,
            now=now,
            added=done.added,
            changed=done.changed,
            **{name: getattr(done, name) for name in CONSENT},
        )
    return done


def _count_lost(group: Group, emails: Sequence[str]) -> int:
    """How many of the staged addresses are of people in the list who have signed off or bounced."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM staged JOIN recipients_recipient AS recipient ON {MATCH} WHERE {WAS_LOST}",  # noqa: S608  # fixed parts
            {"account": group.account_id, "group": group.pk, "few": list(emails)},
        )
        return int(cursor.fetchone()[0])


def _keep_out(
    group: Group, emails: Sequence[str | None], *, readmit_erased: bool
) -> tuple[list[Refused], dict[str, bytes]]:
    """Whom block lists hold and who was erased; and, with their digests, those of the erased who may come in again."""
    asked = [(place, email) for place, email in enumerate(emails) if email is not None]
    erased = erased_among(account_id=group.account_id, emails=[email for _place, email in asked])
    blocked = blocked_among(group, [email for _place, email in asked])
    refused, let_in = [], {}
    for (place, email), is_blocked in zip(asked, blocked, strict=True):
        if is_blocked:
            refused.append(Refused(place, "email", "blocked"))
        elif email in erased and readmit_erased and not erased[email].blocked:
            let_in[email] = bytes(erased[email].digest)
        elif email in erased:
            refused.append(Refused(place, "email", "erased"))
    return refused, let_in


def _without(emails: Sequence[str], refused: Sequence[Refused]) -> list[str | None]:
    """The addresses, with None for those that are refused."""
    left_out = {one.index for one in refused}
    return [None if place in left_out else email for place, email in enumerate(emails)]
