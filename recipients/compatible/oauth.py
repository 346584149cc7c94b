"""Tokens for clients (OAuth 2): a token of the account is both the client's secret and, in its first part, its name.

Grants: `client_credentials`, and `refresh_token` with what that gave. `authorization_code` is refused: its plug-ins
carry names and secrets that another vendor has given to them, and Listkeep knows no such registrations; a token that
somebody has made in their account says more exactly who may do what.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.access_tokens import Use, admit
from accounts.models import ApiToken
from accounts.rate_limits import count_request
from accounts.tokens import TokenRefused, authenticate_token, public_part
from recipients.compatible.bodies import body_of, object_of
from recipients.compatible.entrance import answer_call
from recipients.compatible.refusals import Refusal
from recipients.compatible.tokens import token_set

_TOKEN: Final = frozenset({"token", "token.php"})
_AUTHORIZE: Final = frozenset({"authorize", "authorize.php"})
NO_CODES: Final = (
    "Listkeep knows no applications that other vendors have registered. Make a token under My Account > Extras > "
    "Interfaces and use the grant client_credentials: client_id is its beginning up to the second underscore, "
    "client_secret all of it."
)


class _Refused(Exception):
    """The request for a token is refused with an error code of RFC 6749."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


@csrf_exempt
def oauth(request: HttpRequest, rest: str) -> HttpResponse:
    """Everything under /oauth: tokens given out, and taken back."""
    name = rest.strip("/").removesuffix(".json")
    if name in _TOKEN and request.method == "DELETE":
        return answer_call(request, "oauth/token")
    if name in _TOKEN and request.method == "POST":
        return _answer(request)
    if name in _AUTHORIZE:
        return _refusal("unsupported_response_type", NO_CODES)
    if name in _TOKEN:
        return _refusal("invalid_request", "Tokens are asked for with POST.", status=405)
    return _refusal("invalid_request", "Not Found", status=404)


def _answer(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    try:
        given = {name: str(value) for name, value in object_of(body_of(request)).items()}
        token = _granted(request, given, now)
        if count_request(token_id=token.pk).is_spent:
            return _refusal("slow_down", "The token has made too many requests in this minute.", status=429)
        response = JsonResponse(token_set(token, now))
    except _Refused as refused:
        return _refusal(refused.error, refused.description)
    except (Refusal, SuspiciousOperation) as error:
        return _refusal("invalid_request", str(error))
    response["Cache-Control"] = "no-store"
    return response


def _granted(request: HttpRequest, given: Mapping[str, str], now: datetime) -> ApiToken:
    """The token that a grant is good for."""
    match given.get("grant_type", ""):
        case "client_credentials":
            return _client(*_credentials(request, given), now)
        case "refresh_token":
            try:
                return admit(signed=given.get("refresh_token", ""), use=Use.REFRESH, now=now).token
            except TokenRefused as error:
                raise _Refused("invalid_grant", "The refresh token does not count, or not any more.") from error
        case "authorization_code":
            raise _Refused("unsupported_grant_type", NO_CODES)
        case _:
            raise _Refused("unsupported_grant_type", "client_credentials and refresh_token are supported.")


def _client(name: str, secret: str, now: datetime) -> ApiToken:
    wrong = _Refused("invalid_client", "client_id and client_secret belong to no token that counts.")
    try:
        token = authenticate_token(secret=secret, now=now)
    except TokenRefused as error:
        raise wrong from error
    if name != public_part(token.account_id):
        raise wrong
    return token


def _credentials(request: HttpRequest, given: Mapping[str, str]) -> tuple[str, str]:
    """Name and secret, from the header or from the body."""
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return given.get("client_id", "").strip(), given.get("client_secret", "").strip()
    try:
        name, _colon, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise _Refused("invalid_client", "The header is no Basic authentication.") from error
    return unquote(name), unquote(secret)


def _refusal(error: str, description: str, *, status: int = 400) -> HttpResponse:
    response = JsonResponse({"error": error, "error_description": description}, status=status)
    response["Cache-Control"] = "no-store"
    return response
