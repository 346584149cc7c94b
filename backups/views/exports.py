"""The export page of a backup and of a list: form, the files that are being made, and the files themselves."""

from contextlib import ExitStack
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import AuditAction, Role
from backups.downloads import (
    Download,
    DownloadRefused,
    ListKeepsChanging,
    file_name,
    open_download,
    open_group_download,
    opened_file,
)
from backups.export_forms import ExportForm, initial_of
from backups.export_wording import failure_sentence
from backups.exporting import cancel_export, exports_of, request_export
from backups.exports.options import CONTENT_TYPES, Options
from backups.exports.refusals import TooManyRows, Unwritable
from backups.models import Backup, Export
from backups.views.download import (
    backup_or_404,
    given_out,
    given_out_backup,
    is_made_in_background,
    language_of_page,
    refusal_page,
)
from recipients.jobs import SMALL_LIST
from recipients.views.access import group_or_404

READ_OR_SEND: Final = ["GET", "HEAD", "POST"]
REMEMBERED: Final = "export"  # in the session: what was chosen last
SHOWN: Final = 20  # exports on a page; older ones are gone within a day
ABOUT: Final = {"not_in_encoding": "encoding"}  # the field that a refusal is about; else the format
CODES: Final = {"missing": "file_missing", "damaged": "file_damaged", "storage": "storage_unavailable"}


@require_http_methods(READ_OR_SEND)
@account_view(Role.READER)
def backup(request: AccountRequest, backup_id: UUID) -> HttpResponseBase:
    """How a backup is to be exported; sends the file, or has it made."""
    found = backup_or_404(request, backup_id)
    if found.status != Backup.Status.COMPLETE:
        return refusal_page(request, found, str(found.status))
    form = _form(request)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, found.group, found)
    if is_made_in_background(form.form, found.recipient_count):
        return _asked_for(request, form, found.group, found, found.recipient_count)
    options = form.options()
    try:
        opened = open_download(backup=found, form=form.form, options=options)
    except DownloadRefused as refused:
        return refusal_page(request, found, refused.code)
    except Unwritable as refused:
        _say_why(form, refused)
        return _page(request, form, found.group, found)
    _remember(request, form)
    return given_out_backup(request, opened, backup=found, form=form.form, options=options)


@require_http_methods(READ_OR_SEND)
@account_view(Role.READER)
def group(request: AccountRequest, group_id: int) -> HttpResponseBase:
    """How a list is to be exported as it is now; sends the file, or has it made."""
    found = group_or_404(request, group_id)
    form = _form(request)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, found, None)
    if found.recipient_count > SMALL_LIST:
        return _asked_for(request, form, found, None, found.recipient_count)
    now = timezone.now()
    try:
        opened = open_group_download(group=found, form=form.form, options=form.options(), now=now)
    except ListKeepsChanging:
        return _asked_for(request, form, found, None, found.recipient_count)
    except Unwritable as refused:
        _say_why(form, refused)
        return _page(request, form, found, None)
    _remember(request, form)
    return given_out(
        request,
        opened,
        action=AuditAction.GROUP_EXPORTED,
        subject=found.name,
        name=file_name(name=found.name, at=now, form=form.form),
        content_type=form.options().content_type(form.form),
        now=now,
        detail={"format": form.form},
    )


@require_safe
@account_view(Role.READER)
def row(request: AccountRequest, export_id: UUID) -> HttpResponse:
    """One line of the table of exports, which asks for itself again while its file is being made."""
    return render(request, "backups/_export_row.html", {"export": _mine_or_404(request, export_id)})


@require_POST
@account_view(Role.READER)
def cancel(request: AccountRequest, export_id: UUID) -> HttpResponse:
    """Ends an export that is being made."""
    export = _mine_or_404(request, export_id)
    if cancel_export(export=export):
        messages.success(request, _("The export is cancelled. No file is made."))
    return redirect(_place_of(export))


