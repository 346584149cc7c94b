"""What people read of what the watch has found: what happened, what is safe, and the one next step."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from backups.watch import About, Alert, Kind
from backups.wording import damage_advice, failure_sentence

NAMES = 3  # lists that are named; the others are counted


@dataclass(frozen=True)
class AlertInWords:
    """A notice. `kind` as components/_notice.html has it; `group_id` the list whose backups it leads to, or None."""

    kind: str
    title: str
    text: str
    group_id: int | None = None


def alert_in_words(alert: Alert) -> AlertInWords:
    """The notice of an alert."""
    match alert.kind:
        case Kind.DAMAGED:
            return _damaged(alert)
        case Kind.FAILED:
            return _failed(alert)
        case Kind.SHRUNK:
            return _shrunk(alert)
        case Kind.STORAGE_FULL:
            return AlertInWords(
                "warning",
                gettext("The place where backups are kept is nearly full"),
                gettext(
                    "What is kept there is safe. If there is no room for a new backup, the import or deletion that it"
                    " is made for is not carried out. Tell the people who run Listkeep for you."
                ),
            )
    return AlertInWords(
        "info",
        gettext("Some backups are kept a little longer than announced"),
        gettext("Their time is over and they are not deleted yet. That is made up for by itself; you need do nothing."),
    )


def _damaged(alert: Alert) -> AlertInWords:
    title = ngettext(
        "The file of %(number)s backup is damaged or missing",
        "The files of %(number)s backups are damaged or missing",
        alert.number,
    ) % {"number": number_format(alert.number, force_grouping=True)}
    return AlertInWords("danger", title, f"{_concerned(alert.about)} {damage_advice()}", alert.about[0].group_id)


def _failed(alert: Alert) -> AlertInWords:
    first = alert.about[0]
    if len(alert.about) == 1:
        title = gettext("The newest backup of “%(name)s” could not be made") % {"name": first.name}
        return AlertInWords("danger", title, failure_sentence(first.backup), first.group_id)
    title = ngettext(
        "The newest backup of %(number)s list could not be made",
        "The newest backups of %(number)s lists could not be made",
        len(alert.about),
    ) % {"number": number_format(len(alert.about), force_grouping=True)}
    advice = gettext("What they were made for was not carried out. What to do stands beside each of them below.")
    return AlertInWords("danger", title, f"{_concerned(alert.about)} {advice}", first.group_id)


def _shrunk(alert: Alert) -> AlertInWords:
    first = alert.about[0]
    advice = gettext(
        "If nobody did that on purpose, pin the backup before it, so that it stays, and get the missing recipients back"
        " from it."
    )
    if len(alert.about) == 1:
        title = gettext("The newest backup of “%(name)s” is much smaller than the one before") % {"name": first.name}
        figures = gettext("It has %(now)s recipients, the one before had %(before)s.") % {
            "now": number_format(first.backup.recipient_count, force_grouping=True),
            "before": number_format(first.before, force_grouping=True),
        }
        return AlertInWords("warning", title, f"{figures} {advice}", first.group_id)
    title = ngettext(
        "The newest backup of %(number)s list is much smaller than the one before",
        "The newest backups of %(number)s lists are much smaller than the ones before",
        len(alert.about),
    ) % {"number": number_format(len(alert.about), force_grouping=True)}
    return AlertInWords("warning", title, f"{_concerned(alert.about)} {advice}", first.group_id)


def _concerned(about: tuple[About, ...]) -> str:
    """The lists by name, as far as there is room."""
    names = ", ".join(gettext("“%(name)s”") % {"name": one.name} for one in about[:NAMES])
    more = len(about) - NAMES
    if more <= 0:
        return gettext("Lists concerned: %(names)s.") % {"names": names}
    return ngettext(
        "Lists concerned: %(names)s and %(more)d more.", "Lists concerned: %(names)s and %(more)d more.", more
    ) % {"names": names, "more": more}
