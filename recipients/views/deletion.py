"""Deleting a list, what is in it, or a field: the questions, and the page that shows how far a deletion is."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from recipients.deleting import with_value
from recipients.deletion import (
    DeletionUnderWay,
    FieldGone,
    GroupGone,
    GroupLocked,
    request_clearing,
    request_deletion,
    request_field_deletion,
    request_recipients_deletion,
)
from recipients.deletion_wording import (
    SAMPLES_SHOWN,
    Question,
    course_of,
    failure_sentence,
    locked_elsewhere_sentence,
    makes_backup,
    question_of_clearing,
    question_of_field,
    question_of_group,
    question_of_recipients,
    switched_off_sentence,
    under_way_sentence,
)
from recipients.forms import ChosenForm
from recipients.models import Deletion, Group
from recipients.queries import fields_of, groups_that_show, waiting_deletion, waiting_deletions
from recipients.views.access import group_or_404, is_editor
from recipients.wording import locked_sentence

READ_OR_SEND = ["GET", "HEAD", "POST"]
Kind = Deletion.Kind


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def delete(request: AccountRequest, group_id: int) -> HttpResponse:
    """Says what the deletion of a list means, then asks for it."""
    group = group_or_404(request, group_id)
    back = reverse("recipients:settings", args=[request.account.pk, group.pk])
    if request.method == "POST":
        return _request(request, group, back, partial(request_deletion, group=group))
    waiting = waiting_deletion(group)
    if waiting is not None:
        return _to_waiting(request, group, waiting, is_same=waiting.kind == Kind.GROUP)
    return _page(request, group, back, question_of_group(group, request.account), [group])


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def clear(request: AccountRequest, group_id: int) -> HttpResponse:
    """Says what it means to empty a list, then asks for it."""
    group = group_or_404(request, group_id)
    back = reverse("recipients:settings", args=[request.account.pk, group.pk])
    if request.method == "POST":
        return _request(request, group, back, partial(request_clearing, group=group))
    waiting = waiting_deletion(group)
    if waiting is not None:
        return _to_waiting(request, group, waiting, is_same=waiting.kind == Kind.CLEARING)
    if not group.recipient_count:
        messages.info(request, _("The list is empty already."))
        return redirect(back)
    return _page(request, group, back, question_of_clearing(group, request.account), [group])


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def delete_recipients(request: AccountRequest, group_id: int) -> HttpResponse:
    """Says what the deletion of the chosen recipients means, then asks for it; the address says whom."""
    group = group_or_404(request, group_id)
    form = ChosenForm(request.GET)
    if not form.is_valid():
        raise Http404
    back = _table_of(group, form)
    chosen = form.chosen()
    if chosen is None:
        messages.warning(request, _("Tick the recipients that you want to delete."))
        return redirect(back)
    if chosen.is_everybody:
        return redirect("recipients:clear", request.account.pk, group.pk)
    if request.method == "POST":
        return _request(request, group, back, partial(request_recipients_deletion, group=group, chosen=chosen))
    waiting = waiting_deletion(group)
    if waiting is not None:
        return _to_waiting(request, group, waiting, is_same=waiting.selection == chosen.to_json())
    count = chosen.of(group).count()
    if not count:
        messages.info(request, _("Nobody of those is in the list any more."))
        return redirect(back)
    samples = chosen.of(group).order_by("email").values_list("email", flat=True)[:SAMPLES_SHOWN]
    question = question_of_recipients(group, request.account, chosen=chosen, count=count, samples=list(samples))
    return _page(request, group, back, question, [group])


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def delete_field(request: AccountRequest, group_id: int, field_id: int) -> HttpResponse:
    """Says what the deletion of a field means, then asks for it."""
    group = group_or_404(request, group_id)
    field = next((field for field in fields_of(group) if field.pk == field_id), None)
    if field is None:
        raise Http404
    back = reverse("recipients:fields", args=[request.account.pk, group.pk])
    if request.method == "POST":
        return _request(request, group, back, partial(request_field_deletion, field=field))
    waiting = next((one for one in waiting_deletions(group) if one.group_id == field.group_id), None)
    if waiting is not None:
        return _to_waiting(request, group, waiting, is_same=waiting.selection.get("field") == field.pk)
    groups = groups_that_show(field)
    question = question_of_field(field, request.account, groups=groups, count=with_value(field).count())
    return _page(request, group, back, question, groups)


@require_safe
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def deletion(request: AccountRequest, group_id: int, deletion_id: uuid.UUID) -> HttpResponse:
    """How far a deletion is; htmx asks for it again each second until it is done or has failed."""
    account = request.account
    found = get_object_or_404(
        Deletion.objects.select_related("group").filter(Q(group_id=group_id) | Q(group__isnull=True)),
        account_id=account.pk,
        pk=deletion_id,
    )
    # A field of all lists has no list of its own; its page stands in the one that the person came from.
    group = found.group or get_object_or_404(Group, account_id=account.pk, pk=group_id)
    groups = [group] if found.group else list(Group.objects.present().filter(account_id=account.pk))
    since = found.requested_at
    context = {
        "deletion": found,
        "group": group,
        "status": found.Status,
        "course": course_of(found, group, account),
        "failure": failure_sentence(found.failure) if found.status == Deletion.Status.FAILED else "",
        "makes_backup": any(makes_backup(one, account) for one in groups),
        "has_backup": any(one.last_backup_at is not None and one.last_backup_at >= since for one in groups),
    }
    if is_editor(request) and group.deleted_at is None:
        context["retry_href"] = _retry_href(found, group)
    name = "_deletion" if request.htmx else "deletion"  # type: ignore[attr-defined]  # set by django-htmx
    return render(request, f"recipients/{name}.html", context)


def _request(request: AccountRequest, group: Group, back: str, ask: Callable[..., Deletion]) -> HttpResponse:
    """Ask for a deletion, and show how far it is; or say why it cannot be, in the page `back`."""
    try:
        found = ask(actor=request.user, now=timezone.now())
    except DeletionUnderWay as other:
        return _to_waiting(request, group, other.deletion, is_same=False)
    except GroupLocked as reason:
        here = reason.group_name == group.name
        messages.error(request, locked_sentence() if here else locked_elsewhere_sentence(reason.group_name))
        return redirect(back)
    except (GroupGone, FieldGone) as gone:
        raise Http404 from gone
    return _to_waiting(request, group, found, is_same=True)


def _to_waiting(request: AccountRequest, group: Group, waiting: Deletion, *, is_same: bool) -> HttpResponse:
    """Show the deletion that is under way; a word with it if it is not the one that was asked about."""
    if not is_same:
        messages.warning(request, under_way_sentence())
    return redirect("recipients:deletion", request.account.pk, group.pk, waiting.pk)


def _page(
    request: AccountRequest, group: Group, back: str, question: Question, groups: Sequence[Group]
) -> HttpResponse:
    """The question, with what is safe, or where backups can be switched on. `groups`: those that it is about."""
    account = request.account
    off = next((one for one in groups if one.recipient_count and not one.automatic_backups), group)
    elsewhere = next((one.name for one in groups if one.locked and one.pk != group.pk), None)
    context = {
        "group": group,
        "question": question,
        "facts": question.facts,
        "action": request.get_full_path(),
        "cancel_href": back,
        "locked_elsewhere": locked_elsewhere_sentence(elsewhere) if elsewhere else "",
        "switched_off": switched_off_sentence(groups, account),
        "makes_backup": any(makes_backup(one, account) for one in groups),
        "switch_href": reverse("recipients:settings", args=[account.pk, off.pk])
        if account.automatic_backups
        else reverse("accounts:privacy", args=[account.pk]),
        "switch_label": _("Switch them on first"),
    }
    return render(request, "recipients/delete.html", context)


def _table_of(group: Group, form: ChosenForm) -> str:
    """The address of the table in which a valid form's choice was made."""
    choice = form.choice()
    query = {"q": choice.search, "status": form.cleaned_data["status"], "inside": "on" if choice.inside else ""}
    address = reverse("recipients:group", args=[group.account_id, group.pk])
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{address}?{asked}" if asked else address


def _retry_href(found: Deletion, group: Group) -> str:
    """Where a deletion that failed can be asked for again."""
    here = [group.account_id, group.pk]
    match found.kind:
        case Kind.GROUP:
            return reverse("recipients:delete", args=here)
        case Kind.CLEARING:
            return reverse("recipients:clear", args=here)
        case Kind.FIELD:
            return reverse("recipients:delete_field", args=[*here, found.selection["field"]])
        case _:
            return reverse("recipients:group", args=here)
