"""The strip of the last 30 days: one dot a backup, its size by recipients, its form and colour by trigger.

A day is a column of dots, the newest on top. Distances across are percentages and sizes are pixels, so that the picture
fits every width and its dots stay round.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import sqrt
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from backups.models import Backup
from backups.queries import BackupFilter, complete_since, newest_of_days

DAYS = 30
SOON = timedelta(days=7)
VERY_SOON = timedelta(days=2)
DOTS_A_DAY = 5
SMALLEST, LARGEST, GAP = 2.5, 5.4, 2.0  # radii and distance, pixels
HEAD, FOOT = 16.0, 20.0  # room above the highest column and for the labels below the ground, pixels
LOWEST = 36.0  # the ground is at least so far from the top
LABEL_EVERY = 7  # days


# The corners of each trigger's form, in radii from its middle, clockwise; an import's is the circle. What comes before
# deletions shares a colour, and is told apart by its form and in words.
CORNERS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    Backup.Trigger.IMPORT: (),
    Backup.Trigger.GROUP_DELETION: ((-0.886, -0.886), (0.886, -0.886), (0.886, 0.886), (-0.886, 0.886)),
    Backup.Trigger.CLEARING: ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    Backup.Trigger.RECIPIENTS_DELETION: ((-1.2, -0.9), (1.2, -0.9), (0, 1.15)),
    Backup.Trigger.FIELD_DELETION: ((-1.15, -0.6), (1.15, -0.6), (1.15, 0.6), (-1.15, 0.6)),
    Backup.Trigger.ON_DEMAND: ((0, -1.15), (1.2, 0.9), (-1.2, 0.9)),
    Backup.Trigger.DAILY: (
        *((-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4)),
        *((0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)),
    ),
    Backup.Trigger.RESTORE: ((-1.2, 0), (0.9, -1.2), (0.9, 1.2)),
}
WORDS: Final[dict[str, Promise]] = {
    Backup.Trigger.IMPORT: gettext_lazy("before an import"),
    Backup.Trigger.GROUP_DELETION: gettext_lazy("before a list was deleted"),
    Backup.Trigger.CLEARING: gettext_lazy("before a list was emptied"),
    Backup.Trigger.RECIPIENTS_DELETION: gettext_lazy("before recipients were deleted"),
    Backup.Trigger.FIELD_DELETION: gettext_lazy("before a field was deleted"),
    Backup.Trigger.ON_DEMAND: gettext_lazy("on demand"),
    Backup.Trigger.DAILY: gettext_lazy("daily"),
    Backup.Trigger.RESTORE: gettext_lazy("before a restore"),
}


@dataclass(frozen=True)
class Meaning:
    """What a form stands for, in the legend."""

    trigger: str
    path: str
    words: str


@dataclass(frozen=True)
class Dot:
    """One backup; numbers are texts in SVG's notation, pixels within its column."""

    trigger: str
    y: str
    radius: str
    path: str  # its form: a circle, a square, …
    opacity: str  # less the sooner the backup leaves
    text: str  # time, list, recipients


@dataclass(frozen=True)
class Column:
    """One day. `x` is its middle in percent; `label` stands below some of them."""

    x: str
    label: str
    dots: list[Dot]
    more: str  # how many dots are left out, such as "+12"; empty when none
    more_y: str


@dataclass(frozen=True)
class Strip:
    """The picture and the same in words."""

    columns: list[Column]
    ground: str  # where the columns stand, pixels from the top
    label_y: str
    height: str
    sentences: list[str]
    legend: list[Meaning]  # of the triggers that it shows


