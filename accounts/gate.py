"""The one gate: every page inside an account passes it.

The account comes from the URL. Who is not signed in goes to the login; who is no member gets 404, as if the account
did not exist; a member without a second factor, where the account demands one, goes to the page that sets one up; a
member without the right gets 403, and while the account is on hold so does whoever would change it:
everybody may do then what a reader may. The view runs in the account's scope, so that even a query that
forgets to filter sees no other account.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import Account, Membership, Role, User
from accounts.queries import has_second_factor
from accounts.tenancy import account_scope

P = ParamSpec("P")
HELD = _(
    "Listkeep’s operator has put this account on hold. Nothing has changed. Until it is taken off hold you can look at "
    "everything and export it. Please ask the operator."
)


class AccountRequest(HttpRequest):
    """A request that has passed the gate."""

    account: Account
    membership: Membership
    user: User


def account_view(
    role: Role, *, even_without_second_factor: bool = False
) -> Callable[
    [Callable[Concatenate[AccountRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, int, P], HttpResponseBase],
]:
    """Let members with at least `role` in; hands the view a request with `account` and `membership`.

    `even_without_second_factor`: also members who lack the one that the account demands; for leaving it.
    The view's URL has `<int:account_id>`, which the gate takes off. A response that streams is sent after the
    account's transaction has ended: it must have read from the database before.
    """

    def decorate(
        view: Callable[Concatenate[AccountRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, int, P], HttpResponseBase]:
        @wraps(view)
        def gated(request: HttpRequest, account_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_login(request)
            if account_id > BigIntegerField.MAX_BIGINT:  # the database cannot even ask for it
                raise Http404
            inside = cast(AccountRequest, request)
            with account_scope(account_id, user_id=inside.user.pk):
                membership = (
                    Membership.objects.select_related("account")
                    .filter(account_id=account_id, user_id=inside.user.pk)
                    .first()
                )
                if membership is None:
                    raise Http404
                demands = membership.account.demands_second_factor and not even_without_second_factor
                if demands and not has_second_factor(inside.user.pk):
                    return to_second_factor(request)
                if not membership.may(role):
                    raise PermissionDenied
                if membership.account.held_at is not None and role is not Role.READER and not _only_looks(request):
                    raise PermissionDenied(HELD)
                inside.account = membership.account
                inside.membership = membership
                return view(inside, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, int, P], HttpResponseBase]", gated)

    return decorate


def _only_looks(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD")


def to_login(request: HttpRequest) -> HttpResponseBase:
    """The way to the login, and back to the page afterwards.

    A part of a page that asked for itself (a progress, say) would swallow the login; there the whole page goes to it.
    """
    htmx = HtmxDetails(request)
    if not htmx:
        return redirect_to_login(request.get_full_path())
    query = urlencode({REDIRECT_FIELD_NAME: htmx.current_url_abs_path or "/"})
    return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")


def to_second_factor(request: HttpRequest) -> HttpResponseBase:
    """The way to the page that sets a second factor up and says who demands one; a part of a page takes all along."""
    page = resolve_url("mfa_index")
    return HttpResponseClientRedirect(page) if HtmxDetails(request) else redirect(page)
