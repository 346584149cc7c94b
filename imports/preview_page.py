"""The preview as its page shows it: figures, warnings, what changes in each field, examples old → new."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.templatetags.listkeep_format import absolute
from imports.figures import Figure, action, changes_anything, figures_of, shown
from imports.models import Import
from imports.preview_warnings import Clearing, Expected, PreviewWarning, warnings_of
from imports.readers import STATUS_TARGET, Reason
from imports.targets import language
from recipients.masterdata.file import BASE_COLUMNS, STATUS_COLUMNS, FieldDefinition, FieldScope, FieldType
from recipients.masterdata.labels import BASE_LABELS
from recipients.masterdata.options import Mode, Outcome
from recipients.wording import shown_value

SHOWN_LENGTH: Final = 120  # characters of a value
AT_FIRST: Final = 3  # examples; the others unfold
VALUES_AT_FIRST: Final = 12  # of one example; the others unfold
NAMES_SHOWN: Final = 8  # of fields that the import makes


@dataclass(frozen=True)
class Change:
    """One value of one recipient. `old` and `new` are empty where there is none."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Example:
    """One row of the file, and what it does to the recipient with that address."""

    line: int
    email: str
    changes: Sequence[Change]

    @property
    def at_first(self) -> Sequence[Change]:
        """Those that are shown at once."""
        return self.changes[:VALUES_AT_FIRST]

    @property
    def more(self) -> Sequence[Change]:
        """Those that unfold."""
        return self.changes[VALUES_AT_FIRST:]


@dataclass(frozen=True)
class Examples:
    """The first of those who are added, changed or removed. `kind` is one of these words."""

    kind: str
    title: str
    text: str
    rows: Sequence[Example]

    @property
    def at_first(self) -> Sequence[Example]:
        """Those that are shown at once."""
        return self.rows[:AT_FIRST]

    @property
    def more(self) -> Sequence[Example]:
        """Those that unfold."""
        return self.rows[AT_FIRST:]


@dataclass(frozen=True)
class ColumnFigures:
    """How many recipients of the list get another value in a field, and how many of these none."""

    label: str
    changed: int
    cleared: int
    in_all_lists: bool
    is_status: bool


@dataclass(frozen=True)
class Reactivation:
    """People who signed off or bounced, and whom the file has as signed up.

    `number`: those whom it has as signed up later, who become active if that is `asked`. `others` stay in any case.
    """

    number: int
    others: int
    asked: bool
    people: Sequence[str]


@dataclass(frozen=True)
class ErasedPeople:
    """Rows of people who were erased on request: kept out, or let in again if that is `asked`.

    `others` were blocked when they were erased, and stay out in any case; not known before it is asked.
    """

    number: int
    others: int
    asked: bool


