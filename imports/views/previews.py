"""The preview of an import: what it would do, and the person's decision."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.confirming import CannotImport, confirm_import, preview_again, reopen_draft
from imports.models import Import
from imports.preview_page import PreviewPage, plan_mark
from imports.progress import hitch_of, preview_steps_of
from imports.reading import fields_of_run
from imports.readmission import preview_readmitting
from imports.restore_page import RestorePage
from imports.views.places import IN_PREVIEW, asks_again, to_place
from imports.views.rejects import REJECTED_SHOWN, rejected_rows
from imports.wording import cannot_import_sentence
from recipients.queries import groups_of


@require_safe
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def preview(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Progress while the preview is made, then the preview; htmx gets the part that changes."""
    run = _found(request, import_id)
    if run.status not in IN_PREVIEW:
        return to_place(request, run)
    context = {
        "run": run,
        "group": run.group,
        "may_edit": request.membership.may(Role.EDITOR),
        "mark": plan_mark(run),
    }
    if run.status == Import.Status.PREVIEWING:
        hitch = hitch_of(run, now=timezone.now(), asked_again=asks_again(request))
        context |= {"steps": preview_steps_of(run), "hitch": hitch}
    else:
        others_see = groups_of(request.account.pk).exclude(pk=run.group_id).exists()
        context |= {
            "page": page_of(run)(run, fields=fields_of_run(run), others_see=others_see),
            "rejected": rejected_rows(run),
            "rejected_shown": REJECTED_SHOWN,
        }
    part = request.htmx.target == "preview"  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return render(request, "imports/_preview.html" if part else "imports/preview.html", context)


@require_POST
@account_view(Role.EDITOR)
def again(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Makes the preview anew; with `reactivate` people are turned active again who signed up later."""
    run = _found(request, import_id)
    preview_again(run=run, reactivate="reactivate" in request.POST)
    return _to_its_place(request, run)


@require_POST
@account_view(Role.EDITOR)
def readmit(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Makes the preview anew; with `readmit` people are let in again who were erased on request."""
    run = _found(request, import_id)
    preview_readmitting(run=run, wanted="readmit" in request.POST)
    return _to_its_place(request, run)


@require_POST
@account_view(Role.EDITOR)
def confirm(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Starts the import as it was previewed, or without waiting for its preview; `mark` says what the person saw."""
    run = _found(request, import_id)
    if run.status in IN_PREVIEW and request.POST.get("mark") != plan_mark(run):
        messages.warning(request, _("This import was changed in another window. Look at it again before you start it."))
    elif run.status in IN_PREVIEW:
        try:
            confirm_import(run=run, actor=request.user, now=timezone.now())
        except CannotImport as error:
            messages.error(request, cannot_import_sentence(error.code))
    return _to_its_place(request, run)


@require_POST
@account_view(Role.EDITOR)
def back(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Back to the mapping, as it was filled in."""
    run = _found(request, import_id)
    reopen_draft(run=run)
    return _to_its_place(request, run)


def _found(request: AccountRequest, import_id: uuid.UUID) -> Import:
    found: Import = get_object_or_404(
        Import.objects.select_related("group__account").defer("sniffed"), account=request.account, pk=import_id
    )
    return found


def page_of(run: Import) -> type[PreviewPage]:
    """What shows the preview of such a run."""
    return PreviewPage if run.kind == Import.Kind.FILE else RestorePage


def _to_its_place(request: AccountRequest, run: Import) -> HttpResponse:
    """Lead to where the import is, whoever brought it there."""
    run.refresh_from_db(fields=["status"])
    return to_place(request, run)
