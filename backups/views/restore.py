"""Restoring a backup: what is to come back, and the way to its preview."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.templatetags.listkeep_format import absolute
from backups.models import Backup
from backups.queries import row_of
from backups.restore_form import RestoreForm
from backups.restore_wording import refusal_sentence
from backups.restoring import LONGEST_NAME, CannotRestore, describe, field_questions, prepare_restore
from backups.views.download import STATUS
from imports.restoring import Way
from imports.targets import language
from recipients.queries import groups_of

BEGINS = "begin"  # what the form itself sends; who comes from the view of a backup brings a selection without it


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def restore(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """Asks what is to come back; sent, leads to the preview. A selection may be brought by POST."""
    try:
        backup: Any = row_of(request.account.pk, backup_id)
    except Backup.DoesNotExist as error:
        raise Http404 from error
    group = backup.group
    try:
        described = describe(backup=backup)
    except CannotRestore as refused:
        context = {"backup": backup, "group": group, "code": refused.code}
        return render(request, "backups/download_refused.html", context, status=STATUS[refused.code])
    is_deleted = group.deleted_at is not None
    asked = {
        "questions": field_questions(account_id=request.account.pk, group=group, fields=described.fields),
        "is_deleted": is_deleted,
        "list_name": group.name,
        "language": language(),
    }
    is_sent = request.method == "POST" and BEGINS in request.POST
    form = RestoreForm(request.POST, **asked) if is_sent else RestoreForm(initial=_first(request, backup), **asked)
    status, refusal = 200, ""
    if is_sent and form.is_valid():
        try:
            run = prepare_restore(backup=backup, wish=form.wish(), actor=request.user, now=timezone.now())
        except CannotRestore as refused:
            refusal = refusal_sentence(refused.code)
        else:
            return redirect("imports:preview", request.account.pk, run.pk)
    if is_sent:
        status = 422
    context = {"backup": backup, "group": group, "form": form, "refusal": refusal, "is_deleted": is_deleted}
    return render(request, "backups/restore.html", context, status=status)


def _first(request: AccountRequest, backup: Any) -> dict[str, Any]:
    """What the form shows first."""
    brought = request.POST if request.method == "POST" else request.GET
    emails = brought.getlist("email")
    first: dict[str, Any] = {"way": Way.UPDATE_AND_ADD.value, "new_name": _free_name(backup), "status": ""}
    if backup.group.deleted_at is not None:
        first["way"] = Way.REVIVE.value
    elif emails:
        first |= {"way": Way.SELECTED.value, "emails": "\n".join(emails)}
    elif "all_found" in brought:
        first |= {
            "way": Way.SELECTED.value,
            "search": brought.get("search", ""),
            "status": brought.get("status", "all"),
        }
    return first


def _free_name(backup: Any) -> str:
    """What a new list is called at first: as in the backup, with its time where there is such a list."""
    name: str = backup.group_name
    if not groups_of(backup.account_id).filter(name=name).exists():
        return name
    when = f" ({absolute(backup.requested_at)})"
    return f"{name[: LONGEST_NAME - len(when)]}{when}"
