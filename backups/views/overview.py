"""The overview of an account's backups by list and date, one list's backups, and one row that is being made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from backups.forms import BackupFilterForm
from backups.models import Backup
from backups.queries import (
    BackupFilter,
    GroupWithBackups,
    backups_of,
    groups_with_backups,
    last_drill_of,
    listed,
    newest_of_groups,
    row_of,
)
from backups.views.strip import SOON, strip_of
from backups.watch import alerts_of
from backups.watch_wording import alert_in_words
from recipients.models import Group

GROUPS_A_PAGE = 10
NEWEST_OF_A_GROUP = 4
ROWS_A_PAGE = 50


@dataclass(frozen=True)
class Section:
    """A list with the backups that the page shows of it."""

    group: GroupWithBackups
    rows: list[Any]
    count: int  # those that the filter lets through
    query: str  # of the address that shows all of them
    ends_at: datetime | None = None  # when the last backup of a deleted list goes, if that is soon

    @property
    def has_more(self) -> bool:
        """Whether the list has backups that the page does not show."""
        return self.count > len(self.rows)

    @property
    def restorable(self) -> UUID | None:
        """The newest backup on the page that a deleted list can be brought back from."""
        found = (row.pk for row in self.rows if row.status == Backup.Status.COMPLETE and not row.damage)
        return next(found, None)

    @property
    def last(self) -> Any:
        """The backup that goes then; None when the page does not show it, or its file is damaged."""
        return next((row for row in self.rows if row.expires_at == self.ends_at and not row.damage), None)


@require_safe
@account_view(Role.READER)
def overview(request: AccountRequest) -> HttpResponse:
    """All lists by name, each with its newest backups; with one list chosen, all of its backups in pages."""
    account_id = request.account.pk
    now = timezone.now()
    groups = groups_with_backups(account_id)
    chosen = BackupFilterForm(request.GET).chosen()
    shown = [one for one in groups if one.matching(chosen)]
    page: Page[Any]
    if chosen.group_id is None:
        page = Paginator(shown, GROUPS_A_PAGE).get_page(request.GET.get("page"))
        on_page: list[GroupWithBackups] = list(page)
        pks = [one.pk for one in on_page]
        sections = _sections(on_page, newest_of_groups(account_id, pks, chosen, each=NEWEST_OF_A_GROUP), chosen, now)
    else:
        paginator = Paginator(listed(backups_of(account_id).filter(chosen.conditions)), ROWS_A_PAGE)
        paginator.count = sum(one.matching(chosen) for one in shown)  # known; the paginator need not ask
        page = paginator.get_page(request.GET.get("page"))
        sections = [
            Section(group=one, rows=list(page), count=0, query="", ends_at=_ends_soon(one, now)) for one in shown
        ]
    context = {
        "groups": groups,
        "triggers": Backup.Trigger.choices,
        "chosen": chosen,
        "sections": sections,
        "page": page,
        "query": f"{query}&" if (query := _query(chosen)) else "",
        "labels": column_labels(),
        "strip": strip_of(account_id, chosen, now),
        "is_editor": request.membership.may(Role.EDITOR),
        "alerts": [alert_in_words(one) for one in alerts_of(account_id, groups, now=now)],
        "drill": last_drill_of(account_id),
    }
    return render(request, "backups/overview.html", context)


@require_safe
@account_view(Role.READER)
def group(request: AccountRequest, group_id: int) -> HttpResponse:
    """The backups of one list, newest first. A deleted list's stand in the overview."""
    account_id = request.account.pk
    found = get_object_or_404(Group, account_id=account_id, pk=group_id)
    if found.deleted_at is not None:
        return redirect(f"{reverse('backups:overview', args=[account_id])}?{urlencode({'group': group_id})}")
    chosen = BackupFilter(group_id=group_id)
    rows = listed(backups_of(account_id).filter(chosen.conditions))
    context = {
        "group": found,
        "is_editor": request.membership.may(Role.EDITOR),
        "page": Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "labels": column_labels(),
        "strip": strip_of(account_id, chosen, timezone.now()),
    }
    return render(request, "backups/group.html", context)


@require_safe
@account_view(Role.READER)
def row(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """One row of the tables above, which asks for itself again while its backup is being made."""
    try:
        backup = row_of(request.account.pk, backup_id)
    except Backup.DoesNotExist as error:
        raise Http404 from error
    context = {"backup": backup, "labels": column_labels(), "is_editor": request.membership.may(Role.EDITOR)}
    return render(request, "backups/_row.html", context)


def column_labels() -> dict[str, str]:
    """The heads of the table's columns, which a phone repeats in every row, and words that stand in many rows."""
    return {
        "actions": gettext("Actions"),
        "when": gettext("When"),
        "reason": gettext("Reason"),
        "recipients": gettext("Recipients"),
        "compared": gettext("compared with the backup before"),
        "size": gettext("Size"),
        "kept_until": gettext("Kept until"),
        "state": gettext("State"),
        "pinned": gettext("pinned"),
        "being_verified": gettext("being verified"),
        "verified": gettext("verified on"),
        "csv": gettext("Download export file (CSV)"),
        "xlsx": gettext("Download export file (XLSX)"),
        "parquet": gettext("Download export file (Parquet)"),
        "more_formats": gettext("More formats …"),
        "view": pgettext("a backup", "View"),
        "compare": pgettext("a backup", "Compare"),
        "restore": gettext("Restore …"),
        "pin": pgettext("a backup", "Pin"),
        "unpin": pgettext("a backup", "Unpin"),
        "verify": gettext("Verify now"),
    }


def _sections(
    groups: Iterable[GroupWithBackups], rows: Iterable[Any], chosen: BackupFilter, now: datetime
) -> list[Section]:
    by_group: dict[int, list[Any]] = {}
    for backup in rows:
        by_group.setdefault(backup.group_id, []).append(backup)
    return [
        Section(
            group=one,
            rows=by_group.get(one.pk, []),
            count=one.matching(chosen),
            query=_query(BackupFilter(group_id=one.pk, trigger=chosen.trigger)),
            ends_at=_ends_soon(one, now),
        )
        for one in groups
    ]


def _ends_soon(group: GroupWithBackups, now: datetime) -> datetime | None:
    """When the last backup of a deleted list goes, from some days before; None when that is far, or one is pinned."""
    ends_at = group.last_ends_at
    return ends_at if group.deleted and not group.pinned and ends_at is not None and ends_at - now < SOON else None


def _query(chosen: BackupFilter) -> str:
    """The filter as an address's query."""
    parts = {"group": chosen.group_id, "trigger": chosen.trigger}
    return urlencode({name: value for name, value in parts.items() if value})
