"""How values look in pages, in the reader's language: `{% load listkeep_format %}`."""

import unicodedata
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from babel.dates import format_timedelta
from django import template
from django.core.paginator import Page
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

register = template.Library()

NOTHING = "–"
MOMENT = timedelta(seconds=1)
# Unicode's bidirectional classes of what runs from right to left, or may turn around what stands beside it.
TURNING = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}
SIZE_UNITS = ("B", "kB", "MB", "GB", "TB")


@register.filter
def when(value: datetime | None) -> str:
    """An absolute time, to the minute, with the relative one beside it; a dash for no time."""
    if value is None:
        return NOTHING
    return _time(value, absolute(value), relative(value, timezone.now()))


@register.filter
def day(value: datetime | date | None) -> str:
    """A date without its time; a dash for none."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return date_format(local, pgettext("date format", "j M Y"))


@register.filter
def size(value: int | None) -> str:
    """Bytes in the unit that leaves one to three digits before the point (1 MB = 1,000,000 bytes); a dash for none."""
    if value is None:
        return NOTHING
    number, unit = float(value), SIZE_UNITS[0]
    for _, larger in pairwise(SIZE_UNITS):
        if round(number) < 1000:
            break
        number, unit = number / 1000, larger
    decimals = 1 if unit != "B" and round(number, 1) < 10 else 0
    return f"{number_format(round(number, decimals), decimal_pos=decimals)}\N{NO-BREAK SPACE}{unit}"


@register.filter
def page_numbers(page: "Page[Any]") -> list[int | str]:
    """The numbers that components/_pagination.html links to, with an ellipsis where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.filter
def isolated(name: str) -> str:
    """A name for a sentence with a date or a number in it: one that runs from right to left leaves them their places.

    Any other name is as it was. Only for what is shown, never for what is kept (Unicode Standard Annex 9, isolates).
    """
    if any(unicodedata.bidirectional(character) in TURNING for character in name):
        return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    return name


def absolute(value: datetime) -> str:
    """The local date and time, to the minute, such as `14 Jun 2025, 14:03`."""
    return date_format(timezone.localtime(value), pgettext("date and time format", "j M Y, H:i"))


def relative(value: datetime, now: datetime) -> str:
    """How far `value` lies from `now`, in one unit, such as `3 days ago` or `in 2 hours`."""
    distance = value - now
    if abs(distance) < MOMENT:
        distance = -MOMENT
    # threshold=1: a unit is used from one whole of it on
    return format_timedelta(distance, threshold=1, add_direction=True, locale=get_language() or "en")


def _time(value: datetime, shown: str, beside: str) -> SafeString:
    return format_html(
        '<time class="when" datetime="{}">{} <span class="when__relative">{}</span></time>',
        timezone.localtime(value).isoformat(timespec="seconds"),
        shown,
        beside,
    )
