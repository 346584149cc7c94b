"""From the file to the confirmed import: choosing the file, mapping its columns."""

import uuid
from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.confirming import CannotImport
from imports.drafts import (
    Choices,
    FileUnavailable,
    go_on,
    read_again,
    sniffed_from_json,
    start_draft,
    start_new_list,
)
from imports.forms import NewListForm, SourceForm, UploadForm
from imports.mapping_page import MappingPage, mark_of
from imports.models import Import
from imports.new_fields import NewFieldRefused
from imports.readers import Sniffed, UnreadableFile
from imports.views.places import to_place
from imports.wording import cannot_import_sentence, file_problem
from recipients.views.access import group_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def new_list(request: AccountRequest) -> HttpResponse:
    """A new recipient list, with the file of its first import."""
    if request.method != "POST":
        return render(request, "imports/new_list.html", {"form": NewListForm()})
    form = NewListForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            with form.cleaned_data["upload"] as rows:
                run = start_new_list(
                    account=request.account,
                    name=form.cleaned_data["name"],
                    note=form.cleaned_data["note"],
                    upload=rows,
                    actor=request.user,
                    now=timezone.now(),
                )
        except UnreadableFile as error:
            form.refuse_upload(file_problem(error))
        except FileUnavailable as error:
            form.refuse_upload(cannot_import_sentence(error.code))
        else:
            return redirect("imports:mapping", request.account.pk, run.pk)
    return render(request, "imports/new_list.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def upload(request: AccountRequest, group_id: int) -> HttpResponse:
    """The file of an import into a list that is there."""
    group = group_or_404(request, group_id)
    if request.method != "POST":
        return render(request, "imports/upload.html", {"group": group, "form": UploadForm()})
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            with form.cleaned_data["upload"] as rows:
                run = start_draft(group=group, upload=rows, actor=request.user, now=timezone.now())
        except UnreadableFile as error:
            form.refuse_upload(file_problem(error))
        except FileUnavailable as error:
            form.refuse_upload(cannot_import_sentence(error.code))
        else:
            return redirect("imports:mapping", request.account.pk, run.pk)
    return render(request, "imports/upload.html", {"group": group, "form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def mapping(request: AccountRequest, import_id: uuid.UUID) -> HttpResponse:
    """Field mapping: which column goes where; *Next* has a preview made, `skip` starts the import at once.

    `refresh` in the form shows the page again with what was chosen, and judges nothing.
    """
    run = get_object_or_404(Import.objects.select_related("group"), account=request.account, pk=import_id)
    if run.status != Import.Status.DRAFT:
        return to_place(request, run)
    if request.method != "POST":
        sniffed = sniffed_from_json(run.sniffed)
        return _mapping_page(request, run, MappingPage(group=run.group, sniffed=sniffed, data=_entered_before(run)))
    refresh = "refresh" in request.POST
    reading = _read_as_chosen(request, run)
    page = MappingPage(
        group=run.group,
        sniffed=reading.sniffed,
        data=request.POST,
        checked=reading.was_shown and not reading.form.errors and not refresh,
        entered_for=reading.sniffed.columns if reading.was_shown else reading.before.columns,
    )
    if reading.form.errors:
        page.source = reading.form
    elif refresh:
        return _mapping_page(request, run, page)
    elif not reading.was_shown:
        page.error = _("The file has been read anew. Look at the columns, then press “Next” again.")
    elif page.is_valid and _went_on(request, run, page):
        run.refresh_from_db(fields=["status"])
        return to_place(request, run)
    return _mapping_page(request, run, page, status=422)


@dataclass(frozen=True)
class Reading:
    """The file as the person wants it read, and as it was read before.

    `was_shown`: the form was filled in for the file as it is read now.
    """

    sniffed: Sniffed
    before: Sniffed
    form: SourceForm
    was_shown: bool


def _read_as_chosen(request: AccountRequest, run: Import) -> Reading:
    """Read the draft's file anew if the person chose to read it otherwise; the form says why it cannot be read so."""
    before = sniffed = sniffed_from_json(run.sniffed)
    form = SourceForm(request.POST, sniffed=before)
    was_shown = False
    if form.is_valid():
        source = form.source()
        was_shown = request.POST.get("source-shown") == mark_of(source)
        try:
            if source != before.source:
                sniffed = read_again(run=run, source=source)
        except UnreadableFile as error:
            form.add_error(None, file_problem(error))
        except FileUnavailable as error:
            form.add_error(None, cannot_import_sentence(error.code))
    return Reading(sniffed, before, form, was_shown)


def _entered_before(run: Import) -> QueryDict | None:
    """The form as it was sent before the person came back from the preview."""
    if not run.entered:
        return None
    entered = QueryDict(mutable=True)
    for name, values in run.entered.items():
        entered.setlist(name, values)
    return entered


def _went_on(request: AccountRequest, run: Import, page: MappingPage) -> bool:
    """Have the preview made, or start the import; else the page says why it cannot start."""
    try:
        go_on(
            import_id=run.pk,
            account=request.account,
            choices=Choices(
                source=page.sniffed.source,
                mapping=page.mapping(),
                new_fields=page.fields_to_make(),
                options=page.options.options(),
                entered={name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"},
            ),
            with_preview="skip" not in request.POST,
            actor=request.user,
            now=timezone.now(),
        )
    except NewFieldRefused as error:
        page.refuse_field(error.position, error.reason)
        return False
    except CannotImport as error:
        page.error = cannot_import_sentence(error.code)
        return False
    return True


def _mapping_page(request: AccountRequest, run: Import, page: MappingPage, status: int = 200) -> HttpResponse:
    return render(request, "imports/mapping.html", {"run": run, "group": run.group, "page": page}, status=status)
