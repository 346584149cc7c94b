"""How far an import or its preview is, in steps as a person sees them, and what it waits for when nothing moves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _

from imports.models import Import
from recipients.holds import Interface

BACKUP_TAKES_LONG: Final = timedelta(minutes=2)


class State(StrEnum):
    """What a step is at."""

    AHEAD = "ahead"
    CURRENT = "current"
    DONE = "done"
    NONE = "none"  # there is nothing to do in it


@dataclass(frozen=True)
class Step:
    """One step. `done` of `known` rows (None: not known yet); `text` says in words what happens or why nothing does."""

    id: str
    name: str
    state: State
    text: str
    done: int = 0
    known: int | None = None


def steps_of(run: Import) -> list[Step]:
    """The steps of a running import; `run.group.account` is asked for the switches of the backups."""
    status = Import.Status(run.status)
    return [_reading(run, status), _backup(run, status), _applying(run, status)]


def preview_steps_of(run: Import) -> list[Step]:
    """The steps of a preview that is being made."""
    reading = Step("reading", _("Reading the file"), State.DONE, _("All rows are read and checked."))
    text = _("Every row is compared with the list. Nothing changes.")
    comparing = Step("comparing", _("Comparing with the list"), State.CURRENT, text, run.rows_done, _still_to_do(run))
    if not run.rows_key:
        text = _("The rows are read and checked. Nothing changes in the list.")
        reading = Step("reading", reading.name, State.CURRENT, text, run.rows_done, run.rows_known)
        comparing = Step("comparing", comparing.name, State.AHEAD, "")
    return [reading, comparing]


def hitch_of(run: Import, *, now: datetime, asked_again: bool) -> str:
    """Why nothing moves at present, and what to do, as a sentence; empty while somebody works on the import.

    Nobody looks at a progress that stands still for ever: whatever has happened to the workers is told.
    `asked_again`: the page has been looked at for a while; in the first instant a worker may be just about to begin.
    """
    if run.claim is not None and run.claimed_until is not None:
        return _hitch_of_worker(run, now)
    if run.claimed_until is not None and now < run.claimed_until:
        if run.failure == "storage_unavailable":
            return _("The place where files are kept cannot be reached at present. It is tried again by itself.")
        return _("Something went wrong on our side. It is tried again by itself in a few seconds.")
    if run.status == Import.Status.WAITING:
        return _hitch_of_backup(run, now)
    if not asked_again:
        return ""
    return _(
        "Other work goes first; then this begins by itself. If nothing moves for several minutes, tell whoever runs "
        "Listkeep."
    )


def _hitch_of_worker(run: Import, now: datetime) -> str:
    if run.claimed_until is not None and now >= run.claimed_until:
        return _("The work was interrupted. It goes on by itself within a minute.")
    if not run.is_silent(now):
        return ""
    return _("Nothing has been heard of the work for a while. If it was interrupted, it goes on by itself soon.")


def _hitch_of_backup(run: Import, now: datetime) -> str:
    began = max(moment for moment in (run.read_at, run.confirmed_at, run.created_at) if moment)
    if now - began < BACKUP_TAKES_LONG:
        return ""
    return _(
        "The backup takes longer than usual. The import goes on by itself once it is complete; if nothing moves for "
        "several minutes more, tell whoever runs Listkeep."
    )


def _reading(run: Import, status: Import.Status) -> Step:
    if status is Import.Status.READING:
        text = _("The rows are read and checked. Nothing changes in the list yet.")
        return Step("reading", _("Reading the file"), State.CURRENT, text, run.rows_done, run.rows_known)
    return Step("reading", _("Reading the file"), State.DONE, _("All rows are read and checked."))


def _backup(run: Import, status: Import.Status) -> Step:
    if run.interface != Interface.BROWSER or not (run.group.account.automatic_backups and run.group.automatic_backups):
        return Step("backup", _("Backup"), State.NONE, _("Automatic backups are switched off."))
    if run.group.recipient_count == 0:
        return Step("backup", _("Backup"), State.NONE, _("The list is empty, so there is nothing to back up."))
    if status is Import.Status.READING:
        return Step("backup", _("Backup"), State.CURRENT, _("The list is being backed up at the same time."))
    if status is Import.Status.WAITING:
        return Step("backup", _("Backup"), State.CURRENT, _("The list changes only when its backup is complete."))
    return Step("backup", _("Backup"), State.DONE, _("The backup of the list is complete."))


def _applying(run: Import, status: Import.Status) -> Step:
    if status is Import.Status.APPLYING:
        text = _("All rows are applied together. Until then everybody sees the list as it was.")
        return Step("applying", _("Applying"), State.CURRENT, text, run.rows_done, _still_to_do(run))
    return Step("applying", _("Applying"), State.AHEAD, "")


def _still_to_do(run: Import) -> int | None:
    """How many rows there are to go through; None once all are there, and one statement works on them all at once."""
    return None if run.rows_known is not None and run.rows_done >= run.rows_known else run.rows_known
