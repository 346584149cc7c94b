"""My Account > Extras > Audit log."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.queries import audit_entries_of

ENTRIES_A_PAGE = 50


@require_safe
@account_view(Role.READER)
def audit_log(request: AccountRequest) -> HttpResponse:
    """What happened in the account, newest first."""
    pages = Paginator(audit_entries_of(request.account.pk), ENTRIES_A_PAGE)
    return render(request, "accounts/audit_log.html", {"page": pages.get_page(request.GET.get("page"))})
