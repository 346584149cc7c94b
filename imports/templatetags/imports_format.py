"""How imports are told in pages, in the reader's language: `{% load imports_format %}`."""

from datetime import datetime, timedelta
from typing import Final

from babel.units import format_unit
from django import template
from django.utils.translation import get_language, ngettext

from imports.figures import deed, shown
from imports.models import Import
from imports.report_page import choices_of
from imports.restore_wording import restore_failure_sentence, way_of
from imports.restoring import wish_of
from imports.wording import failure_sentence, reason_label, unreadable_sentence
from recipients.masterdata.options import Mode

register = template.Library()

BADGES: Final = {
    Import.Status.DONE: "good",
    Import.Status.FAILED: "danger",
    Import.Status.PREVIEWING: "accent",
    Import.Status.PREVIEWED: "accent",
    Import.Status.READING: "accent",
    Import.Status.WAITING: "accent",
    Import.Status.APPLYING: "accent",
}


@register.filter
def duration(run: Import) -> str:
    """How long an ended import took, such as `0.8 seconds` or `2 minutes 5 seconds`; a dash when it never started."""
    if run.confirmed_at is None or run.finished_at is None:
        return "–"
    return spelled_out(run.finished_at - run.confirmed_at)


def spelled_out(passed: timedelta) -> str:
    """A time in minutes and seconds, below ten seconds with a tenth."""
    locale = get_language() or "en"
    seconds = passed.total_seconds()
    if seconds < 10:
        return format_unit(round(seconds, 1), "second", locale=locale)
    minutes, rest = divmod(round(seconds), 60)
    parts = [(minutes, "minute"), (rest, "second")]
    return " ".join(format_unit(number, unit, locale=locale) for number, unit in parts if number)


@register.filter
def reason(code: str) -> str:
    """Why a row was rejected."""
    return reason_label(code)


@register.filter
def failure(run: Import) -> str:
    """Why an import failed, and what to do."""
    detail = run.failure_detail
    if run.kind != Import.Kind.FILE:
        return restore_failure_sentence(run.failure, label=detail.get("label", ""))
    sentence = failure_sentence(run.failure, label=detail.get("label", ""))
    if run.failure == "unreadable" and "problem" in detail:
        problem = unreadable_sentence(
            detail["problem"], line=detail.get("line"), column=detail.get("column"), about=detail.get("about", "")
        )
        return f"{sentence} {problem}"
    return sentence


@register.filter
def taken_away(run: Import) -> str:
    """How many people a done import deleted or deactivated, in a sentence; empty for imports that do neither."""
    mode = Mode(run.mode)
    if run.status != Import.Status.DONE or mode.adds or mode.updates:
        return ""
    return deed(mode, run.report)


@register.filter
def removed_too(run: Import) -> str:
    """How many people a done restore or undo removed, in a sentence; empty when it removed none, and for files."""
    removed = int(run.report.get("removed", 0))
    if run.kind == Import.Kind.FILE or run.status != Import.Status.DONE or not removed:
        return ""
    words = ngettext("%(removed)s recipient was removed.", "%(removed)s recipients were removed.", removed)
    return words % {"removed": shown(removed)}


@register.filter
def what(run: Import) -> str:
    """What a run does: the mode of an import, the kind of a restore."""
    return run.get_mode_display() if run.kind == Import.Kind.FILE else way_of(run)


@register.filter
def taken_at(run: Import) -> datetime | None:
    """When the backup of a restore was asked for."""
    return wish_of(run).taken_at


@register.filter
def choices(run: Import) -> list[str]:
    """What was chosen beside the mode."""
    return choices_of(run)


@register.filter
def badge(run: Import) -> str:
    """The kind of badge that an import's state has."""
    return BADGES.get(Import.Status(run.status), "")


@register.filter
def by_number(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Counted things, the most frequent first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
