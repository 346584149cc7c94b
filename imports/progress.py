"""How far an import is, in three steps as a person sees them: reading, backup, applying."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from imports.models import Import
from recipients.holds import Interface


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
        return Step("applying", _("Applying"), State.CURRENT, text, run.rows_done, run.rows_known)
    return Step("applying", _("Applying"), State.AHEAD, "")
