"""Having a backup of a list made now."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from backups.on_demand import request_on_demand
from backups.taking import GroupGone
from recipients.models import Group


@require_POST
@account_view(Role.EDITOR)
def take(request: AccountRequest, group_id: int) -> HttpResponse:
    """Has a backup of the list made, and shows the list's backups."""
    group = get_object_or_404(Group, account_id=request.account.pk, pk=group_id)
    try:
        request_on_demand(group=group, actor=request.user, now=timezone.now())
    except GroupGone as gone:
        raise Http404 from gone
    messages.success(request, _("The backup of “%(list)s” is being made.") % {"list": group.name})
    return redirect("backups:group", request.account.pk, group.pk)
