"""The fields that a list shows: its own and those of all lists."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from recipients.deletion import GroupGone, GroupLocked
from recipients.forms import FieldForm, FieldLabelForm
from recipients.masterdata.file import MAX_FIELDS, FieldScope, FieldType
from recipients.models import Field, Group
from recipients.queries import fields_of, waiting_deletions
from recipients.services import FieldLabelTaken, FieldRefused, TooManyFields, create_field, rename_field
from recipients.views.access import group_or_404, is_editor, require_editor
from recipients.wording import field_refused_sentence

READ_OR_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_OR_SEND)
@account_view(Role.READER)
def fields(request: AccountRequest, group_id: int) -> HttpResponse:
    """All fields that the list shows, and a form for a new one."""
    group = group_or_404(request, group_id)
    if request.method != "POST":
        return _page(request, group, FieldForm())
    require_editor(request)
    form = FieldForm(request.POST)
    if form.is_valid() and _create(request, group, form):
        messages.success(request, _("The field “%(label)s” is there.") % {"label": form.cleaned_data["label"]})
        return redirect("recipients:fields", request.account.pk, group.pk)
    return _page(request, group, form, status=422)


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def rename(request: AccountRequest, group_id: int, field_id: int) -> HttpResponse:
    """Gives a field another name."""
    group = group_or_404(request, group_id)
    field = next((field for field in fields_of(group) if field.pk == field_id), None)
    if field is None:
        raise Http404
    form = FieldLabelForm(request.POST or None, initial={"label": field.label})
    if request.method == "POST" and form.is_valid() and _rename(request, field, form):
        messages.success(request, _("The field is now called “%(label)s”.") % {"label": field.label})
        return redirect("recipients:fields", request.account.pk, group.pk)
    context = {"group": group, "field": field, "form": form}
    return render(request, "recipients/field_rename.html", context, status=422 if form.is_bound else 200)


def _create(request: AccountRequest, group: Group, form: FieldForm) -> bool:
    data = form.cleaned_data
    try:
        create_field(
            account=request.account,
            group=group if data["scope"] == FieldScope.LIST else None,
            label=data["label"],
            type=FieldType(data["type"]),
            actor=request.user,
            now=timezone.now(),
        )
    except FieldLabelTaken as refusal:
        form.add_error("label", field_refused_sentence(refusal))
    except (TooManyFields, GroupLocked) as refusal:
        form.add_error(None, field_refused_sentence(refusal))
    except GroupGone as gone:
        raise Http404 from gone
    else:
        return True
    return False


def _rename(request: AccountRequest, field: Field, form: FieldLabelForm) -> bool:
    try:
        rename_field(field=field, label=form.cleaned_data["label"], actor=request.user, now=timezone.now())
    except (FieldRefused, GroupLocked) as refusal:
        form.add_error("label", field_refused_sentence(refusal))
    except GroupGone as gone:
        raise Http404 from gone
    else:
        return True
    return False


def _page(request: AccountRequest, group: Group, form: FieldForm, status: int = 200) -> HttpResponse:
    found = fields_of(group)
    context = {
        "group": group,
        "form": form,
        "list_fields": [field for field in found if field.scope is FieldScope.LIST],
        "account_fields": [field for field in found if field.scope is FieldScope.ACCOUNT],
        "count": len(found),
        "most": MAX_FIELDS,
        "is_full": len(found) >= MAX_FIELDS,
        "is_editor": is_editor(request),
        "deletions": waiting_deletions(group),
    }
    return render(request, "recipients/fields.html", context, status=status)
