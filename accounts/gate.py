"""The one gate: every page inside an account passes it.

The account comes from the URL. Who is not signed in goes to the login; who is no member gets 404, as if the account
did not exist; a member without the right gets 403. The view runs in the account's scope, so that even a query that
forgets to filter sees no other account.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Account, Membership, Role, User
from accounts.tenancy import account_scope

P = ParamSpec("P")


class AccountRequest(HttpRequest):
    """A request that has passed the gate."""

    account: Account
    membership: Membership
    user: User


def account_view(
    role: Role,
) -> Callable[
    [Callable[Concatenate[AccountRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, int, P], HttpResponseBase],
]:
    """Let members with at least `role` in; hands the view a request with `account` and `membership`.

    The view's URL has `<int:account_id>`, which the gate takes off. A response that streams is sent after the
    account's transaction has ended: it must have read from the database before.
    """

    def decorate(
        view: Callable[Concatenate[AccountRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, int, P], HttpResponseBase]:
        @login_required
        @wraps(view)
        def gated(request: HttpRequest, account_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
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
                if not membership.may(role):
                    raise PermissionDenied
                inside.account = membership.account
                inside.membership = membership
                return view(inside, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, int, P], HttpResponseBase]", gated)

    return decorate
