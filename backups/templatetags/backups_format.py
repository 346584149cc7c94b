"""How a backup looks in a table: `{% load backups_format %}`. Takes rows as `backups.queries.listed` gives them."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from heroicons.templatetags.heroicons import heroicon_micro

from accounts.templatetags.listkeep_format import absolute, isolated
from backups import export_wording, wording
from backups.models import Backup

register = template.Library()

DAY = timedelta(days=1)
ANY = UUID(int=0)  # stands for a backup in an address


@register.simple_tag
@cache
def icon(name: str) -> str:
    """A small sign without words; drawn once, because a page of backups has hundreds."""
    return heroicon_micro(name, aria_hidden="true")


@register.simple_tag
def backup_url(name: str, backup: Any, *more: str) -> str:
    """As `{% url %}`, for the pages of one backup; looked up once, because a page of backups has hundreds."""
    return _pattern(name, backup.account_id, more, get_script_prefix()).replace(str(ANY), str(backup.pk))


@lru_cache(maxsize=1024)
def _pattern(name: str, account_id: int, more: tuple[str, ...], _script_prefix: str) -> str:
    return reverse(f"backups:{name}", args=[account_id, ANY, *more])


@register.filter
def moment(value: datetime) -> str:
    """A time to the minute, without the relative one beside it."""
    return absolute(value)


@register.filter
def actions_name(backup: Any) -> str:
    """What the menu of a backup is called by those who do not see where it stands."""
    about = {"name": isolated(backup.group_name), "at": absolute(backup.requested_at)}
    return gettext("Actions for the backup of “%(name)s”, %(at)s") % about


@register.filter
def difference(backup: Any) -> str:
    """How many recipients more or fewer than in the backup before, with its sign; empty for the first backup."""
    if backup.previous_count is None or backup.recipient_count is None:
        return ""
    change = backup.recipient_count - backup.previous_count
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else "\N{PLUS-MINUS SIGN}"
    return f"{sign}{number_format(abs(change), force_grouping=True)}"


@register.filter
def time_left(backup: Any) -> str:
    """How long a complete backup is still kept: the days from today to the date that stands beside it."""
    now = timezone.now()
    if backup.expires_at - now < DAY:
        return gettext("less than a day left")
    days = (timezone.localdate(backup.expires_at) - timezone.localdate(now)).days
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}


@register.filter
def failure_sentence(backup: Any) -> str:
    """Why a backup failed, what that means, and the next step."""
    return wording.failure_sentence(backup)


@register.filter
def damage_sentence(backup: Any) -> str:
    """What is wrong with a backup's file, and the next step."""
    return wording.damage_sentence(backup)


@register.filter
def pinned_by(backup: Any) -> str:
    """The person who pinned it; empty when they are gone."""
    return _by(backup.pinned_by)


@register.filter
def attempt_sentence(backup: Any) -> str:
    """Why a pending backup is tried again; empty when it is at its first attempt."""
    return wording.attempt_sentence(backup)


@register.filter
def reason(backup: Any) -> str:
    """What a backup was made before, or why else."""
    if backup.trigger == Backup.Trigger.IMPORT:
        return gettext("Import of %(file)s") % {"file": backup.label}
    if backup.trigger == Backup.Trigger.FIELD_DELETION and backup.label:
        return gettext("Field “%(field)s” deleted") % {"field": backup.label}
    return str(backup.get_trigger_display())


@register.filter
def asked_by(backup: Any) -> str:
    """The person who imported, deleted or asked for it; empty when they are gone, and for a daily one."""
    return _by(backup.requested_by)


def _by(person: Any) -> str:
    return "" if person is None else gettext("by %(person)s") % {"person": person.get_full_name() or person.email}


@register.filter
def export_format(export: Any) -> str:
    """The format of an export in short."""
    return str(export_wording.SHORT_FORMATS.get(export.format, export.format))


@register.filter
def export_failure(export: Any) -> str:
    """Why an export failed, and the next step."""
    return export_wording.failure_sentence(export.failure, export.failure_detail)


@register.filter
def export_attempt(export: Any) -> str:
    """Why a pending export is tried again; empty when it is at its first attempt."""
    return export_wording.attempt_sentence(export.failure)
