"""The interface's one gate: every call passes it, as every page passes `accounts.gate`.

In this order: how large the body is, whose token was sent, how many requests it has made, whether it may write. Then
the call runs in the scope of the token's account, in one transaction that a problem undoes; with an `Idempotency-Key`
it runs once a day. Sessions do not count here: a page of another site cannot have a browser call the interface.
"""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja.security import HttpBearer

from accounts.acting import acting_through
from accounts.answers import KeyInUse, KeyOfAnother, answer_before, keep_answer
from accounts.api.problems import Problem
from accounts.models import Account, ApiToken, User, Via
from accounts.origin import through
from accounts.rate_limits import Allowance, count_request
from accounts.tenancy import account_scope
from accounts.tokens import TokenRefused, authenticate_token

MOST_BYTES: Final = 16 * 1024 * 1024
# Seconds that a call waits for others who change the same list. An import of a million rows may take longer; calls that
# all waited for its end would leave no thread to anybody else.
PATIENCE: Final = 20
READING: Final = frozenset({"GET", "HEAD"})
KEY_HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[!-~]{1,255}")
_CHALLENGE: Final = 'Bearer realm="Listkeep"'

Call = Callable[..., HttpResponseBase]


class ApiRequest(HttpRequest):
    """A request that has passed the gate. `actor` made the token and stands in the audit trail beside its name."""

    account: Account
    token: ApiToken
    actor: User
    ends_in_a_problem: bool


class _Undone(Exception):
    """Ends the transaction of a call that has ended in a problem."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


class Bearer(HttpBearer):
    """What the description says of tokens; the gate itself has asked for it before."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        return cast("ApiRequest", request).token


def through_the_gate(run: Call) -> Call:
    """What runs a call of the interface, with the gate before it."""

    @wraps(run)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        allowance: Allowance | None = None
        try:
            _refuse_large(request)
            token = _token_of(request)
            allowance = count_request(token_id=token.pk)
            _refuse_overuse(allowance)
            _refuse_writing(request, token)
            inside = _admitted(request, token)
            response = _answered(inside, lambda: run(inside, *args, **kwargs))
        except Problem as problem:
            response = problem.response()
        if allowance is not None:
            for name, value in _limit_headers(allowance).items():
                response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    return gated


def _refuse_large(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise Problem("too_large", f"A body has at most {MOST_BYTES} bytes.")


def _token_of(request: HttpRequest) -> ApiToken:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("unauthorised", headers={"WWW-Authenticate": _CHALLENGE})
    try:
        return authenticate_token(secret=secret.strip(" "), now=timezone.now())
    except TokenRefused as refused:
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        raise Problem("invalid_token", headers={"WWW-Authenticate": challenge}) from refused


def _refuse_overuse(allowance: Allowance) -> None:
    if allowance.is_spent:
        raise Problem("too_many_requests", headers={"Retry-After": str(allowance.resets_in)})


def _limit_headers(allowance: Allowance) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers has them."""
    return {
        "RateLimit-Policy": f'"token";q={allowance.limit};w=60',
        "RateLimit": f'"token";r={allowance.left};t={allowance.resets_in}',
    }


def _refuse_writing(request: HttpRequest, token: ApiToken) -> None:
    if request.method not in READING and not token.may_write():
        raise Problem("read_only")
    if request.method not in READING and token.account.held_at is not None:
        raise Problem("account_held")


def _admitted(request: HttpRequest, token: ApiToken) -> ApiRequest:
    inside = cast("ApiRequest", request)
    inside.account, inside.token, inside.ends_in_a_problem = token.account, token, False
    inside.actor = cast("User", token.created_by)  # there: without a maker no token counts
    return inside


def _answered(request: ApiRequest, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The call's answer, carried out in its account's scope, or given again."""
    key = request.headers.get(KEY_HEADER) if request.method not in READING else None
    if key is not None and not _KEY.fullmatch(key):
        raise Problem("invalid_key")
    try:
        with account_scope(request.account.pk), through(Via.INTERFACE), acting_through(request.token.name):
            _wait_no_longer_than(PATIENCE)
            response = run() if key is None else _once(request, key, run)
            if request.ends_in_a_problem:
                raise _Undone(response)
    except _Undone as undone:
        return undone.response
    return response


def _wait_no_longer_than(seconds: int) -> None:
    """Have the transaction fail when it waits longer for a lock; `interface` tells that as a problem."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])


def _once(request: ApiRequest, key: str, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    digest, now = _digest(request), timezone.now()
    try:
        before = answer_before(token=request.token, key=key, digest=digest, now=now)
    except KeyInUse as refused:
        raise Problem("key_in_use", headers={"Retry-After": "1"}) from refused
    except KeyOfAnother as refused:
        raise Problem("key_of_another") from refused
    if before is not None:
        headers = {"Idempotency-Replayed": "true"}
        return HttpResponse(before.content, status=before.status, content_type="application/json", headers=headers)
    response = run()
    if not request.ends_in_a_problem and isinstance(response, HttpResponse) and response.status_code < 300:
        content = response.content.decode()
        keep_answer(token=request.token, key=key, digest=digest, status=response.status_code, content=content, now=now)
    return response


def _digest(request: HttpRequest) -> bytes:
    """Equal for equal requests."""
    digest = hashlib.sha256()
    for part in ((request.method or "").encode(), request.get_full_path().encode(), request.body):
        digest.update(len(part).to_bytes(8) + part)
    return digest.digest()
