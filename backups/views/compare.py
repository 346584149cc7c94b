"""What has changed since a backup: counts, then rows, and all of it as a file."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import AuditAction, Role
from backups.comparison_wording import KINDS, field_label, field_labels, field_notes, headers, shown_text
from backups.comparisons import (
    Changes,
    Sides,
    folder_of,
    folder_of_small,
    last_comparison,
    others_of,
    read_changes,
    request_comparison,
    sides_of,
)
from backups.difference_csv import difference_chunks
from backups.difference_file import Figures, Kind, read_figures
from backups.downloads import Download, DownloadRefused, ListKeepsChanging, file_name
from backups.export_wording import attempt_sentence, failure_sentence
from backups.forms import ComparisonForm
from backups.models import Backup, Export
from backups.row_store import RowStore
from backups.viewing import PAGE
from backups.views.download import backup_or_404, given_out, language_of_page, refusal_page

OTHERS_SHOWN: Final = 200  # backups to choose from


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.READER)
def compare(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """What has changed since the backup; POST has large lists compared by a worker."""
    backup, form, sides = _asked(request, backup_id)
    if sides is None:
        return refusal_page(request, backup, str(backup.status))
    if request.method == "POST":
        if not sides.is_small and not _is_known(sides):
            request_comparison(sides=sides, actor=request.user, now=timezone.now())
        return redirect(f"{reverse('backups:compare', args=[request.account.pk, backup.pk])}?{_query(form)}")
    context = {
        "backup": backup,
        "group": sides.group,
        "sides": sides,
        "form": form,
        "others": _others(backup),
        "query_of_sides": _query(form),
        "is_editor": request.membership.may(Role.EDITOR),
    }
    try:
        context |= _state(sides, form)
    except DownloadRefused as refused:
        return refusal_page(request, backup, refused.code)
    except OSError:
        return refusal_page(request, backup, "storage")
    return render(request, "backups/compare.html", context)


@require_GET
@account_view(Role.READER)
def file(request: AccountRequest, backup_id: UUID) -> HttpResponseBase:
    """All differences as a CSV file; back to the page where there are none to be had."""
    backup, form, sides = _asked(request, backup_id)
    if sides is None:
        return refusal_page(request, backup, str(backup.status))
    now = timezone.now()
    try:
        folder = None if _is_known(sides) else _folder(sides, last_comparison(sides, now=now))
    except DownloadRefused as refused:
        return refusal_page(request, backup, refused.code)
    except (OSError, ListKeepsChanging):
        return refusal_page(request, backup, "storage")
    if folder is None:
        return redirect(f"{reverse('backups:compare', args=[request.account.pk, backup.pk])}?{_query(form)}")
    with ExitStack() as opened:
        store = opened.enter_context(RowStore(folder))
        chunks = difference_chunks(
            store,
            headers=headers(),
            kinds={kind: str(word) for kind, word in KINDS.items()},
            labels=field_labels(read_figures(store.parquet)),
            language=language_of_page(),
        )
        download = Download(opened=opened.pop_all(), chunks=chunks, length=None)
    return given_out(
        request,
        download,
        action=AuditAction.COMPARISON_DOWNLOADED,
        subject=backup.group_name,
        name=file_name(name=backup.group_name, at=sides.before.requested_at, form="csv"),
        content_type="text/csv; charset=utf-8",
        now=now,
        detail={
            "since": sides.before.requested_at.isoformat(),
            "until": "today" if sides.after is None else sides.after.requested_at.isoformat(),
        },
    )


def _asked(request: AccountRequest, backup_id: UUID) -> tuple[Any, ComparisonForm, Sides | None]:
    """The backup, what is asked of it, and what it is compared with; None when the backup is not complete."""
    backup = backup_or_404(request, backup_id)
    form = ComparisonForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise Http404
    if backup.status != Backup.Status.COMPLETE:
        return backup, form, None
    try:
        return backup, form, sides_of(backup=backup, other=form.other())
    except Backup.DoesNotExist as error:
        raise Http404 from error


def _is_known(sides: Sides) -> bool:
    """Whether nothing need be read: nothing has changed, or there is nothing to compare with."""
    return sides.is_unchanged or (sides.after is None and sides.group.deleted_at is not None)


def _others(backup: Any) -> list[Any]:
    """The backups to choose from, newest first."""
    return list(others_of(backup).exclude(pk=backup.pk).order_by("-requested_at", "pk")[:OTHERS_SHOWN])


def _state(sides: Sides, form: ComparisonForm) -> dict[str, Any]:
    """What the page shows below the choice. `state` names it."""
    export = None if sides.is_small or _is_known(sides) else last_comparison(sides, now=timezone.now())
    waiting = _waiting(sides, export)
    if waiting:
        return waiting
    try:
        folder = _folder(sides, export)
    except ListKeepsChanging:
        return {"state": "changing"}
    if folder is None:
        return {"state": "ask"}
    changes = read_changes(
        folder,
        kind=form.chosen_kind(),
        field=form.cleaned_data["field"],
        page=form.cleaned_data["page"] or 1,
    )
    return {"state": "compared", **_compared(sides, form, changes)}


def _waiting(sides: Sides, export: Any) -> dict[str, Any]:
    """The state in which nothing is read; empty when the differences are there, or can be had at once."""
    if sides.after is None and sides.group.deleted_at is not None:
        return {"state": "deleted"}
    if sides.is_unchanged:
        return {"state": "unchanged"}
    if export is not None and export.status == Export.Status.PENDING:
        return {"state": "pending", "export": export, "attempt": attempt_sentence(export.failure)}
    if export is not None and export.status != Export.Status.COMPLETE:
        return {"state": "failed", "reason": failure_sentence(export.failure, export.failure_detail)}
    return {}


def _folder(sides: Sides, export: Export | None) -> Path | None:
    """Where the differences are; None when a worker has not made them."""
    if sides.is_small:
        return folder_of_small(sides, now=timezone.now())
    return folder_of(export) if export is not None and export.status == Export.Status.COMPLETE else None


def _compared(sides: Sides, form: ComparisonForm, changes: Changes) -> dict[str, Any]:
    figures = changes.figures
    fields = {field.key: field for field in figures.fields}
    rows = []
    for row in changes.rows:
        field = fields.get(row["field"] or "")
        rows.append(
            {
                "email": row["email"],
                "kind": row["kind"],
                "word": KINDS[Kind(row["kind"] or "")],
                "field": field_label(field) if field else "",
                "before": shown_text(field, row["before"], field.type_before) if field else "",
                "after": shown_text(field, row["after"], field.type_after) if field else "",
            }
        )
    return {
        "figures": figures,
        "total": changes.total,
        "rows": rows,
        "notes": list(field_notes(figures)),
        "fields": [
            (field.key, field_label(field), field.count, field.is_account_wide, _query(form, field=field.key))
            for field in figures.fields
            if field.count
        ],
        "kinds": [(kind.value, word, _query(form, kind=kind.value)) for kind, word in KINDS.items()],
        "page": Paginator(range(changes.total), PAGE).get_page(changes.page),
        "query": f"{_query(form, kind=form.cleaned_data['kind'], field=form.cleaned_data['field'])}&",
        "is_outdated": sides.after is None and sides.group.revision != figures.revision_after,
        "taken_at": _moment(figures),
        "headers": headers(),
    }


def _moment(figures: Figures) -> datetime | None:
    return datetime.fromisoformat(figures.taken_after) if figures.taken_after else None


def _query(form: ComparisonForm, *, kind: str = "", field: str = "") -> str:
    """The address's query for these sides, with another filter."""
    parts = {"with": form.cleaned_data["with"], "kind": kind, "field": field}
    return urlencode({name: value for name, value in parts.items() if value})
