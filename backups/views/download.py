"""The download of a backup as an export file, as it is offered in the menus."""

from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from accounts.gate import AccountRequest, account_view
from accounts.models import AuditAction, Role
from accounts.services import record
from backups.downloads import Download, DownloadRefused, file_name, open_download
from backups.export_wording import failure_sentence
from backups.exports.options import Format, Options
from backups.exports.refusals import Unwritable
from backups.models import Backup
from backups.queries import row_of
from recipients.jobs import SMALL_LIST
from recipients.masterdata.labels import LANGUAGES, Language

# Pending and failed may change; what is missing or damaged is gone for good.
STATUS: Final = {"pending": 409, "failed": 409, "missing": 410, "damaged": 410, "storage": 503}


@require_GET
@account_view(Role.READER)
def download(
    request: AccountRequest,
    backup_id: UUID,
    format: str,  # noqa: A002 - the word in the address
) -> HttpResponseBase:
    """The backup's export file, whole and verified; a page that says why when it cannot be given out.

    A workbook of many recipients takes long and is made in the background, which a link must not begin: its page asks.
    """
    if format not in get_args(Format):
        raise Http404
    backup, known = backup_or_404(request, backup_id), cast("Format", format)
    if is_made_in_background(known, backup.recipient_count or 0):
        page = reverse("backups:export_options", args=[request.account.pk, backup.pk])
        return redirect(f"{page}?{urlencode({'format': known})}")
    options = Options(language=language_of_page())
    try:
        opened = open_download(backup=backup, form=known, options=options)
    except DownloadRefused as refused:
        return refusal_page(request, backup, refused.code)
    except Unwritable as refused:
        sentence = failure_sentence(refused.code, refused.detail)
        return refusal_page(request, backup, "unwritable", status=422, sentence=sentence)
    return given_out_backup(request, opened, backup=backup, form=known, options=options)


def backup_or_404(request: AccountRequest, backup_id: UUID) -> Any:
    """The backup as the overview lists it."""
    try:
        return row_of(request.account.pk, backup_id)
    except Backup.DoesNotExist as error:
        raise Http404 from error


def is_made_in_background(form: Format, recipients: int) -> bool:
    """Whether a backup's file takes longer than a person waits for: all but workbooks are written as they are sent."""
    return form == "xlsx" and recipients > SMALL_LIST


def refusal_page(
    request: AccountRequest, backup: Any, code: str, *, status: int | None = None, sentence: str = ""
) -> HttpResponse:
    """The page that says why there is no file, and what to do."""
    context = {"backup": backup, "group": backup.group, "code": code, "sentence": sentence}
    return render(request, "backups/download_refused.html", context, status=status or STATUS[code])


def given_out_backup(
    request: AccountRequest, opened: Download, *, backup: Any, form: Format, options: Options
) -> HttpResponseBase:
    """The file of a backup, with its line in the audit trail."""
    detail = {"format": form, "asked_for_at": backup.requested_at.isoformat()}
    return given_out(
        request,
        opened,
        action=AuditAction.BACKUP_DOWNLOADED,
        subject=backup.group_name,
        name=file_name(name=backup.group_name, at=backup.requested_at, form=form),
        content_type=options.content_type(form),
        now=timezone.now(),
        detail=detail,
    )


def given_out(
    request: AccountRequest,
    opened: Download,
    *,
    action: AuditAction,
    subject: str,
    name: str,
    content_type: str,
    now: datetime,
    detail: dict[str, str],
) -> HttpResponseBase:
    """An opened file as an attachment that nobody keeps, once the audit trail says so."""
    with ExitStack() as on_error:
        on_error.callback(opened.close)
        record(
            account_id=request.account.pk,
            actor_id=request.user.pk,
            action=action,
            subject=subject,
            now=now,
            **detail,
        )
        response = StreamingHttpResponse(opened, content_type=content_type)
        on_error.pop_all()
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if opened.length is not None:
        response["Content-Length"] = str(opened.length)
    return response


def language_of_page() -> Language:
    """The language in which the person reads."""
    active = get_language()
    return next((language for language in LANGUAGES if language == active), "en")
