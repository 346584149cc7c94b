"""Restores and undos as their pages show them: what comes back, what stays and why, and the choices that remain."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.figures import Difference, Figure, Numbers, changes_anything, counted, difference_of, shown
from imports.models import Import
from imports.preview_page import Examples, PreviewPage
from imports.preview_warnings import PreviewWarning
from imports.report_page import ReportPage
from imports.restore_wording import KEPT_REASONS, UNDONE, action, deed, kind_undone
from imports.restoring import Way, brings_the_list, wish_of


def restore_figures(run: Import, numbers: Numbers) -> list[Figure]:
    """What comes back, at a glance; then whatever else there is to know of."""
    told = counted(numbers)
    undo = run.kind == Import.Kind.UNDO
    changed = Figure(_("Set back"), told["changed"], kind="good" if told["changed"] else "")
    added = Figure(
        _("Come back"), told["added"], hint=_("were missing in the list"), kind="good" if told["added"] else ""
    )
    removed = Figure(
        _("Removed"), told["removed"], hint=_("came in after the backup"), kind="warning" if told["removed"] else ""
    )
    unchanged = Figure(_("Unchanged"), told["unchanged"], hint=_("stay as they are"))
    always = [changed, added] if wish_of(run).way in (Way.UPDATE_AND_ADD, Way.SELECTED) else [changed, added, removed]
    if wish_of(run).way in (Way.NEW_LIST, Way.REVIVE):
        always = [replace(added, hint="")]
    beside = [
        unchanged,
        Figure(_("Left alone"), told["skipped"], hint=_("are not in the list")),
        Figure(_("Active again"), told["reactivated"], hint=_("had unsubscribed or bounced"), kind="warning"),
        Figure(
            _("Stay unsubscribed"),
            told["kept_inactive"] + told["signed_off_later"],
            hint=_("were active in the backup"),
        ),
        Figure(_("Unsubscribed"), told["signed_off"], hint=_("are active today")),
        Figure(_("Fields of all lists"), told["contacts_changed"], hint=_("addresses with another value there")),
    ]
    if undo:
        beside = [one for one in beside if one is not unchanged]
    return [*always, *(one for one in beside if one.value)]


@dataclass(frozen=True)
class Reason:
    """Why something does not come back, and how often."""

    text: str
    count: int


def impossible(numbers: dict[str, Any]) -> list[Reason]:
    """What cannot come back, with the reason."""
    told = counted(numbers)
    reasons = [
        Reason(_("A block list holds the address now"), told["blocked"]),
        Reason(_("Was erased on request"), told["erased"]),
        Reason(
            _("Values of fields of all lists that changed since, or that other lists show too"), told["contacts_kept"]
        ),
    ]
    for one in numbers.get("lost_values", []):
        text = _("Values of the field “%(label)s”, which is gone or left out") % {"label": one["label"]}
        reasons.append(Reason(text, one["count"]))
    return [one for one in reasons if one.count]


class RestorePage(PreviewPage):
    """What the preview of a restore or an undo says."""

    @property
    def lacks_its_list(self) -> bool:
        """Whether the list was deleted meanwhile, and the restore does not bring it back."""
        return super().lacks_its_list and not brings_the_list(self._run)

    @property
    def figures(self) -> list[Figure]:
        """The figures at a glance."""
        return restore_figures(self._run, self._numbers)

    @property
    def is_undo(self) -> bool:
        """Whether an import is taken back."""
        return self._run.kind == Import.Kind.UNDO

    @property
    def taken_back(self) -> int:
        """Of an undo: how many are taken back."""
        return self._outcome.changed + self._outcome.added + self._outcome.removed

    @property
    def kept(self) -> int:
        """Of an undo: how many stay as they are, because they changed since."""
        return self._outcome.kept_changed + self._outcome.kept_deleted

    @property
    def kept_people(self) -> list[tuple[str, str]]:
        """The first of them, with the reason."""
        return [(one["email"], str(KEPT_REASONS[one["reason"]])) for one in self._details.get("kept", [])]

    @property
    def take_changed(self) -> int:
        """How many more would be taken back, if that were asked for."""
        return int(self._run.preview.get("take_changed", 0))

    @property
    def asks_take_changed(self) -> bool:
        """Whether it is asked for."""
        return wish_of(self._run).take_changed

    @property
    def impossible(self) -> list[Reason]:
        """What cannot come back."""
        return impossible(self._run.report | self._run.preview["outcome"])

    @property
    def impossible_count(self) -> int:
        """How many that are."""
        return sum(one.count for one in self.impossible)

    @property
    def stay_unsubscribed(self) -> int:
        """Who was active in the backup, left since, and stays so."""
        return self._outcome.kept_inactive + int(self._run.report.get("signed_off_later", 0))

    @property
    def asks_exact_status(self) -> bool:
        """Whether the status of the backup is asked for, whoever unsubscribed since."""
        return wish_of(self._run).exact_status

    @property
    def would_be_active(self) -> int:
        """How many would be active again, if that were asked for."""
        return int(self._run.preview.get("exact_status", {}).get("reactivated", 0))

    @property
    def other_status(self) -> int:
        """How many would have another status, if that were asked for."""
        return int(self._run.preview.get("exact_status", {}).get("kept", 0))

    @property
    def other_dates(self) -> int:
        """How many of them would not be active again: only their dates are others."""
        return max(0, self.other_status - self.would_be_active)

    @property
    def changes_status(self) -> bool:
        """Whether the choice would change, or has changed, anybody's status."""
        return bool(self.other_status) or self.asks_exact_status

    @property
    def reactivated(self) -> int:
        """How many become active again, because that is asked for."""
        return self._outcome.reactivated

    @property
    def warnings(self) -> list[PreviewWarning]:
        """Those of a file do not apply."""
        return []

    @property
    def deletes(self) -> bool:
        """Whether people are taken away."""
        return bool(self._outcome.removed)

    @property
    def action(self) -> str:
        """What the button says: the list, and the numbers."""
        if not self.changes_anything:
            return _("Restore all the same")
        outcome = self._outcome
        return action(self._run, changed=outcome.changed, added=outcome.added, removed=outcome.removed)

    @property
    def examples(self) -> list[Examples]:
        """The first of each kind: who is removed, who is set back, who comes back, with the dates of the backup."""
        removed, changed, added = self._outcome.removed, self._outcome.changed, self._outcome.added
        going = ngettext("%(number)s recipient is removed", "%(number)s recipients are removed", removed)
        set_back = ngettext("%(number)s recipient is set back", "%(number)s recipients are set back", changed)
        coming = ngettext("%(number)s recipient comes back", "%(number)s recipients come back", added)
        of_kinds = (("removed", removed, going), ("changed", changed, set_back), ("added", added, coming))
        return [self._examples(kind, total, title) for kind, total, title in of_kinds if self._details[kind]]

    def _examples(self, kind: str, total: int, title: str) -> Examples:
        rows = self._rows(kind)
        text = _("Some of them:") if len(rows) < total else ""
        return Examples(kind, title % {"number": shown(total)}, text, rows)

    @property
    def changes_anything(self) -> bool:
        """Whether anybody would be set back, come back or be removed."""
        return changes_anything(self._numbers)

    @property
    def does_anything(self) -> bool:
        """Whether anything at all would be another, values of fields of all lists among it."""
        return self.changes_anything or bool(self._outcome.contacts_changed)