class PreviewPage:
    """What the preview of a run says. `fields`: the list's, and those that the import makes.

    `others_see`: whether the account has other lists, which show account-wide values too.
    """

    def __init__(self, run: Import, *, fields: Sequence[FieldDefinition], others_see: bool) -> None:
        self._run = run
        self._mode = Mode(run.mode)
        self._fields = {field.key: field for field in fields}
        self._others_see = others_see
        self._outcome = Outcome(**run.preview["outcome"])
        self._details: dict[str, Any] = run.preview["details"]
        self._numbers: dict[str, int] = run.report | run.preview["outcome"]

    @property
    def lacks_its_list(self) -> bool:
        """Whether the list was deleted meanwhile, so that nothing can come of it; `run.group` must be fresh."""
        return self._run.group.deleted_at is not None

    @property
    def is_outdated(self) -> bool:
        """Whether the list has changed since; `run.group` must be fresh."""
        return bool(self._run.preview["revision"] != self._run.group.revision)

    @property
    def figures(self) -> list[Figure]:
        """The figures at a glance."""
        return figures_of(self._mode, self._numbers)

    @property
    def changes_anything(self) -> bool:
        """Whether any recipient of the list would be added, changed or removed."""
        return changes_anything(self._numbers)

    @property
    def action(self) -> str:
        """What the button says that starts the import."""
        return action(self._mode, self._numbers)

    @property
    def deletes(self) -> bool:
        """Whether that button takes people away."""
        return self._mode is Mode.DELETE and self.changes_anything

    @property
    def new_fields(self) -> list[str]:
        """The fields that the import makes."""
        return [str(field["label"]) for field in self._run.new_fields]

    @property
    def new_field_names(self) -> str:
        """Their names in one line, cut where they are many."""
        names = self.new_fields
        if len(names) > NAMES_SHOWN:
            names[NAMES_SHOWN - 1 : -1] = ["…"]
        return ", ".join(names)

    @cached_property
    def columns(self) -> list[ColumnFigures]:
        """What changes in each field, in the fields' order."""
        found = self._details["columns"]
        return [
            ColumnFigures(
                label=self._label(name),
                changed=found[name]["changed"],
                cleared=found[name]["cleared"],
                in_all_lists=name in self._fields and self._fields[name].scope is FieldScope.ACCOUNT,
                is_status=name in STATUS_COLUMNS,
            )
            for name in sorted(found, key=self._place)
        ]

    @property
    def warnings(self) -> list[PreviewWarning]:
        """What speaks against the import."""
        return warnings_of(
            Expected(
                mode=self._mode,
                rows=self._numbers["rows"],
                rejected=self._numbers["rejected"],
                outcome=self._outcome,
                recipients=self._run.preview["recipients"],
                active=self._run.preview["active"],
                lost_touched=self._details["lost_touched"],
                clearings=[Clearing(one.label, one.cleared) for one in self.columns if not one.is_status],
                shared=[(one.label, one.changed) for one in self.columns if one.in_all_lists and self._others_see],
            )
        )

    @property
    def reactivation(self) -> Reactivation | None:
        """Whom the file has as signed up though they signed off or bounced; None when there is nobody."""
        outcome, asked = self._outcome, self._run.reactivate
        number = outcome.reactivated if asked else self._details["may_be_reactivated"]
        others = outcome.kept_inactive - (0 if asked else number)
        if not number + others:
            return None
        people = [sample["email"] for sample in self._details["kept_inactive"]]
        return Reactivation(number=number, others=others, asked=asked, people=people)

    @property
    def erased(self) -> ErasedPeople | None:
        """Whom of the file somebody had erased; None when there is nobody."""
        report, asked = self._run.report, self._run.readmit_erased
        kept_out = report["rejected_by_reason"].get(Reason.ERASED.value, 0)
        let_in = report.get("notes", {}).get("readmitted", 0)
        if not kept_out + let_in:
            return None
        return ErasedPeople(number=let_in if asked else kept_out, others=kept_out if asked else 0, asked=asked)

    @property
    def examples(self) -> list[Examples]:
        """The first recipients of each kind: those who are removed, who change, who are added."""
        outcome = self._outcome
        return [
            one
            for one in (self._removed(outcome.removed), self._changed(outcome.changed), self._added(outcome.added))
            if one.rows
        ]

    def _removed(self, total: int) -> Examples:
        title = ngettext("%(number)s recipient is deleted", "%(number)s recipients are deleted", total)
        rows = self._rows("removed")
        return Examples("removed", title % {"number": shown(total)}, _first(len(rows), total), rows)

    def _changed(self, total: int) -> Examples:
        title = ngettext("%(number)s recipient changes", "%(number)s recipients change", total)
        rows = self._rows("changed")
        return Examples("changed", title % {"number": shown(total)}, _first(len(rows), total), rows)

    def _added(self, total: int) -> Examples:
        """Who is added; times that the file does not tell are the same for all, so they are said once."""
        title = ngettext("%(number)s recipient is added", "%(number)s recipients are added", total)
        mapped = {str(one["target"]) for one in self._run.mapping}
        untold = [name for name in STATUS_COLUMNS if name not in mapped]
        rows = self._rows("added", without=untold)
        told = ""
        if not mapped.isdisjoint({STATUS_TARGET, "deactivated_at", "bounced_at"}):
            told = _(
                "Those who have unsubscribed or bounced according to the file are added as such; they are not active."
            )
        elif len(untold) == len(STATUS_COLUMNS):
            told = _("They count as signed up now, because the file does not say when.")
        text = " ".join(filter(None, (told, _first(len(rows), total))))
        return Examples("added", title % {"number": shown(total)}, text, rows)

    def _rows(self, kind: str, *, without: Sequence[str] = ()) -> list[Example]:
        return [
            Example(
                line=sample["line"],
                email=sample["email"],
                changes=[
                    self._change(*one)
                    for one in sorted(sample["changes"], key=lambda change: self._place(change[0]))
                    if one[0] not in without
                ],
            )
            for sample in self._details[kind]
        ]

    def _change(self, name: str, old: Any, new: Any) -> Change:
        before, after = self._shown(name, old), self._shown(name, new)
        if before == after and name in STATUS_COLUMNS:  # another second of the same minute
            before, after = (_to_the_instant(one) if one else "" for one in (old, new))
        return Change(self._label(name), before, after)

    def _shown(self, name: str, value: Any) -> str:
        """A value in the reader's language, cut to a length that fits beside others."""
        if value is None:
            return ""
        if name in STATUS_COLUMNS:
            return absolute(_moment(value))
        kind = self._fields[name].type if name in self._fields else FieldType.TEXT
        return Truncator(shown_value(kind, value)).chars(SHOWN_LENGTH)

    def _place(self, name: str) -> int:
        """Where a column stands: registration information first, then the fields in their order."""
        order = [*BASE_COLUMNS, *self._fields]
        return order.index(name) if name in order else len(order)

    def _label(self, name: str) -> str:
        return self._fields[name].label if name in self._fields else BASE_LABELS[language()].get(name, name)


def plan_mark(run: Import) -> str:
    """A short text that changes with everything a person chose for the run.

    Who presses a button of the preview means what they saw, not what another window has made of it since.
    """
    chosen = [run.source, run.mapping, run.new_fields, run.mode, run.empty_cells, run.tags_mode, run.account_values]
    return hashlib.sha256(
        json.dumps([*chosen, run.reactivate, run.readmit_erased, run.restore], sort_keys=True).encode()
    ).hexdigest()[:16]


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _to_the_instant(value: str) -> str:
    return date_format(localtime(_moment(value)), pgettext("exact date and time format", "j M Y, H:i:s.u"))


def _first(number: int, total: int) -> str:
    if number == total:
        return ""
    return _("The first in the file:")
