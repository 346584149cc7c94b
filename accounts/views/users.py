"""My Account > Users."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.queries import members_of


@require_safe
@account_view(Role.READER)
def users(request: AccountRequest) -> HttpResponse:
    """The members of the account and what they may do."""
    return render(request, "accounts/users.html", {"members": members_of(request.account.pk)})
