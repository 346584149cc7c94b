"""The engine's rules once more, in plain Python over dictionaries: what plan and apply are held against.

A list is a dictionary from address to row; a row is a dictionary with the base columns and the field keys that have a
value. Rows of a file are the same, with only the mapped columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recipients.masterdata.options import AccountValues, Mode, Options, Outcome, TagsMode

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


@dataclass
class Counts:
    """What a file did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    signed_off: int = 0
    reactivated: int = 0
    kept_inactive: int = 0
    contacts_changed: int = 0


@dataclass(frozen=True)
class File:
    """The rows of a file in its order, which columns it speaks of, and how it is applied."""

    rows: list[Row]
    mapped: set[str]
    list_keys: list[str]
    account_keys: list[str]
    options: Options
    now: datetime


def apply_file(state: State, file: File) -> Outcome:
    """Change `state` by a file."""
    first: dict[str, Row] = {}
    for row in file.rows:
        first.setdefault(row["email"], row)
    counts = Counts()
    for email, row in first.items():
        known = state.rows.get(email)
        if known is None:
            apply_to_new(state, file, row, counts)
        elif file.options.mode is Mode.ADD:
            counts.skipped += 1
        elif file.options.mode is Mode.DELETE:
            counts.removed += 1
            del state.rows[email]
            state.contacts.pop(email, None)  # there is no other list
        else:
            apply_to_known(state, file, row, counts)
    return Outcome(doubled=len(file.rows) - len(first), **vars(counts))


def apply_to_new(state: State, file: File, row: Row, counts: Counts) -> None:
    """An address that is not in the list."""
    if file.options.mode not in (Mode.ADD, Mode.UPDATE_AND_ADD):
        counts.skipped += 1
        return
    counts.added += 1
    email = row["email"]
    state.rows[email] = new_row(row, file.mapped, file.list_keys, file.now)
    wide = {key: row[key] for key in file.account_keys if key in file.mapped and row.get(key) is not None}
    counts.contacts_changed += set_contact(state, email, wide | state.contacts.get(email, {}))


def apply_to_known(state: State, file: File, row: Row, counts: Counts) -> None:
    """An address that is in the list, and a mode that changes it."""
    email, options = row["email"], file.options
    known = state.rows[email]
    if options.mode is Mode.DEACTIVATE:
        after = dict(known)
        if known["deactivated_at"] is None:
            after["deactivated_at"] = min(row.get("deactivated_at") or file.now, file.now)
        moved = 0
    else:
        after = updated_row(known, row, file)
        moved = set_contact(state, email, updated_contact(state.contacts.get(email, {}), row, file))
        lost = known["deactivated_at"] or known["bounced_at"]
        counts.reactivated += bool(lost) and is_active(after)
        counts.kept_inactive += bool(lost) and not is_active(after) and says_signed_up(row, file.mapped)
    counts.contacts_changed += moved
    counts.signed_off += is_active(known) and not is_active(after)
    counts.changed += after != known or bool(moved)
    counts.unchanged += after == known and not moved
    state.rows[email] = after


def set_contact(state: State, email: str, after: Row) -> int:
    """Keep the account-wide values of an address; gives whether (1 or 0) they became others."""
    before = state.contacts.get(email, {})
    if after:
        state.contacts[email] = after
    else:
        state.contacts.pop(email, None)
    return int(before != after)


def updated_contact(contact: Row, row: Row, file: File) -> Row:
    """The account-wide values of an address in the list."""
    keys = [key for key in file.account_keys if key in file.mapped]
    wide = {key: row[key] for key in keys if row.get(key) is not None}
    if file.options.account_values is AccountValues.FILL:
        return wide | contact
    kept = {key: value for key, value in contact.items() if not (file.options.clears and key in keys)}
    return kept | wide


def says_signed_up(row: Row, mapped: set[str]) -> bool:
    """Whether the file has somebody as one who may be written to."""
    if not mapped & {"activated_at", "deactivated_at", "bounced_at"}:
        return False
    signed_up = "activated_at" not in mapped or row.get("activated_at") is not None
    return signed_up and not row.get("deactivated_at") and not row.get("bounced_at")


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


def updated_row(old: Row, row: Row, file: File) -> Row:
    """Who is in the list: what the file has wins, what it has not stays or goes; the later consent event wins."""
    new, options = dict(old), file.options
    if row.get("registered_at") is not None:
        new["registered_at"] = row["registered_at"]
    for key in ("source", *file.list_keys):
        if key in file.mapped and (options.clears or row.get(key) is not None):
            new[key] = row.get(key)
    if "tags" in file.mapped:
        new["tags"] = updated_tags(old["tags"] or [], row.get("tags") or [], options) or None
    if file.mapped.intersection(STATUS):
        new["activated_at"] = latest(old["activated_at"], row.get("activated_at"))
        new["deactivated_at"] = signed_off(old, row, file)
        new["bounced_at"] = None if is_let_in(old, row, file) else latest(old["bounced_at"], row.get("bounced_at"))
    return new


def updated_tags(old: list[str], theirs: list[str], options: Options) -> list[str]:
    """The tags after the file."""
    if options.tags is TagsMode.ADD:
        return [*old, *(tag for tag in theirs if tag not in old)]
    return theirs if theirs or options.clears else old


def signed_off(old: Row, row: Row, file: File) -> datetime | None:
    """The sign-off after the file."""
    theirs: datetime | None = row.get("deactivated_at")
    ours: datetime | None = old["deactivated_at"]
    if theirs and ours:
        return max(theirs, ours)
    if theirs:
        outweighed = later(old["activated_at"], theirs) and not later(old["activated_at"], file.now)
        return None if outweighed else theirs
    return None if is_let_in(old, row, file) else ours


def is_let_in(old: Row, row: Row, file: File) -> bool:
    """Whether somebody who withdrew is turned active again, because that was asked for and they signed up since."""
    signed_up, withdrawn = row.get("activated_at"), latest(old["deactivated_at"], old["bounced_at"])
    says_so = not row.get("deactivated_at") and not row.get("bounced_at")
    return file.options.reactivate and says_so and later(signed_up, withdrawn) and not later(signed_up, file.now)


def is_active(row: Row) -> bool:
    """Whether mail may go to them."""
    return bool(row["activated_at"]) and not row["deactivated_at"] and not row["bounced_at"]


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, of which either may be none."""
    return max((time for time in (one, other) if time is not None), default=None)


def later(one: datetime | None, other: datetime | None) -> bool:
    """Whether both are there and the first is the later."""
    return one is not None and other is not None and one > other