def strip_of(account_id: int, chosen: BackupFilter, now: datetime) -> Strip | None:
    """The strip of an account's backups that the filter lets through; None when there are none."""
    today = timezone.localtime(now).date()
    first = today - timedelta(days=DAYS - 1)
    midnight = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    backups = complete_since(account_id, chosen, since=midnight)
    rows = list(newest_of_days(backups, each=DOTS_A_DAY, leaving_before=now + SOON))
    if not rows:
        return None
    largest = max(row.recipient_count for row in rows)
    by_day = {day: list(of_day) for day, of_day in groupby(rows, key=lambda row: row.day)}
    days = [first + timedelta(days=index) for index in range(DAYS)]
    heights = [sum(GAP + 2 * _radius(row, largest) for row in by_day.get(day, [])) for day in days]
    ground = max(LOWEST, HEAD + max(heights))
    return Strip(
        columns=[
            _column(index, by_day.get(day, []), largest=largest, ground=ground, label=_label(index, day), now=now)
            for index, day in enumerate(days)
        ],
        ground=f"{ground:.1f}",
        label_y=f"{ground + FOOT - 4:.1f}",
        height=f"{ground + FOOT:.1f}",
        sentences=list(_sentences(rows[0].total, rows[0].leaving)),
        legend=_legend({row.trigger for row in rows}),
    )


def _radius(row: Any, largest: int) -> float:
    return SMALLEST + (LARGEST - SMALLEST) * sqrt(row.recipient_count / largest if largest else 0)


def _column(index: int, rows: list[Any], *, largest: int, ground: float, label: str, now: datetime) -> Column:
    dots = []
    top = ground
    for row in rows:
        radius = _radius(row, largest)
        dots.append(_dot(row, top - GAP - radius, radius, now))
        top -= GAP + 2 * radius
    left_out = rows[0].of_day - len(rows) if rows else 0
    return Column(
        x=f"{(index + 0.5) / DAYS * 100:.2f}%",
        label=label,
        dots=dots,
        more=f"+{number_format(left_out, force_grouping=True)}" if left_out else "",
        more_y=f"{top - 4:.1f}",
    )


def _dot(row: Any, y: float, radius: float, now: datetime) -> Dot:
    left = row.expires_at - now if row.pinned_at is None else SOON
    return Dot(
        trigger=row.trigger,
        y=f"{y:.1f}",
        radius=f"{radius:.1f}",
        path=_path(row.trigger, radius, y),
        opacity="0.15" if left < VERY_SOON else "0.5" if left < SOON else "1",
        text=_text(row),
    )


def _path(trigger: str, radius: float, y: float, x: float = 0) -> str:
    """The form of a trigger around a point, as SVG's path."""
    if not CORNERS[trigger]:
        half = f"a{radius:.1f} {radius:.1f} 0 0 1"
        return f"M{x - radius:.1f} {y:.1f}{half} {2 * radius:.1f} 0{half} {-2 * radius:.1f} 0Z"
    corners = (f"{x + across * radius:.1f} {y + down * radius:.1f}" for across, down in CORNERS[trigger])
    return f"M{'L'.join(corners)}Z"


def _legend(shown: set[str]) -> list[Meaning]:
    return [Meaning(one, _path(one, 5, 7, 7), str(words)) for one, words in WORDS.items() if one in shown]


def _text(row: Any) -> str:
    time = timezone.localtime(row.requested_at)
    return f"{time:%H:%M} · {row.group_name} · {number_format(row.recipient_count, force_grouping=True)}"


def _label(index: int, day: date) -> str:
    if index == DAYS - 1:
        return gettext("today")
    if (DAYS - 1 - index) % LABEL_EVERY == 0:
        return date_format(day, pgettext("date format without the year", "j M"))
    return ""


def _sentences(total: int, leaving: int) -> Iterable[str]:
    """The strip in words."""
    yield ngettext(
        "%(total)s backup was made in the last 30 days and is kept.",
        "%(total)s backups were made in the last 30 days and are kept.",
        total,
    ) % {"total": number_format(total, force_grouping=True)}
    if leaving:
        yield ngettext(
            "%(leaving)s of them is deleted within 7 days.",
            "%(leaving)s of them are deleted within 7 days.",
            leaving,
        ) % {"leaving": number_format(leaving, force_grouping=True)}
