"""The figures of an import as people read them: the same words in its preview and in its report."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recipients.masterdata.options import Mode

Numbers = Mapping[str, int]  # what the reader counted and what stands in a recipients.masterdata.options.Outcome


@dataclass(frozen=True)
class Figure:
    """One number at a glance. `hint` is a line below it; `kind` is good, warning, danger, or empty for plain."""

    label: str
    value: int
    hint: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Difference:
    """A figure that became another one than its preview said."""

    label: str
    previewed: int
    done: int


def figures_of(mode: Mode, numbers: Numbers) -> list[Figure]:
    """What an import does or did: first what its mode is about, be it none; then what else there is to know of."""
    told = counted(numbers)
    return [Figure(_("Rows in the file"), told["rows"]), *_of_mode(mode, told), *_beside(mode, told)]


def _of_mode(mode: Mode, numbers: Numbers) -> list[Figure]:
    if mode is Mode.DELETE:
        return [Figure(_("Deleted"), numbers["removed"], kind="danger" if numbers["removed"] else "")]
    if mode is Mode.DEACTIVATE:
        active = numbers["signed_off"]
        hint = ngettext("%(number)s of them was active", "%(number)s of them were active", active)
        return [
            Figure(_("Deactivated"), numbers["changed"], hint=hint % {"number": shown(active)}),
            Figure(_("Were deactivated already"), numbers["unchanged"]),
        ]
    figures = []
    if mode.adds:
        figures.append(Figure(_("Added"), numbers["added"], kind="good" if numbers["added"] else ""))
    if mode.updates:
        figures += [Figure(_("Changed"), numbers["changed"]), Figure(_("Unchanged"), numbers["unchanged"])]
    return figures


def _beside(mode: Mode, numbers: Numbers) -> list[Figure]:
    """Figures that are shown only where there is something to count."""
    left_out = _("were in the list already") if mode is Mode.ADD else _("are not in the list")
    figures = [
        Figure(_("Left out by the mode"), numbers["skipped"], hint=left_out),
        Figure(_("Doubles in the file"), numbers["doubled"], hint=_("the first row of an address counts")),
        Figure(_("Rejected"), numbers["rejected"], hint=_("see below"), kind="warning"),
        Figure(_("Active again"), numbers["reactivated"], hint=_("had unsubscribed or bounced")),
        Figure(_("Stay unsubscribed"), numbers["kept_inactive"], hint=_("the file has them as signed up")),
        Figure(_("Fields of all lists"), numbers["contacts_changed"], hint=_("addresses with another value there")),
    ]
    if mode.updates:
        unsubscribed = Figure(_("Unsubscribed"), numbers["signed_off"], hint=_("were active before"))
        figures.insert(3, unsubscribed)
    return [figure for figure in figures if figure.value]


def differences(mode: Mode, previewed: Numbers, done: Numbers) -> list[Difference]:
    """The figures that became others than the preview said, in their order."""
    return difference_of(figures_of(mode, previewed), figures_of(mode, done))


def difference_of(previewed: Sequence[Figure], done: Sequence[Figure]) -> list[Difference]:
    """The figures that became others, in their order."""
    before = {figure.label: figure.value for figure in previewed}
    after = {figure.label: figure.value for figure in done}
    return [
        Difference(label, before.get(label, 0), after.get(label, 0))
        for label in before | after
        if before.get(label, 0) != after.get(label, 0)
    ]


def changes_anything(numbers: Numbers) -> bool:
    """Whether any recipient of the list is added, changed or removed."""
    told = counted(numbers)
    return any(told[name] for name in ("added", "changed", "removed"))


def action(mode: Mode, numbers: Numbers) -> str:
    """What an import does, as the words of the button that starts it, with its numbers."""
    told = counted(numbers)
    added, changed, removed = told["added"], told["changed"], told["removed"]
    if mode is Mode.DELETE:
        words, number = ngettext("Delete %(number)s recipient", "Delete %(number)s recipients", removed), removed
    elif mode is Mode.DEACTIVATE:
        words = ngettext("Deactivate %(number)s recipient", "Deactivate %(number)s recipients", changed)
        number = changed
    elif added and changed:
        words = ngettext(
            "Add %(number)s recipient and change %(changed)s",
            "Add %(number)s recipients and change %(changed)s",
            added,
        )
        number = added
    elif changed:
        words, number = ngettext("Change %(number)s recipient", "Change %(number)s recipients", changed), changed
    elif added:
        words, number = ngettext("Add %(number)s recipient", "Add %(number)s recipients", added), added
    else:
        return _("Import all the same")
    return words % {"number": shown(number), "changed": shown(changed)}


def deed(mode: Mode, numbers: Numbers) -> str:
    """What an import did, in one sentence with its numbers."""
    if mode is Mode.DELETE:
        removed = numbers["removed"]
        words = ngettext("%(removed)s recipient was deleted.", "%(removed)s recipients were deleted.", removed)
        return words % {"removed": shown(removed)}
    if mode is Mode.DEACTIVATE:
        changed = numbers["changed"]
        words = ngettext("%(changed)s recipient was deactivated.", "%(changed)s recipients were deactivated.", changed)
        return words % {"changed": shown(changed)}
    return _("Added: %(added)s. Changed: %(changed)s. All others in the list are as they were.") % {
        "added": shown(numbers["added"]),
        "changed": shown(numbers["changed"]),
    }


def counted(numbers: Numbers) -> Numbers:
    """The numbers, with 0 for what the reports of an older Listkeep do not tell."""
    return defaultdict(int, numbers)


def shown(number: int) -> str:
    """A number in the reader's language."""
    return number_format(number, force_grouping=True)
