"""The start page."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.queries import accounts_of
from accounts.tenancy import user_scope


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Leads to the lists of the person's first account; says so to who belongs to none."""
    user_id = cast("int", request.user.pk)  # somebody: login_required
    with user_scope(user_id):
        accounts = accounts_of(user_id)
    if not accounts:
        return render(request, "accounts/no_account.html")
    return redirect("recipients:groups", accounts[0].pk)
