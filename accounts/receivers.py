"""What this app hears: allauth tells when a person's second factor has changed."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.utils import timezone

from accounts.models import AuditAction, User
from accounts.signing_in import note_second_factor


def connect() -> None:
    """Hear when a second factor comes, goes, or gets new codes."""
    for signal in (authenticator_added, authenticator_reset):
        signal.connect(note_added_factor)
    authenticator_removed.connect(note_removed_factor)


ADDED = {
    Authenticator.Type.TOTP: AuditAction.TWO_FACTOR_ON,
    Authenticator.Type.WEBAUTHN: AuditAction.PASSKEY_ADDED,
    Authenticator.Type.RECOVERY_CODES: AuditAction.RECOVERY_CODES_MADE,  # a matter of their own
}
# Recovery codes go with the last factor that they stand in for, without a word.
REMOVED = {
    Authenticator.Type.TOTP: AuditAction.TWO_FACTOR_OFF,
    Authenticator.Type.WEBAUTHN: AuditAction.PASSKEY_REMOVED,
}


def note_added_factor(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Each kind has its entry, new codes too."""
    note_second_factor(user=user, action=ADDED[authenticator.type], now=timezone.now(), **_detail(authenticator))


def note_removed_factor(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Each kind has its entry, but for codes."""
    if authenticator.type in REMOVED:
        note_second_factor(user=user, action=REMOVED[authenticator.type], now=timezone.now(), **_detail(authenticator))


def _detail(authenticator: Authenticator) -> dict[str, Any]:
    """Which passkey it is: people have several."""
    return {"passkey": authenticator.wrap().name} if authenticator.type == Authenticator.Type.WEBAUTHN else {}
