"""The book: every state that any list was in, what each job was given, and so what each change must come to."""

import pickle
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from recipients.masterdata.options import Options
from tests.recipients.masterdata import model, restore_model
from tests.soak.journal import BASE, Row, Rows, State


@dataclass(frozen=True)
class Given:
    """What an import was given: the rows of its file, which columns were assigned to what, and how it is applied."""

    rows: list[Row]
    mapped: set[str]
    options: Options


@dataclass(frozen=True)
class GivenBackup:
    """What a restore was given: the rows of its backup, the fields that come back, and how."""

    rows: Rows
    keys: frozenset[str]
    options: Options
    restored: uuid.UUID  # the backup


@dataclass(frozen=True)
class Removal:
    """What a deletion takes away: one of these."""

    everybody: bool = False
    bounced: bool = False
    ids: frozenset[int] = frozenset()
    field: str = ""


@dataclass
class Book:
    """Every state of every list by (list, revision), and the account-wide values that there are now."""

    latest: dict[int, int] = field(default_factory=dict)  # list → revision
    contacts: dict[int, dict[str, Row]] = field(default_factory=dict)  # account → address → values
    ids: dict[int, dict[str, int]] = field(default_factory=dict)  # list → address → recipient's id, as it is now
    scopes: dict[int, dict[str, str]] = field(default_factory=dict)  # list → the fields that it shows now
    changed_in: dict[int, dict[str, int]] = field(default_factory=dict)  # list → address → number of the last change
    contacts_changed_in: dict[int, dict[str, int]] = field(default_factory=dict)  # account → address → the same
    removed: dict[uuid.UUID, set[str]] = field(default_factory=dict)  # job → whom it took out of its list
    _pages: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def write(self, state: State) -> None:
        """Write a state down."""
        self.latest[state.group_id] = state.revision
        self.contacts[state.account_id] = state.contacts
        self.ids[state.group_id] = state.ids
        self.scopes[state.group_id] = state.fields
        self.changed_in[state.group_id] = state.changed_in
        self.contacts_changed_in[state.account_id] = state.contacts_changed_in
        self._pages[state.group_id, state.revision] = zlib.compress(pickle.dumps(state.rows), 1)

    def rows(self, group_id: int, revision: int) -> Rows | None:
        """All rows of a list as they were at a revision; None when there was no such state."""
        if revision == 0 and (group_id, 0) not in self._pages:
            return {}  # each list begins empty
        page = self._pages.get((group_id, revision))
        if page is None:
            return None
        rows: Rows = pickle.loads(zlib.decompress(page))  # noqa: S301  # written above
        return rows

    def keep_only(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Forget all states but the wanted ones and the latest of each list."""
        kept = {*wanted, *self.latest.items()}
        self._pages = {place: page for place, page in self._pages.items() if place in kept}


def bare(row: Row) -> Row:
    """What the row has a value for."""
    return {name: value for name, value in row.items() if value not in (None, [])}


def imported(before: Rows, contacts: dict[str, Row], given: Given, *, scopes: dict[str, str], now: datetime) -> Rows:
    """What a list with these rows becomes by an import that is applied at `now`; it shows the fields of `scopes`."""
    account_keys = [key for key, scope in scopes.items() if scope == "account"]
    own = {
        email: dict.fromkeys(BASE) | {name: value for name, value in row.items() if name not in account_keys}
        for email, row in before.items()
    }
    state = model.State(rows=own, contacts={email: dict(values) for email, values in contacts.items()})
    file = model.File(
        rows=given.rows,
        mapped=given.mapped,
        list_keys=[key for key, scope in scopes.items() if scope == "list"],
        account_keys=account_keys,
        options=given.options,
        now=now,
    )
    model.apply_file(state, file)
    return {email: bare(row) for email, row in state.seen(account_keys).items()}


def restored(
    before: Rows, world: restore_model.World, given: GivenBackup, *, scopes: dict[str, str], now: datetime
) -> Rows:
    """What a list with these rows becomes by a restore; `world` has the numbers of changes and the account's values."""
    account_keys = [key for key, scope in scopes.items() if scope == "account"]
    list_keys = [key for key, scope in scopes.items() if scope == "list"]
    nothing = dict.fromkeys((*BASE, *list_keys))
    world.state.rows = {
        email: nothing | {name: value for name, value in row.items() if name not in account_keys}
        for email, row in before.items()
    }
    wanted = {*BASE, *given.keys}
    rows = {
        email: nothing | dict.fromkeys(account_keys) | {name: value for name, value in row.items() if name in wanted}
        for email, row in given.rows.items()
    }
    mapped = [key for key in account_keys if key in given.keys]
    absent = frozenset(list_keys) - given.keys
    wish = restore_model.Restore(rows, list_keys, mapped, set(), given.options, now, absent)
    restore_model.restore(world, wish)
    return {email: bare(row) for email, row in world.state.seen(account_keys).items()}


def deleted(before: Rows, removal: Removal, *, ids: dict[str, int]) -> Rows:
    """What a list with these rows, and these ids by address, becomes by a deletion."""
    if removal.everybody:
        return {}
    if removal.field:
        return {
            email: {name: value for name, value in row.items() if name != removal.field}
            for email, row in before.items()
        }
    if removal.bounced:
        return {email: row for email, row in before.items() if "bounced_at" not in row}
    return {email: row for email, row in before.items() if ids[email] not in removal.ids}


def named(job_id: uuid.UUID, kind: str) -> str:
    """A job, in the words of a log."""
    return f"{kind} {str(job_id)[:8]}"
