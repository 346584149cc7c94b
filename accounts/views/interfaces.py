"""My Account > Extras > Interfaces: the tokens with which programs use the REST interface."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import ApiToken, Role
from accounts.token_form import TokenForm
from accounts.tokens import MOST_TOKENS, TooManyTokens, create_token, listed_tokens, public_part, revoke_token


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.READER)
def interfaces(request: AccountRequest) -> HttpResponse:
    """The tokens; sent by an owner, makes one and shows its secret, this one time."""
    if request.method != "POST":
        return _page(request, TokenForm())
    if not request.membership.may(Role.OWNER):
        raise PermissionDenied
    form, now = TokenForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, form, status=422)
    if not form.take(user_id=request.user.pk):
        messages.warning(
            request,
            _(
                "This token has been made already, and its secret was shown that one time. If nobody has copied it, "
                "revoke the token and make another one."
            ),
        )
        return redirect("accounts:interfaces", request.account.pk)
    try:
        token, secret = create_token(
            account=request.account,
            name=form.cleaned_data["name"],
            scope=ApiToken.Scope(form.cleaned_data["scope"]),
            expires_at=form.expires_at(now),
            actor=request.user,
            now=now,
        )
    except TooManyTokens:
        form.give_back(user_id=request.user.pk)
        words = ngettext(
            "An account has at most %(number)d token. Revoke one that is no longer used.",
            "An account has at most %(number)d tokens. Revoke one that is no longer used.",
            MOST_TOKENS,
        )
        form.add_error(None, words % {"number": MOST_TOKENS})
        return _page(request, form, status=422)
    # Not kept for a second request: the secret would have to be stored for it.
    return _page(request, TokenForm(), made=token, secret=secret)


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.OWNER)
def revoke(request: AccountRequest, token_id: int) -> HttpResponse:
    """Asks whether a token is to count no more, and has it so."""
    token = get_object_or_404(ApiToken, account_id=request.account.pk, pk=token_id)
    if request.method != "POST":
        return render(request, "accounts/revoke_token.html", {"token": token})
    revoke_token(token=token, actor=request.user, now=timezone.now())
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("accounts:interfaces", request.account.pk)


def _page(
    request: AccountRequest, form: TokenForm, *, made: ApiToken | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "made": made,
        "secret": secret,
        "client_id": public_part(request.account.pk),
        "address": request.build_absolute_uri("/v3"),
        "tokens": listed_tokens(account_id=request.account.pk, now=timezone.now()),
        "is_owner": request.membership.may(Role.OWNER),
    }
    response = render(request, "accounts/interfaces.html", context, status=status)
    if secret:
        response["Cache-Control"] = "no-store"
    return response
