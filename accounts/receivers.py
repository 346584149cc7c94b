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


def note_added_factor(user: User, authenticator: Any, **kwargs: Any) -> None:
    """Codes for an emergency are a matter of their own."""
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    action = AuditAction.RECOVERY_CODES_MADE if codes else AuditAction.TWO_FACTOR_ON
    note_second_factor(user=user, action=action, now=timezone.now())


def note_removed_factor(user: User, authenticator: Any, **kwargs: Any) -> None:
    """Codes for an emergency go with the factor that they stand in for."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note_second_factor(user=user, action=AuditAction.TWO_FACTOR_OFF, now=timezone.now())