class RestoreReport(ReportPage):
    """What a restore or an undo did."""

    @property
    def is_undo(self) -> bool:
        """Whether an import was taken back."""
        return self._run.kind == Import.Kind.UNDO

    @property
    def figures(self) -> list[Figure]:
        """The figures at a glance."""
        return restore_figures(self._run, self._run.report)

    @property
    def title(self) -> str:
        """What happened, in a few words."""
        if self.is_undo:
            return str(UNDONE[kind_undone(self._run)])
        name = {"list": self._run.group.name}
        match wish_of(self._run).way:
            case Way.NEW_LIST:
                return _("The list “%(list)s” is made from the backup") % name
            case Way.REVIVE:
                return _("The list “%(list)s” is back") % name
            case _:
                return _("The list is restored")

    @property
    def deed(self) -> str:
        """What it did, in a sentence."""
        return deed(self._run)

    @property
    def kept(self) -> int:
        """Of an undo: how many stayed as they were, because they had changed since."""
        told = counted(self._run.report)
        return told["kept_changed"] + told["kept_deleted"]

    @property
    def impossible(self) -> list[Reason]:
        """What did not come back."""
        return impossible(self._run.report)

    @property
    def mostly_rejected(self) -> bool:
        """Nothing is rejected."""
        return False

    @property
    def differences(self) -> list[Difference]:
        """Where the figures are not those of the preview, because the list changed in between."""
        report = self._run.report
        if report.get("as_previewed", True) or not self._run.preview:
            return []
        previewed = restore_figures(self._run, report | self._run.preview["outcome"])
        return difference_of(previewed, self.figures)

    @property
    def lacks_backup(self) -> str:
        """Why there is no safety backup; empty when there is one."""
        return "" if self.backup else _("No backup was made before, because the list was empty.")
