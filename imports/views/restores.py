"""The choices in the preview of a restore or an undo, and the list of those whom an undo leaves as they are."""

import csv
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pyarrow.parquet as pq
from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts.formula_guard import guard
from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.models import Import
from imports.preview_page import plan_mark
from imports.restore_runs import change_wish
from imports.restore_wording import KEPT_REASONS
from imports.restoring import wish_of
from imports.views.places import IN_PREVIEW, to_place
from recipients.storage import local_copy


@require_POST
@account_view(Role.EDITOR)
def choose(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Makes the preview anew: with `exact_status` as in the backup, with `take_changed` who changed since too."""
    run = _found(request, import_id)
    if run.status in IN_PREVIEW and request.POST.get("mark") != plan_mark(run):
        messages.warning(
            request, _("This restore was changed in another window. Look at it again before you start it.")
        )
    elif run.status in IN_PREVIEW:
        wish = replace(
            wish_of(run),
            exact_status="exact_status" in request.POST,
            take_changed="take_changed" in request.POST,
        )
        change_wish(run=run, wish=wish)
    run.refresh_from_db(fields=["status"])
    return to_place(request, run)


@require_safe
@account_view(Role.READER)
def kept(request: AccountRequest, import_id: uuid.UUID) -> HttpResponseBase:
    """Whom an undo leaves as they are, with the reason, as a CSV file for a spreadsheet program."""
    run = _found(request, import_id)
    if not run.kept_key:
        raise Http404
    with ExitStack() as on_error:
        try:
            path = on_error.enter_context(local_copy("imports", run.kept_key))
        except FileNotFoundError as error:
            raise Http404 from error
        rows = on_error.enter_context(pq.ParquetFile(path))
        response = StreamingHttpResponse(_lines(rows, on_error.pop_all()), content_type="text/csv; charset=utf-8")
    name = _("kept as they are") + ".csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response


class _Line:
    """What csv writes a row to: gives it back."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: pq.ParquetFile, opened: ExitStack) -> Iterator[bytes]:
    """The lines of the file; what is open is closed with them."""
    writer = csv.writer(_Line(), delimiter=";")
    with opened:
        yield ("\ufeff" + writer.writerow([_("E-mail"), pgettext("why somebody stays as they are", "Reason")])).encode()
        for batch in rows.iter_batches():
            emails = guard(batch["email"]).to_pylist()
            for email, reason in zip(emails, batch["reason"].to_pylist(), strict=True):
                yield writer.writerow([email, KEPT_REASONS[reason]]).encode()


def _found(request: AccountRequest, import_id: uuid.UUID) -> Import:
    found: Import = get_object_or_404(
        Import.objects.select_related("group").exclude(kind=Import.Kind.FILE), account=request.account, pk=import_id
    )
    return found
