"""What the preview warns of: an import that most likely does something else than the person wants.

Pure: from the preview's figures to sentences in the present language. A warning keeps nobody from importing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.figures import shown
from recipients.masterdata.options import Mode, Outcome

MOST: Final = 0.5
"""The share from which on something is told of as most: of the list's recipients, of the file's rows."""

MANY_SHARE: Final = 0.1
"""The share of a list, or of those whom the import touches, from which on people are many."""

MANY: Final = 20
"""So few people are never many, however short the list is."""


@dataclass(frozen=True)
class Clearing:
    """A column that loses its value for some recipients of the list."""

    label: str
    cleared: int


@dataclass(frozen=True)
class Expected:
    """What a preview found. `shared`: labels of account-wide fields → recipients of the list whose value changes."""

    mode: Mode
    rows: int
    rejected: int
    outcome: Outcome
    recipients: int  # in the list, before
    active: int  # of these
    lost_touched: int  # signed off or bounced, and changed or removed
    clearings: Sequence[Clearing] = ()
    shared: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class PreviewWarning:
    """One warning: what would happen, what it means and what to do instead."""

    title: str
    text: str


def warnings_of(expected: Expected) -> list[PreviewWarning]:
    """All that speaks against the import, the gravest first."""
    return [
        *_of_the_file(expected),
        *_of_most(expected),
        *_of_consent(expected),
        *_of_clearing(expected),
        *_of_all_lists(expected),
    ]


def _of_the_file(expected: Expected) -> Iterator[PreviewWarning]:
    if expected.rejected > MOST * expected.rows:
        yield PreviewWarning(
            _("Most rows are rejected"),
            _(
                "Usually a column is assigned to the wrong field, or dates or numbers are written otherwise than was "
                "chosen. See the reasons below, then go back to the mapping."
            ),
        )
    outcome = expected.outcome
    if outcome.skipped and expected.mode is not Mode.ADD and not outcome.changed + outcome.unchanged + outcome.removed:
        yield PreviewWarning(
            _("No address of the file is in the list"),
            _("This import can only change who is in the list. Check that it is the right list and the right file."),
        )


def _of_most(expected: Expected) -> Iterator[PreviewWarning]:
    touched = expected.outcome.changed + expected.outcome.removed
    if touched < MANY or touched <= MOST * expected.recipients:
        return
    numbers = {"touched": shown(touched), "all": shown(expected.recipients)}
    if expected.mode is Mode.DELETE:
        title, text = _("Most of the list would be deleted"), _("%(touched)s of %(all)s recipients would be gone.")
    elif expected.mode is Mode.DEACTIVATE:
        title = _("Most of the list would be deactivated")
        text = _("%(touched)s of %(all)s recipients would get no more mail.")
    else:
        title = _("Most of the list would change")
        text = _("%(touched)s of %(all)s recipients would get other values. Look at the examples below.")
    yield PreviewWarning(title, text % numbers)


def _of_consent(expected: Expected) -> Iterator[PreviewWarning]:
    lost, outcome = expected.lost_touched, expected.outcome
    if expected.mode is Mode.DELETE and lost:
        yield PreviewWarning(
            ngettext(
                "The list would forget that %(number)s person has unsubscribed or bounced",
                "The list would forget that %(number)s people have unsubscribed or bounced",
                lost,
            )
            % {"number": shown(lost)},
            _(
                "When their addresses are imported again later, they count as signed up. Choose “Deactivate” instead, "
                "or put the addresses on the list’s block list."
            ),
        )
    elif lost >= MANY and lost >= MANY_SHARE * outcome.changed:
        yield PreviewWarning(
            _("Many of those who change have unsubscribed or bounced"),
            ngettext(
                "It is %(number)s person. They stay unsubscribed, only their other values change. Check that this is "
                "the right file.",
                "These are %(number)s people. They stay unsubscribed, only their other values change. Check that this "
                "is the right file.",
                lost,
            )
            % {"number": shown(lost)},
        )
    signed_off = outcome.signed_off
    if expected.mode.updates and signed_off >= MANY and signed_off >= MANY_SHARE * expected.active:
        yield PreviewWarning(
            _("Many active recipients would be unsubscribed"),
            ngettext(
                "The file has a sign-off date for %(number)s active recipient, who would get no more mail. Check "
                "which column is assigned to it.",
                "The file has a sign-off date for %(number)s active recipients, who would get no more mail. Check "
                "which column is assigned to it.",
                signed_off,
            )
            % {"number": shown(signed_off)},
        )


def _of_clearing(expected: Expected) -> Iterator[PreviewWarning]:
    many = [
        one for one in expected.clearings if one.cleared >= MANY and one.cleared >= MANY_SHARE * expected.recipients
    ]
    if many:
        places = ", ".join(
            _("%(field)s for %(number)s") % {"field": one.label, "number": shown(one.cleared)} for one in many
        )
        yield PreviewWarning(
            _("Many values would be lost"),
            _(
                "These have a value in the list and none in the file: %(places)s. Unless you mean that, go back and "
                "let empty cells keep what is stored."
            )
            % {"places": places},
        )


def _of_all_lists(expected: Expected) -> Iterator[PreviewWarning]:
    if expected.shared:
        places = ", ".join(
            _("%(field)s for %(number)s") % {"field": label, "number": shown(number)}
            for label, number in expected.shared
        )
        yield PreviewWarning(
            _("Other lists change as well"),
            _("All lists show the same value of these fields, and it becomes another one: %(places)s.")
            % {"places": places},
        )
