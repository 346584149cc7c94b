"""Deleting a list: the question, and the page that shows how far the deletion is."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from recipients.deletion import GroupGone, GroupLocked, request_deletion
from recipients.models import Deletion, Group
from recipients.queries import waiting_deletion
from recipients.views.access import group_or_404, is_editor
from recipients.wording import deletion_facts, deletion_failure_sentence, locked_sentence, makes_backup


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def delete(request: AccountRequest, group_id: int) -> HttpResponse:
    """Says what a deletion means, then asks for it."""
    group = group_or_404(request, group_id)
    under_way = waiting_deletion(group)
    if under_way is not None:
        return redirect("recipients:deletion", request.account.pk, group.pk, under_way.pk)
    if request.method != "POST":
        return render(request, "recipients/delete.html", _question(request, group))
    try:
        deletion = request_deletion(group=group, actor=request.user, now=timezone.now())
    except GroupLocked:
        messages.error(request, locked_sentence())
        return redirect("recipients:settings", request.account.pk, group.pk)
    except GroupGone as gone:
        raise Http404 from gone
    return redirect("recipients:deletion", request.account.pk, group.pk, deletion.pk)


@require_safe
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def deletion(request: AccountRequest, group_id: int, deletion_id: uuid.UUID) -> HttpResponse:
    """How far a deletion is; htmx asks for it again each second until it is done or has failed."""
    found = get_object_or_404(
        Deletion.objects.select_related("group"), account_id=request.account.pk, group_id=group_id, pk=deletion_id
    )
    context = {
        "deletion": found,
        "group": found.group,
        "status": found.Status,
        "failure": deletion_failure_sentence(found.failure) if found.status == Deletion.Status.FAILED else "",
        "makes_backup": makes_backup(found.group, request.account),
        "has_backup": found.group.last_backup_at is not None and found.group.last_backup_at >= found.requested_at,
    }
    if is_editor(request) and found.group.deleted_at is None:
        context["retry_href"] = reverse("recipients:delete", args=[request.account.pk, group_id])
    name = "_deletion" if request.htmx else "deletion"  # type: ignore[attr-defined]  # set by django-htmx
    return render(request, f"recipients/{name}.html", context)


def _question(request: AccountRequest, group: Group) -> dict[str, Any]:
    """What the page says before the deletion: what is safe, or where backups can be switched on."""
    account = request.account
    context: dict[str, Any] = {"group": group, "facts": deletion_facts(group)}
    if group.recipient_count == 0:
        return context
    if not account.automatic_backups:
        context["switched_off"] = _("Automatic backups are switched off for the whole account.")
        context["switch_href"] = reverse("accounts:privacy", args=[account.pk])
    elif not group.automatic_backups:
        context["switched_off"] = _("Automatic backups are switched off for this list.")
        context["switch_href"] = reverse("recipients:settings", args=[account.pk, group.pk])
    context["switch_label"] = _("Switch them on first")
    return context
