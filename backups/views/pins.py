"""Pinning a backup, with a reason, and unpinning it, with what that means; each a page of its own."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.templatetags.listkeep_format import day
from backups.forms import PinForm
from backups.models import Backup
from backups.pinning import PinRefused, kept_until_if_unpinned, pin_backup, unpin_backup
from backups.wording import pin_refusal_sentence


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def pin(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """Asks for the reason, and keeps the backup until it is unpinned."""
    backup = _backup(request, backup_id)
    form = PinForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        context = {"backup": backup, "form": form, "back_href": _place_of(backup)}
        return render(request, "backups/pin.html", context, status=status)
    try:
        pin_backup(
            account_id=request.account.pk,
            backup_id=backup_id,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            now=timezone.now(),
        )
    except PinRefused as refused:
        messages.error(request, pin_refusal_sentence(refused.code))
    except Backup.DoesNotExist as error:
        raise Http404 from error
    else:
        messages.success(request, _("The backup is pinned. It is kept until somebody unpins it."))
    return redirect(_place_of(backup))


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.EDITOR)
def unpin(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """Says until when the backup is still kept, and unpins it."""
    backup, now = _backup(request, backup_id), timezone.now()
    if request.method != "POST":
        context = {"backup": backup, "until": kept_until_if_unpinned(backup, now), "back_href": _place_of(backup)}
        return render(request, "backups/unpin.html", context)
    try:
        unpinned = unpin_backup(account_id=request.account.pk, backup_id=backup_id, actor=request.user, now=now)
    except Backup.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The backup is no longer pinned. It is kept until %(day)s.") % _until(unpinned))
    return redirect(_place_of(backup))


def _backup(request: AccountRequest, backup_id: UUID) -> Any:
    """The backup, even if it is being deleted: who wants to pin it is told so. Only complete ones were ever kept."""
    found = Backup.objects.select_related("group", "pinned_by").filter(account_id=request.account.pk, pk=backup_id)
    try:
        return found.exclude(expires_at=None).get()
    except Backup.DoesNotExist as error:
        raise Http404 from error


def _until(backup: Backup) -> dict[str, str]:
    return {"day": day(backup.expires_at)}


def _place_of(backup: Backup) -> str:
    """Where the backup stands in the overview."""
    overview = reverse("backups:overview", args=[backup.account_id])
    return f"{overview}?{urlencode({'group': backup.group_id})}#backup-{backup.pk}"
