"""*Verify now*: has a worker read a backup's file again."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from backups.models import Backup
from backups.queries import row_of
from backups.verification import NotComplete, request_verification


@require_POST
@account_view(Role.EDITOR)
def verify(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """Asks for the backup's verification, and shows its row (htmx) or its list's backups; both tell how it goes on."""
    try:
        backup: Backup = row_of(request.account.pk, backup_id)
        request_verification(backup=backup, actor_id=request.user.pk, now=timezone.now())
    except (Backup.DoesNotExist, NotComplete) as error:
        raise Http404 from error
    if HtmxDetails(request):
        return redirect("backups:row", request.account.pk, backup.pk)
    overview = reverse("backups:overview", args=[request.account.pk])
    return redirect(f"{overview}?{urlencode({'group': backup.group_id})}#backup-{backup.pk}")
