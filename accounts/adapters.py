"""What allauth asks of Listkeep: from where a request came, how secrets of the second factor are kept, and more."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from accounts.login_mail import tell_of_change
from accounts.models import User
from accounts.origin import address_of


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Counts attempts at a login by the address that the audit log shows, and writes of each change to a login."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or str(super().get_client_ip(request))

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a person of a change to their login: at `email`, which is the old one when the address was changed."""
        tell_of_change(self.request, user, template_prefix, details=context, address=email or "")

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether that is their password. They stay signed in, also when it is hashed anew on this occasion.

        Django does that when it asks for more rounds than before, and a session counts with the hash it began with.
        """
        before = user.password
        known = bool(super().reauthenticate(user, password))
        user.refresh_from_db(fields=["password"])
        if user.password != before:
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return known


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps secrets encrypted with a key that follows from SECRET_KEY: who has only the database has no second factor.

    What was encrypted with a key of SECRET_KEY_FALLBACKS can still be read.
    """

    def get_totp_issuer(self) -> str:
        return "Listkeep"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys are of Listkeep, and of the host under which it is reached: at no other address do they sign."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Listkeep"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, str | bytes]:
        """What a device shows beside a passkey: whose it is."""
        return {
            **super().get_public_key_credential_user_entity(user),
            "display_name": user.get_full_name() or user.email,
        }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  # allauth's name
        """The name that a new passkey has until its owner gives it another."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey") if number == 1 else _("Passkey %(number)d") % {"number": number}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(secret: str | bytes) -> bytes:
    """A key of its own for this purpose, so that no other use of SECRET_KEY tells anything about it."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"listkeep second factor")
    return base64.urlsafe_b64encode(derive.derive(force_bytes(secret)))
