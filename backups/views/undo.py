"""Undoing an import or a restore: what that means, and the way to its preview."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from backups.restore_wording import refusal_sentence
from backups.restoring import CannotRestore
from backups.undoing import prepare_undo, why_not_undoable
from imports.models import Import


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def undo(request: AccountRequest, import_id: UUID) -> HttpResponse:
    """Says whether the import can be undone; sent, leads to the preview of the undo."""
    run = get_object_or_404(Import.objects.select_related("group", "undoes"), account=request.account, pk=import_id)
    if request.method == "POST":
        try:
            made = prepare_undo(run=run, actor=request.user, now=timezone.now())
        except CannotRestore as refused:
            messages.error(request, refusal_sentence(refused.code))
            return redirect("imports:run", request.account.pk, run.pk)
        return redirect("imports:preview", request.account.pk, made.pk)
    code = why_not_undoable(run=run)
    context = {"run": run, "group": run.group, "refusal": refusal_sentence(code) if code else ""}
    return render(request, "backups/undo.html", context)
