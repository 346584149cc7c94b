"""How a master-data file is applied to a group, and what comes out: the words of plan, apply and their callers."""

import uuid
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """What an import may do."""

    ADD = "add"
    UPDATE = "update"
    UPDATE_AND_ADD = "update_and_add"
    DEACTIVATE = "deactivate"
    DELETE = "delete"
    EXACT = "exact"  # as in the file: who is not in it is removed, what is empty in it is cleared

    @property
    def adds(self) -> bool:
        """Whether addresses that are not in the list are added."""
        return self in (Mode.ADD, Mode.UPDATE_AND_ADD, Mode.EXACT)

    @property
    def updates(self) -> bool:
        """Whether recipients that are in the list get the values of the file."""
        return self in (Mode.UPDATE, Mode.UPDATE_AND_ADD, Mode.EXACT)

    @property
    def changes(self) -> bool:
        """Whether recipients that are in the list are changed in any way and stay in it."""
        return self.updates or self is Mode.DEACTIVATE


FILE_MODES: Final = tuple(mode for mode in Mode if mode is not Mode.EXACT)
"""What an import of a person's own file may do; EXACT is for restores."""


class EmptyCells(StrEnum):
    """What an empty cell of a mapped column does to a recipient who is updated. Consent is never cleared."""

    KEEP = "keep"
    CLEAR = "clear"


class TagsMode(StrEnum):
    """What the file's tags do to a recipient who is updated. With REPLACE an empty cell does as `EmptyCells` says."""

    ADD = "add"
    REPLACE = "replace"


class AccountValues(StrEnum):
    """What the file does to account-wide values of recipients who are in the list.

    For those who are new to it, the file only fills what has no value yet, in either case (ADR 4).
    """

    OVERWRITE = "overwrite"
    FILL = "fill"


@dataclass(frozen=True)
class Since:
    """The change that is taken back: the number that the job `job_id` left in what it wrote (Recipient.changed_in)."""

    job_id: uuid.UUID
    change: int


@dataclass(frozen=True)
class Restoring:
    """That the rows are a backup's, and how they come back; the rules are in `restoring`.

    `exact_status`: status as in the backup, whoever unsubscribed since. `kept_keys`: fields of the list that stay as
    they are, although EXACT. `since`: only what this change did is taken back, and of recipients whom nobody changed
    after it; with `take_changed` of those too.
    """

    exact_status: bool = False
    kept_keys: frozenset[str] = frozenset()
    since: Since | None = None
    take_changed: bool = False

    @property
    def spares_changed(self) -> bool:
        """Whether recipients who changed since stay as they are."""
        return self.since is not None and not self.take_changed


@dataclass(frozen=True)
class Options:
    """How a file is applied.

    `reactivate`: the person asked to turn people active again. `restoring`: the rows are a backup's. `job_id`: of the
    job that applies them; whom it removes is remembered under it (recipients.models.Removal).
    """

    mode: Mode
    reactivate: bool = False
    empty_cells: EmptyCells = EmptyCells.KEEP
    tags: TagsMode = TagsMode.ADD
    account_values: AccountValues = AccountValues.OVERWRITE
    restoring: Restoring | None = None
    job_id: uuid.UUID | None = None

    @property
    def clears(self) -> bool:
        """Whether an empty cell takes a stored value away."""
        return self.empty_cells is EmptyCells.CLEAR or self.mode is Mode.EXACT


@dataclass(frozen=True)
class Outcome:
    """What a file would do or did, in recipients.

    `added + changed + unchanged + removed + skipped` are the file's addresses; with EXACT `removed` are those of the
    list that are not in it, and of the file's `blocked`, `kept_deleted` and `kept_changed` are left out of the others.
    """

    added: int
    changed: int
    unchanged: int  # in the list, and the file says nothing new
    removed: int
    skipped: int  # the mode leaves them alone: known ones in `add`, new ones in all others but `update_and_add`
    doubled: int  # rows left out because an earlier row of the file has the address
    signed_off: int  # active before, in the list and not active after
    reactivated: int  # signed off or bounced before, active after; only ever when asked for
    kept_inactive: int  # the file has them as signed up, but they signed off or bounced, and stay so
    contacts_changed: int  # addresses whose account-wide values change
    blocked: int = 0  # of a restore: not added, because a block list holds the address now
    status_kept: int = 0  # of a restore: something later is known of their status than the backup has, and it stays
    kept_changed: int = 0  # of an undo: somebody changed or added them since; they stay as they are
    kept_deleted: int = 0  # of an undo: somebody deleted them since; they stay away
    contacts_kept: int = 0  # of an undo: account-wide values that the import filled, and that other lists show too

    def to_json(self) -> dict[str, int]:
        """As plain JSON values."""
        return asdict(self)