@require_GET
@account_view(Role.READER)
def file(request: AccountRequest, export_id: UUID) -> HttpResponseBase:
    """The file of a complete export; back to the page, with the reason, when it is not there."""
    export = _mine_or_404(request, export_id)
    if export.status != Export.Status.COMPLETE or export.expires_at <= timezone.now():
        messages.error(request, _("This file is not there any more. Export it again."))
        return redirect(_place_of(export))
    with ExitStack() as opened:
        try:
            download: Download = opened_file(key=export.file_key, sha256=export.sha256, size=export.size)
        except DownloadRefused as refused:
            messages.error(request, failure_sentence(CODES[refused.code], {}))
            return redirect(_place_of(export))
        opened.callback(download.close)
        response = _given_out_export(request, export, download)
        opened.pop_all()
    return response


def _given_out_export(request: AccountRequest, export: Any, opened: Download) -> HttpResponseBase:
    form = export.file_name.rpartition(".")[2]
    is_csv = form == "csv" and "encoding" in export.options
    detail = {"format": export.format}
    if export.backup is not None:
        detail["asked_for_at"] = export.backup.requested_at.isoformat()
    action = AuditAction.GROUP_EXPORTED if export.backup is None else AuditAction.BACKUP_DOWNLOADED
    return given_out(
        request,
        opened,
        action=action,
        subject=export.group.name if export.backup is None else export.backup.group_name,
        name=export.file_name,
        content_type=Options.from_json(export.options).content_type("csv") if is_csv else CONTENT_TYPES[form],
        now=timezone.now(),
        detail=detail,
    )


def _mine_or_404(request: AccountRequest, export_id: UUID) -> Any:
    """An export that this person has asked for."""
    found = Export.objects.select_related("group", "backup")
    return get_object_or_404(found, account_id=request.account.pk, pk=export_id, requested_by=request.user)


def _form(request: AccountRequest) -> ExportForm:
    remembered = request.session.get(REMEMBERED, {})
    initial = initial_of(remembered, form=request.GET.get("format", ""), language=language_of_page())
    return ExportForm(request.POST if request.method == "POST" else None, initial=initial)


def _remember(request: AccountRequest, form: ExportForm) -> None:
    """Offer the choice again next time: to be called once it is known that it can be."""
    request.session[REMEMBERED] = {"format": form.form, **form.options().to_json()}


def _say_why(form: ExportForm, refused: Unwritable) -> None:
    """Say beside the choice why it cannot be."""
    form.add_error(ABOUT.get(refused.code, "format"), failure_sentence(refused.code, refused.detail))


def _asked_for(
    request: AccountRequest, form: ExportForm, group: Any, backup: Any | None, recipients: int
) -> HttpResponse:
    """Have the file made in the background, and show how it goes."""
    try:
        export = request_export(
            group=group,
            backup=backup,
            form=form.form,
            options=form.options().to_json(),
            recipients=recipients,
            actor=request.user,
            now=timezone.now(),
        )
    except TooManyRows as refused:
        _say_why(form, refused)
        return _page(request, form, group, backup)
    _remember(request, form)
    return redirect(_place_of(export))


def _place_of(export: Any) -> str:
    """Where an export stands."""
    if export.backup_id is None:
        page = reverse("backups:export_group", args=[export.account_id, export.group_id])
    else:
        page = reverse("backups:export_options", args=[export.account_id, export.backup_id])
    return f"{page}#export-{export.pk}"


def _page(request: AccountRequest, form: ExportForm, group: Any, backup: Any | None) -> HttpResponse:
    context = {
        "form": form,
        "group": group,
        "backup": backup,
        "exports": exports_of(actor=request.user, group=group)[:SHOWN],
        "is_large": (group.recipient_count if backup is None else backup.recipient_count) > SMALL_LIST,
    }
    return render(request, "backups/export.html", context, status=422 if form.errors else 200)
