"""My Account > Settings > Closing: what every member should know, and the file with everything for owners."""

from contextlib import ExitStack
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import AuditAction, Role
from backups.closing import Status, closure_of, export_anew
from backups.downloads import Download, DownloadRefused, StorageUnavailable, opened_file
from backups.views.download import given_out
from recipients.storage import discard

ZIP: Final = "application/zip"
DOWNLOADABLE: Final = (Status.WAITING, Status.VERIFYING)


@require_safe
@account_view(Role.READER)
def closing(request: AccountRequest) -> HttpResponse:
    """Whether and when the account will be deleted; owners find the file here."""
    closure = closure_of(request.account.pk)
    context = {
        "closure": closure,
        "is_downloadable": closure is not None and closure.status in DOWNLOADABLE,
        "is_owner": request.membership.may(Role.OWNER),
    }
    return render(request, "backups/closing/page.html", context)


@require_GET
@account_view(Role.OWNER)
def file(request: AccountRequest) -> HttpResponseBase:
    """The file with everything that the account has; back to the page, with the reason, when it is not there."""
    closure = closure_of(request.account.pk)
    if closure is None or closure.status not in DOWNLOADABLE:
        messages.error(request, _("The file is not there yet. You get a mail when it is."))
        return redirect("backups:closing", request.account.pk)
    with ExitStack() as opened:
        try:
            download: Download = opened_file(key=closure.file_key, sha256=closure.sha256, size=closure.size or 0)
        except StorageUnavailable:
            messages.error(request, _("The place where files are kept could not be reached. Try again later."))
            return redirect("backups:closing", request.account.pk)
        except DownloadRefused:
            _have_it_made_anew(request, closure)
            return redirect("backups:closing", request.account.pk)
        opened.callback(download.close)
        response = given_out(
            request,
            download,
            action=AuditAction.ACCOUNT_EXPORT_DOWNLOADED,
            subject=closure.file_name,
            name=closure.file_name,
            content_type=ZIP,
            now=timezone.now(),
            detail={"format": "zip"},
        )
        opened.pop_all()
    return response


def _have_it_made_anew(request: AccountRequest, closure: Any) -> None:
    """Storage has lost the file, or has another one: nothing is deleted before there is a whole one again."""
    if export_anew(closure=closure, code="file_changed", status__in=DOWNLOADABLE):
        transaction.on_commit(lambda: discard("backups", closure.file_key))
    messages.error(
        request,
        _("The file was damaged in storage and is not given out. It is made anew, and the 30 days begin anew with it."),
    )
