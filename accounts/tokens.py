"""Tokens of the interface: made, revoked, and known again when a program sends one.

A secret is `lk_<account>_<43 characters>`: 32 random bytes after the account's number. The number stands in clear so
that the token is looked up inside its account's scope; no look across accounts is needed. Kept is the SHA-256 of the
whole secret: it is random and long, so that a slow hash would protect nothing more.

A token never does more than the person who made it: it counts only while they belong to the account, with a role that
allows what the token allows.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import BigIntegerField, Q, QuerySet

from accounts.models import Account, ApiToken, AuditAction, Membership, Role, User
from accounts.services import record
from accounts.tenancy import account_scope

PREFIX: Final = "lk_"
SECRET_BYTES: Final = 32
MOST_TOKENS: Final = 100  # of an account that are not over
USE_NOTED_EVERY: Final = timedelta(minutes=1)
LEAST_ROLE: Final = {ApiToken.Scope.READ: Role.READER, ApiToken.Scope.WRITE: Role.EDITOR}
_FORM: Final = re.compile(r"lk_([1-9][0-9]{0,18})_([A-Za-z0-9_-]{43})")


class TooManyTokens(Exception):
    """The account has MOST_TOKENS that could be used."""


class TokenRefused(Exception):
    """No such token, or one that is revoked, expired or of somebody who may no longer do what it allows."""


@transaction.atomic
def create_token(
    *, account: Account, name: str, scope: ApiToken.Scope, expires_at: datetime | None, actor: User, now: datetime
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can find out afterwards. Raises TooManyTokens."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if tokens_of(account.pk).filter(_usable(now)).count() >= MOST_TOKENS:
        raise TooManyTokens
    secret = f"{public_part(account.pk)}_{secrets.token_urlsafe(SECRET_BYTES)}"
    token = ApiToken.objects.create(
        account=account,
        name=name,
        scope=scope,
        digest=_digest(secret),
        ending=secret[-4:],
        created_at=now,
        created_by=actor,
        expires_at=expires_at,
    )
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=AuditAction.TOKEN_CREATED,
        subject=name,
        now=now,
        scope=scope.value,
        ending=token.ending,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User, now: datetime) -> None:
    """Have a token count no more, from the next request on; one that was revoked before stays so since then."""
    present = ApiToken.objects.filter(account_id=token.account_id, pk=token.pk, revoked_at__isnull=True)
    if present.update(revoked_at=now):
        token.revoked_at = now
        record(
            account_id=token.account_id,
            actor_id=actor.pk,
            action=AuditAction.TOKEN_REVOKED,
            subject=token.name,
            now=now,
            ending=token.ending,
        )


def authenticate_token(*, secret: str, now: datetime) -> ApiToken:
    """The token with this secret, with its `account` and `created_by`; that it was used is noted once a minute.

    In a transaction of its own, so that requests with one token do not wait for each other. Raises TokenRefused.
    """
    form = _FORM.fullmatch(secret)
    if form is None or int(form[1]) > BigIntegerField.MAX_BIGINT:
        raise TokenRefused
    return admit_token(account_id=int(form[1]), known_by=Q(digest=_digest(secret)), now=now)


def admit_token(*, account_id: int, known_by: Q, now: datetime) -> ApiToken:
    """The token of the account that is `known_by` something, as `authenticate_token`. Raises TokenRefused."""
    with account_scope(account_id):
        found = ApiToken.objects.select_related("account", "created_by").filter(known_by, account_id=account_id)
        token = found.first()
        if token is None or token.is_over(now) or not _maker_may(token):
            raise TokenRefused
        if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
            _note_use(token, now)
    return token


def public_part(account_id: int) -> str:
    """What all secrets of an account begin with, and what may be shown: the `client_id` of the OAuth grants."""
    return f"{PREFIX}{account_id}"


def tokens_of(account_id: int) -> QuerySet[ApiToken]:
    """The tokens of an account with who made them, newest first."""
    return ApiToken.objects.filter(account_id=account_id).select_related("created_by").order_by("-created_at", "-id")


@dataclass(frozen=True)
class ListedToken:
    """A token and whether it counts: `active`, `revoked`, `expired`, or `without_maker`: who made it may no longer."""

    token: ApiToken
    state: str


def listed_tokens(*, account_id: int, now: datetime) -> list[ListedToken]:
    """The tokens of an account, newest first."""
    places = {place.user_id: place for place in Membership.objects.filter(account_id=account_id, user__is_active=True)}
    return [
        ListedToken(token, _state(token, places.get(token.created_by_id or 0), now)) for token in tokens_of(account_id)
    ]


def _state(token: ApiToken, place: Membership | None, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.is_over(now):
        return "expired"
    return "active" if place is not None and _may(place, token) else "without_maker"


def _note_use(token: ApiToken, now: datetime) -> None:
    """Whoever is at it already notes the same minute: nobody waits for them."""
    row = ApiToken.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    if row.filter(account_id=token.account_id, pk=token.pk).exists():
        ApiToken.objects.filter(account_id=token.account_id, pk=token.pk).update(last_used_at=now)


def _maker_may(token: ApiToken) -> bool:
    """Whether who made the token may still do what it allows."""
    if token.created_by is None or not token.created_by.is_active:
        return False
    place = Membership.objects.filter(account_id=token.account_id, user=token.created_by).first()
    return place is not None and _may(place, token)


def _may(place: Membership, token: ApiToken) -> bool:
    """Whether the role in an account allows what the token does."""
    return place.may(LEAST_ROLE[ApiToken.Scope(token.scope)])


def _usable(now: datetime) -> Q:
    return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
