"""An import from its start to its report: progress, cancelling, rejected rows."""

import logging
import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.confirming import cancel_import
from imports.models import Import
from imports.progress import steps_of
from imports.queries import LARGE_COLUMNS
from imports.rejected import RejectedRow, first_rejected, rejected_csv
from recipients.storage import FAILURES

logger = logging.getLogger(__name__)

REJECTED_SHOWN = 50


@require_safe
@account_view(Role.READER)
def run(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Progress while the import runs, then its report; htmx gets the part that changes."""
    found = get_object_or_404(
        Import.objects.select_related("group__account", "requested_by").defer(*LARGE_COLUMNS),
        account=request.account,
        pk=import_id,
    )
    context = {
        "run": found,
        "group": found.group,
        "may_edit": request.membership.may(Role.EDITOR),
        "steps": steps_of(found) if found.is_running else [],
        "rejected": _rejected(found),
        "mostly_rejected": 2 * found.report.get("rejected", 0) > found.report.get("rows", 0),
        "rejected_shown": REJECTED_SHOWN,
    }
    part = request.htmx.target == "run"  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return render(request, "imports/_run.html" if part else "imports/run.html", context)


def _rejected(found: Import) -> list[RejectedRow] | None:
    """The first rejected rows; None when their file cannot be had, which must not hide the report."""
    if not found.report.get("rejected") or not found.rejected_key or found.is_running:
        return []
    try:
        return first_rejected(found, REJECTED_SHOWN)
    except FAILURES:
        logger.exception("the rejected rows of import %s cannot be read", found.pk)
        return None


@require_POST
@account_view(Role.EDITOR)
def cancel(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Ends an import that has changed nothing yet, or discards a draft."""
    found = get_object_or_404(Import.objects.select_related("group"), account=request.account, pk=import_id)
    if not cancel_import(run=found, actor=request.user, now=timezone.now()):
        messages.warning(request, _("The import had ended before it could be cancelled."))
    return redirect("imports:run", request.account.pk, found.pk)


@require_GET
@account_view(Role.READER)
def rejected(request: AccountRequest, import_id: uuid.UUID) -> HttpResponseBase:
    """The rejected rows as a CSV file."""
    found = get_object_or_404(Import, account=request.account, pk=import_id)
    if not found.rejected_key:
        raise Http404
    try:
        content = rejected_csv(found)
    except FileNotFoundError as error:
        raise Http404 from error
    name = _("rejected rows of %(file)s.csv") % {"file": found.file_name.rpartition(".")[0] or found.file_name}
    return StreamingHttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"},
    )
