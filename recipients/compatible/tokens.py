"""The set of tokens that a client is given."""

from datetime import datetime
from typing import Any

from accounts.access_tokens import LIFETIMES, Use, issue
from accounts.models import ApiToken


def token_set(token: ApiToken, now: datetime) -> dict[str, Any]:
    """What a client gets: an access token, for how long it counts, and what brings the next one."""
    lifetime = LIFETIMES[Use.ACCESS]
    if token.expires_at is not None:
        lifetime = min(lifetime, token.expires_at - now)
    return {
        "access_token": issue(token=token, use=Use.ACCESS, now=now),
        "expires_in": int(lifetime.total_seconds()),
        "token_type": "bearer",
        "scope": "read write" if token.may_write() else "read",
        "refresh_token": issue(token=token, use=Use.REFRESH, now=now),
    }
