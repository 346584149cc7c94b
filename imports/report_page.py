"""The report of a done import as its page shows it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.figures import Difference, Figure, changes_anything, deed, differences, figures_of, shown
from imports.models import Import
from imports.preview_warnings import MOST
from imports.restore_wording import restore_choices
from recipients.masterdata.options import Mode


class ReportPage:
    """What a run did."""

    def __init__(self, run: Import) -> None:
        self._run = run
        self._mode = Mode(run.mode)

    @property
    def figures(self) -> list[Figure]:
        """The figures at a glance."""
        return figures_of(self._mode, self._run.report)

    @property
    def changed_anything(self) -> bool:
        """Whether any recipient of the list was added, changed or removed."""
        return changes_anything(self._run.report)

    @property
    def deed(self) -> str:
        """What the import did, in a sentence."""
        return deed(self._mode, self._run.report)

    @property
    def mostly_rejected(self) -> bool:
        """Whether most rows came to nothing."""
        return bool(self._run.report.get("rejected", 0) > MOST * self._run.report.get("rows", 0))

    @property
    def differences(self) -> list[Difference]:
        """Where the figures are not those of the preview, because the list changed in between."""
        report = self._run.report
        if report.get("as_previewed", True) or not self._run.preview:
            return []
        return differences(self._mode, report | self._run.preview["outcome"], report)

    @property
    def notes(self) -> list[str]:
        """What the person should know of the file, though no row was lost by it."""
        short = self._run.report.get("notes", {}).get("short_rows", 0)
        if not short:
            return []
        return [
            ngettext(
                "%(number)s row ends before the last column; what is missing there counts as empty.",
                "%(number)s rows end before the last column; what is missing there counts as empty.",
                short,
            )
            % {"number": shown(short)}
        ]

    @property
    def backup(self) -> str:
        """The key of the backup that was made before; empty when none was."""
        return str(self._run.report.get("backup", ""))

    @property
    def lacks_backup(self) -> str:
        """Why there is no backup, in a sentence; empty when there is one."""
        if self.backup:
            return ""
        if self._run.report.get("was_empty"):
            return _("No backup was made before, because the list was empty.")
        return _("No backup was made before, because automatic backups were switched off.")


def choices_of(run: Import) -> list[str]:
    """What was chosen for a run beside its mode, where it is not what most people need, in the reader's words."""
    if run.kind != Import.Kind.FILE:
        return restore_choices(run)
    chosen: list[str] = []
    if Mode(run.mode).updates:
        kept = [
            (run.empty_cells, Import.EmptyCells.KEEP, run.get_empty_cells_display()),
            (run.tags_mode, Import.TagsMode.ADD, run.get_tags_mode_display()),
            (run.account_values, Import.AccountValues.OVERWRITE, run.get_account_values_display()),
        ]
        chosen = [str(label) for value, usual, label in kept if value != usual]
    if run.reactivate:
        chosen.append(_("Unsubscribed people are turned active again"))
    if run.readmit_erased:
        chosen.append(_("Erased people are let in again"))
    return chosen
