"""The engine's rules once more, in plain Python over dictionaries: what plan and apply are held against.

A list is a dictionary from address to row; a row is a dictionary with the base columns and the field keys that have a
value. Rows of a file are the same, with only the mapped columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recipients.masterdata.plan import Mode, Options, Outcome

Row = dict[str, Any]
STATUS = ("registered_at", "activated_at", "deactivated_at", "bounced_at")


@dataclass
class State:
    """One list and the account-wide values of the whole account."""

    rows: dict[str, Row] = field(default_factory=dict)
    contacts: dict[str, Row] = field(default_factory=dict)

    def seen(self, account_keys: Iterable[str]) -> dict[str, Row]:
        """The list as its people see it: account-wide values beside its own."""
        return {
            email: row | {key: self.contacts.get(email, {}).get(key) for key in account_keys}
            for email, row in self.rows.items()
        }


def apply_file(
    state: State,
    file_rows: list[Row],
    *,
    mapped: set[str],
    list_keys: list[str],
    account_keys: list[str],
    options: Options,
    now: datetime,
) -> Outcome:
    """Change `state` by the rows of a file, in its order."""
    first: dict[str, Row] = {}
    for row in file_rows:
        first.setdefault(row["email"], row)
    added = changed = unchanged = skipped = kept = 0
    for email, row in first.items():
        known = state.rows.get(email)
        wide = {key: row[key] for key in account_keys if key in mapped and row.get(key) is not None}
        contact = state.contacts.get(email, {})
        if known is None:
            if options.mode is Mode.UPDATE:
                skipped += 1
                continue
            added += 1
            state.rows[email] = new_row(row, mapped, list_keys, now)
            if wide:
                state.contacts[email] = wide | contact
            continue
        if options.mode is Mode.ADD:
            skipped += 1
            continue
        kept += is_kept_inactive(known, row, options)
        after = updated_row(known, row, mapped, list_keys, options)
        wide_after = contact | wide
        if after != known or wide_after != contact:
            changed += 1
        else:
            unchanged += 1
        state.rows[email] = after
        if wide:
            state.contacts[email] = wide_after
    return Outcome(
        added=added,
        changed=changed,
        unchanged=unchanged,
        skipped=skipped,
        doubled=len(file_rows) - len(first),
        kept_inactive=kept,
    )


def new_row(row: Row, mapped: set[str], list_keys: list[str], now: datetime) -> Row:
    """Who is new: what the file says of their status, else signed up now."""
    registered, activated, deactivated = (row.get(name) for name in STATUS[:3])
    if "activated_at" not in mapped:
        activated = registered if deactivated else (registered or now)
    if "registered_at" not in mapped:
        registered = row.get("activated_at") or now
    fresh: Row = {
        "email": row["email"],
        "registered_at": registered,
        "activated_at": activated,
        "deactivated_at": deactivated,
        "bounced_at": row.get("bounced_at"),
        "source": row.get("source"),
        "tags": row.get("tags"),
    }
    return fresh | {key: row.get(key) for key in list_keys}


def updated_row(old: Row, row: Row, mapped: set[str], list_keys: list[str], options: Options) -> Row:
    """Who is in the list: what the file has wins, what it has not stays; the later consent event wins."""
    new = dict(old)
    for name in ("registered_at", "source"):
        if row.get(name) is not None:
            new[name] = row[name]
    for key in list_keys:
        if key in mapped and row.get(key) is not None:
            new[key] = row[key]
    if row.get("tags"):
        new["tags"] = [*(old["tags"] or []), *(tag for tag in row["tags"] if tag not in (old["tags"] or []))]
    if mapped.intersection(STATUS):
        signed_up = row.get("activated_at")
        new["activated_at"] = latest(old["activated_at"], signed_up)
        new["deactivated_at"] = signed_off(old, row, options)
        lifted = options.reactivate and row.get("bounced_at") is None and later(signed_up, old["bounced_at"])
        new["bounced_at"] = None if lifted else latest(old["bounced_at"], row.get("bounced_at"))
    return new


def signed_off(old: Row, row: Row, options: Options) -> datetime | None:
    """The sign-off after the file."""
    theirs: datetime | None = row.get("deactivated_at")
    ours: datetime | None = old["deactivated_at"]
    if theirs and ours:
        return max(theirs, ours)
    if theirs:
        return None if later(old["activated_at"], theirs) else theirs
    if options.reactivate and later(row.get("activated_at"), ours):
        return None
    return ours


def is_kept_inactive(old: Row, row: Row, options: Options) -> bool:
    """Whether the file has them as signed up while they signed off or bounced, and that stays so."""
    if not row.get("activated_at") or row.get("deactivated_at") or row.get("bounced_at"):
        return False
    last = latest(old["deactivated_at"], old["bounced_at"])
    if last is None:
        return False
    return not (options.reactivate and later(row["activated_at"], last))


def is_active(row: Row) -> bool:
    """Whether mail may go to them."""
    return bool(row["activated_at"]) and not row["deactivated_at"] and not row["bounced_at"]


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, of which either may be none."""
    return max((time for time in (one, other) if time is not None), default=None)


def later(one: datetime | None, other: datetime | None) -> bool:
    """Whether both are there and the first is the later."""
    return one is not None and other is not None and one > other
