"""Access tokens (OAuth): given out for an API token, signed, short-lived, and ended together by one moment in its row.

Nothing is kept of a single one. It holds the account's and the API token's number, what it is for and when it was given
out; whoever changes a letter breaks the signature, which is made with SECRET_KEY. It counts for as long as its API
token does, and no longer than a day; a refresh token, which brings new ones, counts for thirty days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.core.signing import BadSignature, Signer
from django.db.models import BigIntegerField, Q

from accounts.models import ApiToken
from accounts.tokens import TokenRefused, admit_token

_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SALT: Final = "accounts.access_tokens"


class Use(StrEnum):
    """What a signed token is for."""

    ACCESS = "access"
    REFRESH = "refresh"


LIFETIMES: Final = {Use.ACCESS: timedelta(hours=24), Use.REFRESH: timedelta(days=30)}


@dataclass(frozen=True)
class Admitted:
    """The API token behind a signed one, and until when that counts."""

    token: ApiToken
    expires_at: datetime


def issue(*, token: ApiToken, use: Use, now: datetime) -> str:
    """A new signed token for an API token: letters, digits, `-`, `_` and dots."""
    issued = (now - _EPOCH) // _MICROSECOND
    return _signer().sign_object([use.value, token.account_id, token.pk, issued])


def admit(*, signed: str, use: Use, now: datetime) -> Admitted:
    """Whom a signed token lets in. Raises TokenRefused, as `accounts.tokens.authenticate_token` does."""
    try:
        given_for, account_id, token_id, issued = _signer().unsign_object(signed)
    except BadSignature as error:
        raise TokenRefused from error
    issued_at = _EPOCH + issued * _MICROSECOND
    expires_at = issued_at + LIFETIMES[use]
    if given_for != use or now >= expires_at or not 0 < account_id <= BigIntegerField.MAX_BIGINT:
        raise TokenRefused
    token = admit_token(account_id=account_id, known_by=Q(pk=token_id), now=now)
    if token.access_ended_at is not None and issued_at <= token.access_ended_at:
        raise TokenRefused
    return Admitted(token, min(expires_at, token.expires_at or expires_at))


def end_access(*, token: ApiToken, now: datetime) -> None:
    """Have no signed token count any more that was given out for an API token until now; the API token itself does."""
    ApiToken.objects.filter(account_id=token.account_id, pk=token.pk).update(access_ended_at=now)
    token.access_ended_at = now


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
