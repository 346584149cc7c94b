"""Restores as runs of an import: what of a backup is wanted back, and how; in plain JSON in `Import.restore`.

A restore is an import whose rows are a backup's (`imports.sources`), an undo the exact restore of the backup that an
import made. This app knows no backups: the one that is meant is known by its id.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from imports.models import Import
from recipients.masterdata.options import Mode, Restoring, Since


class Way(StrEnum):
    """What becomes of the list."""

    UPDATE_AND_ADD = "update_and_add"  # as an import by hand: who was added since stays
    EXACT = "exact"  # as it was: who was added since goes
    NEW_LIST = "new_list"  # the backup becomes another list; for a deleted list, that list again with REVIVE
    REVIVE = "revive"  # a deleted list is there again
    SELECTED = "selected"  # some recipients, some fields
    UNDO = "undo"  # exact, but who changed since the import stays as they are


class FieldAction(StrEnum):
    """What becomes of a field of the backup."""

    MATCH = "match"  # its values go into the list's field `target`, which is the same
    CONVERT = "convert"  # into the list's text field `target`, as text
    CREATE = "create"  # the field is made again as it was, under another name where that is taken
    LEAVE_OUT = "leave_out"  # its values do not come back; a present field of the key is left as it is


@dataclass(frozen=True)
class FieldChoice:
    """What becomes of the backup's field `key`. `target` is the key of the list's field that gets its values."""

    key: str
    action: FieldAction
    target: str = ""


@dataclass(frozen=True)
class Wish:
    """What of a backup is wanted back, and how.

    `emails`: these recipients alone (canonical addresses); `search` and `status`: those that the view of the backup
    finds with them; else all. `columns`: only these of the backup (base columns, keys of fields), of recipients who are
    in the list; nobody is added then. `fields` has a choice for each field of the backup.
    """

    way: Way
    emails: tuple[str, ...] | None = None
    search: str = ""
    status: str = "all"
    columns: tuple[str, ...] | None = None
    fields: tuple[FieldChoice, ...] = ()
    exact_status: bool = False  # status as in the backup, whoever unsubscribed since
    take_changed: bool = False  # of an undo: who changed since is taken back too
    clear_empty: bool = False  # with UPDATE_AND_ADD: what was empty then is emptied
    overwrite_account_values: bool = False  # account-wide values too, in all lists; else only missing ones are filled
    new_name: str = ""  # of a NEW_LIST
    recipients: int = 0  # that the backup holds
    taken_at: datetime | None = field(default=None)  # when the backup was asked for

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "taken_at": self.taken_at.isoformat() if self.taken_at else None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`."""
        given = dict(data)
        given["way"] = Way(given["way"])
        given["fields"] = tuple(
            FieldChoice(one["key"], FieldAction(one["action"]), one["target"]) for one in given["fields"]
        )
        for name in ("emails", "columns"):
            given[name] = None if given[name] is None else tuple(given[name])
        given["taken_at"] = datetime.fromisoformat(given["taken_at"]) if given["taken_at"] else None
        return cls(**given)

    def without_people(self) -> Self:
        """The wish without a word of whom it was for, as it is kept of a run that nobody carries out any more."""
        return replace(self, emails=None if self.emails is None else (), search="")

    @property
    def brings_the_list(self) -> bool:
        """Whether the list is there only when the rows are: a new one, or one that was deleted."""
        return self.way in (Way.NEW_LIST, Way.REVIVE)

    @property
    def mode(self) -> Mode:
        """How the rows are applied."""
        if self.way in (Way.EXACT, Way.UNDO):
            return Mode.EXACT
        return Mode.UPDATE if self.columns is not None else Mode.UPDATE_AND_ADD

    @property
    def clears(self) -> bool:
        """Whether what was empty then is emptied, and other tags go."""
        return self.way is not Way.UPDATE_AND_ADD or self.clear_empty


def wish_of(run: Import) -> Wish:
    """What a restore or an undo wants back. Where that was forgotten with somebody who was erased, its usual way."""
    if run.restore:
        return Wish.from_json(run.restore)
    return Wish(Way.UNDO if run.kind == Import.Kind.UNDO else Way.UPDATE_AND_ADD)


def brings_the_list(run: Import) -> bool:
    """Whether the run's list is there only when its rows are: one that was deleted, or a new one."""
    return run.kind == Import.Kind.RESTORE and wish_of(run).brings_the_list


def restoring_of(run: Import) -> Restoring | None:
    """How the run's rows come back; None when they are those of a person's own file."""
    if run.kind == Import.Kind.FILE:
        return None
    wish = wish_of(run)
    left_out = {one.key for one in wish.fields if one.action is FieldAction.LEAVE_OUT}
    undone = run.undoes
    return Restoring(
        exact_status=wish.exact_status,
        kept_keys=frozenset(left_out),
        since=Since(undone.pk, undone.change_number) if undone is not None and undone.change_number else None,
        take_changed=wish.take_changed,
    )
