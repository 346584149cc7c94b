"""The interface's entrance: every call under /v3 comes in here, passes the gate and is answered in JSON.

In this order: which call it is, whose token was sent, how many requests it has made, whether it may write. Then the
call runs in the scope of the token's account, in one transaction that a refusal undoes. Only tokens count, never a
session: a page of another site cannot have a browser call the interface.
"""

import json
import logging
from typing import Any, Final, cast

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.access_tokens import Admitted, Use, admit
from accounts.acting import acting_through
from accounts.models import ApiToken, User
from accounts.rate_limits import count_request
from accounts.tenancy import account_scope
from accounts.tokens import PREFIX, TokenRefused, authenticate_token
from recipients.compatible.bodies import body_of
from recipients.compatible.calls import Call
from recipients.compatible.refusals import Refusal, refusals_of_services
from recipients.compatible.routes import Found, find_route

logger = logging.getLogger(__name__)

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="Listkeep"'}


@csrf_exempt
def answer_call(request: HttpRequest, rest: str) -> HttpResponse:
    """The answer to a call; whatever goes wrong is one too."""
    method = "GET" if request.method == "HEAD" else request.method or ""
    found = find_route(method, rest)
    try:
        response = _json(200, _answer(request, found))
    except Refusal as refusal:
        response = _json(refusal.status, refusal.to_json())
        for name, value in refusal.headers.items():
            response[name] = value
    except SuspiciousOperation:  # thousands of parameters, say
        response = _json(400, Refusal(400).to_json())
    except Exception:
        # By its pattern: the path may hold an address.
        logger.exception("the call %s of the compatible interface failed", found)
        response = _json(500, Refusal(500).to_json())
    response["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, found: Found | Refusal) -> Any:
    if isinstance(found, Found) and found.route.is_open:
        return found.route.run()
    token, admitted = _admitted(request)
    allowance = count_request(token_id=token.pk)
    if allowance.is_spent:
        raise Refusal(429, headers={"Retry-After": str(allowance.resets_in)})
    if isinstance(found, Refusal):
        raise found
    if any("\x00" in value for values in request.GET.lists() for value in values[1]):
        raise Refusal(400, "invalid character")
    if found.route.writes and not token.may_write():
        raise Refusal(403, "the token may only read")
    if found.route.writes and token.account.held_at is not None:
        raise Refusal(403, "the account is on hold")
    return _carried_out(request, found, token, admitted)


def _carried_out(request: HttpRequest, found: Found, token: ApiToken, admitted: Admitted | None) -> Any:
    call = Call(
        account=token.account,
        token=token,
        admitted=admitted,
        actor=cast("User", token.created_by),  # there: without a maker no token counts
        query=request.GET,
        body=body_of(request),
        now=timezone.now(),
    )
    with account_scope(token.account_id), acting_through(token.name), refusals_of_services():
        answer = found.route.run(call, **found.parts)
    for step in call.afterwards:
        step()
    return answer


def _admitted(request: HttpRequest) -> tuple[ApiToken, Admitted | None]:
    """The token behind what was sent: an access token, or the API token's own secret."""
    scheme, _space, sent = request.headers.get("Authorization", "").partition(" ")
    secret = sent.strip() if scheme.lower() == "bearer" else request.GET.get("token", "").strip()
    now = timezone.now()
    try:
        if secret.startswith(PREFIX):
            return authenticate_token(secret=secret, now=now), None
        admitted = admit(signed=secret, use=Use.ACCESS, now=now)
    except TokenRefused as refused:
        raise Refusal(401, headers=_CHALLENGE) from refused
    return admitted.token, admitted


def _json(status: int, content: Any) -> HttpResponse:
    return HttpResponse(json.dumps(content), status=status, content_type="application/json; charset=utf-8")
