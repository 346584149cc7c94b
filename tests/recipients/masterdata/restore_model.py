"""The rules of a restore in plain Python, over the dictionaries of `model`: what the engine is held against.

A row that is touched has `changed_in` beside its columns; so do account-wide values.
"""

from dataclasses import dataclass, field
from datetime import datetime

from recipients.masterdata.options import AccountValues, Mode, Options, Outcome
from tests.recipients.masterdata import model
from tests.recipients.masterdata.model import Row

CONSENT = ("activated_at", "deactivated_at", "bounced_at")
BASE = ("registered_at", *CONSENT, "source", "tags")


@dataclass
class World:
    """One list and its account's values, with the number of the last change of each, and whom which job removed."""

    state: model.State
    rows_changed: dict[str, int] = field(default_factory=dict)
    contacts_changed: dict[str, int] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Restore:
    """A backup's rows by address, and how they come back. `absent`: fields that the list has and the backup has not."""

    rows: dict[str, Row]
    list_keys: list[str]
    account_keys: list[str]
    blocked: set[str]
    options: Options
    now: datetime
    absent: frozenset[str] = frozenset()


def restore(world: World, wish: Restore) -> Outcome:
    """Bring a backup back into `world`."""
    counts = dict.fromkeys(Outcome.__dataclass_fields__, 0)
    there = dict(world.state.rows)
    for email, row in wish.rows.items():
        if email in there:
            _bring_to_known(world, wish, row, counts)
        else:
            _bring_to_new(world, wish, row, counts)
    if wish.options.mode is Mode.EXACT:
        for email in there.keys() - wish.rows.keys():
            _take_away(world, wish, email, counts)
    return Outcome(**counts)


def _spares(wish: Restore, number: int) -> bool:
    restoring = wish.options.restoring
    assert restoring is not None
    return restoring.spares_changed and restoring.since is not None and number > restoring.since.change


def _bring_to_known(world: World, wish: Restore, row: Row, counts: dict[str, int]) -> None:
    email = row["email"]
    old = world.state.rows[email]
    if _spares(wish, world.rows_changed.get(email, 0)):
        differs = any((old[name] or None) != (row[name] or None) for name in (*BASE, *wish.list_keys))
        counts["kept_changed" if differs else "unchanged"] += 1
        return
    after = _after(world, wish, old, row)
    moved = _bring_contact(world, wish, row, counts, known=True)
    lost = bool(old["deactivated_at"] or old["bounced_at"])
    counts["reactivated"] += lost and model.is_active(after)
    counts["kept_inactive"] += lost and model.is_active(row) and not model.is_active(after)
    counts["signed_off"] += model.is_active(old) and not model.is_active(after)
    counts["status_kept"] += any(after[name] != row[name] for name in CONSENT)
    counts["changed" if after != old or moved else "unchanged"] += 1
    world.state.rows[email] = after


def _after(world: World, wish: Restore, old: Row, row: Row) -> Row:
    """A recipient of the list after the restore."""
    options, restoring = wish.options, wish.options.restoring
    assert restoring is not None
    everything = {"email", *BASE, *wish.list_keys, *wish.account_keys} - wish.absent
    file = model.File([row], everything, wish.list_keys, wish.account_keys, options, wish.now)
    by_events = model.updated_row(old, row, file)
    after = dict(by_events)
    if options.mode is Mode.EXACT:
        after = {"email": row["email"]} | {name: row[name] for name in (*BASE, *wish.list_keys)}
        after |= {key: old[key] for key in restoring.kept_keys}
        after |= {name: by_events[name] for name in CONSENT}
    if restoring.exact_status:
        after |= {name: row[name] for name in CONSENT}
    elif restoring.since is not None and world.rows_changed.get(row["email"], 0) <= restoring.since.change:
        after["activated_at"] = row["activated_at"]
        after |= {name: model.latest(old[name], row[name]) for name in ("deactivated_at", "bounced_at")}
    return after


def _bring_to_new(world: World, wish: Restore, row: Row, counts: dict[str, int]) -> None:
    email, restoring = row["email"], wish.options.restoring
    assert restoring is not None
    if restoring.spares_changed and email not in world.removed:
        counts["kept_deleted"] += 1
    elif not wish.options.mode.adds:
        counts["skipped"] += 1
    elif email in wish.blocked:
        counts["blocked"] += 1
    else:
        counts["added"] += 1
        world.state.rows[email] = {"email": email} | {name: row[name] for name in (*BASE, *wish.list_keys)}
        _bring_contact(world, wish, row, counts, known=False)


def _bring_contact(world: World, wish: Restore, row: Row, counts: dict[str, int], *, known: bool) -> bool:
    email, restoring = row["email"], wish.options.restoring
    assert restoring is not None
    present = world.state.contacts.get(email, {})
    theirs = {key: row[key] for key in wish.account_keys if row.get(key) is not None}
    cleared = {key: value for key, value in present.items() if key not in wish.account_keys}
    overwritten = (cleared if wish.options.clears else present) | theirs
    if restoring.since is not None or (known and wish.options.account_values is AccountValues.OVERWRITE):
        wanted = overwritten
    else:
        wanted = theirs | present
    if wanted == present or (not theirs and not wish.options.clears):
        return False
    if _spares(wish, world.contacts_changed.get(email, 0)):
        counts["contacts_kept"] += 1
        return False
    counts["contacts_changed"] += 1
    model.set_contact(world.state, email, wanted)
    return True


def _take_away(world: World, wish: Restore, email: str, counts: dict[str, int]) -> None:
    restoring = wish.options.restoring
    assert restoring is not None
    number = world.rows_changed.get(email, 0)
    if restoring.spares_changed and restoring.since is not None and number != restoring.since.change:
        counts["kept_changed"] += number > restoring.since.change
        return
    counts["removed"] += 1
    del world.state.rows[email]
    world.state.contacts.pop(email, None)  # there is no other list
