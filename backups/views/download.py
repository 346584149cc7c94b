"""The download of a backup as an export file."""

from contextlib import ExitStack
from typing import Final, cast, get_args
from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from accounts.gate import AccountRequest, account_view
from accounts.models import AuditAction, Role
from accounts.services import record
from backups.downloads import CONTENT_TYPES, DownloadRefused, Format, file_name, open_download
from backups.models import Backup
from backups.queries import row_of
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
    """The backup's export file, whole and verified; a page that says why when it cannot be given out."""
    if format not in get_args(Format):
        raise Http404
    try:
        backup: Backup = row_of(request.account.pk, backup_id)
    except Backup.DoesNotExist as error:
        raise Http404 from error
    known = cast("Format", format)
    try:
        opened = open_download(backup=backup, form=known, language=_language())
    except DownloadRefused as refused:
        context = {"backup": backup, "group": backup.group, "code": refused.code}
        return render(request, "backups/download_refused.html", context, status=STATUS[refused.code])
    with ExitStack() as on_error:
        on_error.callback(opened.close)
        record(
            account_id=request.account.pk,
            actor_id=request.user.pk,
            action=AuditAction.BACKUP_DOWNLOADED,
            subject=backup.group_name,
            now=timezone.now(),
            format=known,
            asked_for_at=backup.requested_at.isoformat(),
        )
        response = StreamingHttpResponse(opened, content_type=CONTENT_TYPES[known])
        on_error.pop_all()
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=file_name(backup=backup, form=known)
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if opened.length is not None:
        response["Content-Length"] = str(opened.length)
    return response


def _language() -> Language:
    active = get_language()
    return next((language for language in LANGUAGES if language == active), "en")
