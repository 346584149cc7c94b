"""How Listkeep as a whole is, for the operators' page: each finding says whether all is well, and what to do if not.

The figures are those of `/metrics` (`backups.figures`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from babel.dates import format_timedelta
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.operators import list_url
from accounts.templatetags.listkeep_format import size
from backups.clock import doubt_about
from backups.figures import Figures, figures
from backups.models import Backup, RestoreDrill
from backups.watch import storage_is_nearly_full
from config.health import missing_redis, missing_storage

LATE_JOB: Final = timedelta(hours=1)  # a job waits so long only when no worker takes from its queue, or all are busy
LATE_DRILL: Final = timedelta(hours=48)  # one each night
UNVERIFIED: Final = timedelta(days=190)  # half of the longest time that an account may keep backups, and a week


@dataclass(frozen=True)
class Finding:
    """One thing to know. `url`: where the rows that it is about stand."""

    about: str | Promise
    good: bool
    text: str
    url: str = ""


@dataclass(frozen=True)
class Queue:
    """The jobs of one queue."""

    name: str
    waiting: int
    running: int
    oldest: str  # how long the oldest has waited; empty when none does
    late: bool


def findings(*, now: datetime) -> dict[str, Any]:
    """What the page shows: `findings`, those that are not well first, and `queues`."""
    found = figures(now=now)
    all_of_them = [*_surroundings(found, now), *_backups(found), _drill(found), _closings(found), _held(found)]
    return {"findings": sorted(all_of_them, key=lambda one: one.good), "queues": _queues(found)}


def _queues(found: Figures) -> list[Queue]:
    return [
        Queue(
            name=name,
            waiting=waiting,
            running=found.jobs_running.get(name, 0),
            oldest=_span(found.longest_waiting[name]) if name in found.longest_waiting else "",
            late=found.longest_waiting.get(name, timedelta(0)) > LATE_JOB,
        )
        for name, waiting in sorted(found.jobs_waiting.items())
    ]


def _surroundings(found: Figures, now: datetime) -> Iterator[Finding]:
    """Storage, Redis, the clock, and whether jobs are taken up."""
    storage = gettext_lazy("Storage")
    if missing_storage():
        yield Finding(storage, False, _("It does not answer. Uploads, backups and exports wait until it does."))
    elif storage_is_nearly_full():
        yield Finding(storage, False, _("It is nearly full: %(free)s are free.") % {"free": size(found.storage_free)})
    elif found.storage_free is None:
        yield Finding(storage, True, _("It answers. How much room there is, an S3 server does not say."))
    else:
        yield Finding(storage, True, _("It answers; %(free)s are free.") % {"free": size(found.storage_free)})
    redis = missing_redis()
    yield Finding("Redis", not redis, _("It does not answer. Jobs wait until it does.") if redis else _("It answers."))
    doubt = doubt_about(now)
    clock = _("It is in doubt, and nothing is purged: %(why)s") % {"why": doubt} if doubt else _("It can be trusted.")
    yield Finding(gettext_lazy("Clock"), not doubt, clock)
    late = [name for name, age in found.longest_waiting.items() if age > LATE_JOB]
    taken = _("Jobs wait for more than an hour: see that the workers of these queues run: %(queues)s")
    yield Finding(
        gettext_lazy("Workers"),
        not late,
        taken % {"queues": ", ".join(sorted(late))} if late else _("No job waits for more than an hour."),
    )
    number = found.jobs_interrupted
    text = ngettext("%(number)s job had to be taken up again.", "%(number)s jobs had to be taken up again.", number)
    yield Finding(
        gettext_lazy("Interruptions"),
        not number,
        text % {"number": number_format(number)} if number else _("No job had to be taken up again."),
    )


def _backups(found: Figures) -> Iterator[Finding]:
    failed = found.failed_last_day
    text = ngettext(
        "%(number)s that was asked for in the last 24 hours could not be made.",
        "%(number)s that were asked for in the last 24 hours could not be made.",
        failed,
    )
    yield Finding(
        gettext_lazy("Failed backups"),
        not failed,
        text % {"number": number_format(failed)} if failed else _("None in the last 24 hours."),
        list_url("backups_backup", status__exact=Backup.Status.FAILED),
    )
    damaged = sum(found.by_damage.values())
    text = ngettext(
        "The file of %(number)s is missing or damaged. Put the right one back from a copy of the storage.",
        "The files of %(number)s are missing or damaged. Put the right ones back from a copy of the storage.",
        damaged,
    )
    yield Finding(
        gettext_lazy("Damaged backups"),
        not damaged,
        text % {"number": number_format(damaged)} if damaged else _("None that is known."),
        list_url("backups_backup", damage__in=",".join(Backup.Damage.values)),
    )
    late = found.overdue
    text = ngettext(
        "%(number)s should have been deleted more than a day ago.",
        "%(number)s should have been deleted more than a day ago.",
        late,
    )
    yield Finding(
        gettext_lazy("Late purges"),
        not late,
        text % {"number": number_format(late)} if late else _("What was due is gone."),
    )
    unread = found.longest_unverified
    verified = _("The file that was not read for the longest time was read %(span)s ago.")
    yield Finding(
        gettext_lazy("Verification"),
        unread is None or unread < UNVERIFIED,
        verified % {"span": _span(unread)} if unread is not None else _("There is no backup yet."),
    )


def _drill(found: Figures) -> Finding:
    about = gettext_lazy("Restore drill")
    url = list_url("backups_restoredrill")
    if found.last_drill is None:
        return Finding(about, not found.by_status[Backup.Status.COMPLETE], _("There was none yet."), url)
    age, result = found.last_drill
    told = _("The last one was %(span)s ago: %(result)s.")
    return Finding(
        about,
        result == RestoreDrill.Result.EQUAL and age < LATE_DRILL,
        told % {"span": _span(age), "result": RestoreDrill.Result(result).label},
        url,
    )


def _closings(found: Figures) -> Finding:
    failed, late = found.closures_failed, found.closures_late
    text = _("All go on as they should.")
    if failed:
        text = ngettext(
            "The export of %(number)s account could not be made; nothing of it is deleted.",
            "The exports of %(number)s accounts could not be made; nothing of them is deleted.",
            failed,
        ) % {"number": number_format(failed)}
    elif late:
        text = ngettext(
            "The export or deletion of %(number)s account is a day late: see why it rests.",
            "The export or deletion of %(number)s accounts is a day late: see why they rest.",
            late,
        ) % {"number": number_format(late)}
    return Finding(gettext_lazy("Closings of accounts"), not failed and not late, text, list_url("backups_closure"))


def _held(found: Figures) -> Finding:
    number = found.accounts_held
    text = ngettext("%(number)s account is on hold.", "%(number)s accounts are on hold.", number)
    return Finding(
        gettext_lazy("Accounts on hold"),
        True,
        text % {"number": number_format(number)} if number else _("None."),
        list_url("accounts_account", held_at__isempty="0"),
    )


def _span(span: timedelta) -> str:
    return format_timedelta(span, locale=get_language() or "en")
