"""An import from its start to its report: progress, cancelling."""

import uuid
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.confirming import cancel_import
from imports.models import Import
from imports.progress import hitch_of, steps_of
from imports.queries import LARGE_COLUMNS
from imports.report_page import ReportPage
from imports.restore_page import RestoreReport
from imports.views.places import IN_PREVIEW, asks_again, to_place
from imports.views.rejects import REJECTED_SHOWN, rejected_rows

NOT_SHOWN: Final = [name for name in LARGE_COLUMNS if name != "preview"]


@require_safe
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def run(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Progress while the import runs, then its report; htmx gets the part that changes."""
    found = get_object_or_404(
        Import.objects.select_related("group__account", "requested_by", "undoes").defer(*NOT_SHOWN),
        account=request.account,
        pk=import_id,
    )
    if found.status in IN_PREVIEW:
        return to_place(request, found)
    context = {
        "run": found,
        "group": found.group,
        "may_edit": request.membership.may(Role.EDITOR),
        "steps": steps_of(found) if found.is_running else [],
        "hitch": _hitch(request, found),
        "page": _report_of(found) if found.status == Import.Status.DONE else None,
        "rejected": rejected_rows(found),
        "rejected_shown": REJECTED_SHOWN,
    }
    part = request.htmx.target == "run"  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return render(request, "imports/_run.html" if part else "imports/run.html", context)


def _report_of(found: Import) -> ReportPage:
    return ReportPage(found) if found.kind == Import.Kind.FILE else RestoreReport(found)


def _hitch(request: AccountRequest, found: Import) -> str:
    return hitch_of(found, now=timezone.now(), asked_again=asks_again(request)) if found.is_running else ""


@require_POST
@account_view(Role.EDITOR)
def cancel(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Ends an import that has changed nothing yet, or discards a draft."""
    found = get_object_or_404(Import.objects.select_related("group"), account=request.account, pk=import_id)
    if not cancel_import(run=found, actor=request.user, now=timezone.now()):
        messages.warning(request, _("The import had ended before it could be cancelled."))
    return redirect("imports:run", request.account.pk, found.pk)
