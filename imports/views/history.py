"""What was imported, newest first: in an account, in one list."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.queries import HistoryPage, Place, history_page
from recipients.models import Group
from recipients.views.access import group_or_404


@require_safe
@account_view(Role.READER)
def history(request: AccountRequest) -> HttpResponse:
    """The imports of the account."""
    context = {"page": _page(request), "may_edit": request.membership.may(Role.EDITOR)}
    return render(request, "imports/history.html", context)


@require_safe
@account_view(Role.READER)
def group_history(request: AccountRequest, group_id: int) -> HttpResponse:
    """The imports into one list."""
    group = group_or_404(request, group_id)
    context = {"group": group, "page": _page(request, group), "may_edit": request.membership.may(Role.EDITOR)}
    return render(request, "imports/group_history.html", context)


def _page(request: AccountRequest, group: Group | None = None) -> HistoryPage:
    """The page that the address asks for."""
    try:
        places = {name: Place.from_text(request.GET[name]) for name in ("before", "after") if name in request.GET}
    except ValueError as error:
        raise Http404 from error
    return history_page(account_id=request.account.pk, group_id=group.pk if group else None, **places)
