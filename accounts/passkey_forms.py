"""The forms behind passkeys: allauth's, with sentences that help, and two guards of a login without a password."""

import struct
from typing import Any

from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from accounts.models import AuditAction, User
from accounts.queries import is_only_factor
from accounts.signing_in import note_second_factor

LONGEST_NAME = 100
REFUSED = _("This passkey was not accepted. Please try once more, or take another way.")
ONLY_AFTER_PASSWORD = _("This security key counts only after your password. Enter your password first.")
NOTHING_CAME = _("Your browser has sent no passkey. Please try once more, or take another way.")


# What comes of reading an answer that no browser has made: base64, CBOR, JSON and its parts may each be anything.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, struct.error)


class CredentialField(forms.JSONField):
    """What the browser answered, written there by allauth's script: refused with a sentence when it is no answer."""

    def __init__(self, kind: type[AuthenticationResponse] | type[RegistrationResponse]) -> None:
        said = {"required": NOTHING_CAME, "invalid": REFUSED}
        super().__init__(widget=forms.HiddenInput, error_messages=said)
        self.kind = kind

    def validate(self, value: Any) -> None:
        """Raises ValidationError for what is not of this kind."""
        super().validate(value)
        try:
            answer = self.kind.from_dict(value)
        except UNREADABLE as error:
            raise ValidationError(REFUSED, code="unreadable") from error
        if (
            isinstance(answer, RegistrationResponse)
            and not answer.response.attestation_object.auth_data.credential_data
        ):
            raise ValidationError(REFUSED, code="no_key")


def in_our_words(error: ValidationError) -> ValidationError:
    """The error without a word of a code: nobody has entered one, whatever allauth says."""
    return ValidationError(REFUSED, code=error.code) if error.code == "incorrect_code" else error


class CodeForm(base_forms.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code after the password; knows whether the person has an app that shows one."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


class SecondFactorForm(webauthn_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A passkey after the password; knows whether the person has one."""

    credential = CredentialField(AuthenticationResponse)

    def __init__(self, *args: Any, user: User | None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.has_passkey = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()

    def clean_credential(self) -> Authenticator:
        """The passkey that answered. Raises ValidationError with a sentence for an answer that does not count."""
        try:
            return super().clean_credential()
        except ValidationError as error:
            raise in_our_words(error) from error


class ReauthenticateForm(SecondFactorForm):
    """A passkey of somebody who is signed in, before what only they may do."""

    reauthenticated = True


class LoginForm(SecondFactorForm):
    """A passkey in place of a password: two factors at once, or it does not count.

    The device must have known its person (by a PIN, a finger, a face), whichever challenge it answered: one that was
    given out after a password asks for less. And what its owner has set up for after the password stays that.
    """

    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)

    def clean_credential(self) -> Authenticator:
        """As for any passkey, and the two guards."""
        answer = self.cleaned_data["credential"]
        authenticator = super().clean_credential()
        if not AuthenticationResponse.from_dict(answer).response.authenticator_data.is_user_verified():
            raise ValidationError(REFUSED, code="not_verified")
        if authenticator.wrap().is_passwordless is False:
            raise ValidationError(ONLY_AFTER_PASSWORD, code="only_after_password")
        return authenticator


class AddForm(webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new passkey, and whether it may stand in place of the password."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("By which you know it again, such as “Work laptop” or “Blue key”."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it without a password, too"),
        required=False,
        initial=True,
        help_text=_(
            "The device or key must ask for a fingerprint, a face or a PIN. Without the tick it counts only after your "
            "password."
        ),
    )
    credential = CredentialField(RegistrationResponse)
    field_order = ("name", "passwordless", "credential")

    def clean(self) -> dict[str, Any]:
        """What is kept says which kind it is, also when the browser does not."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError as error:
            raise in_our_words(error) from error
        if "credential" in cleaned:
            kind = cleaned["credential"].setdefault("clientExtensionResults", {}).setdefault("credProps", {})
            kind.setdefault("rk", cleaned["passwordless"])
        return cleaned


class RenameForm(webauthn_forms.EditWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput({"autocomplete": "off"}))

    @transaction.atomic
    def save(self) -> Authenticator:
        """The renamed passkey, and an entry in the trail of each account; the same name again is no change."""
        before, name = self.instance.wrap().name, self.cleaned_data["name"]
        authenticator = super().save()
        if name != before:
            note_second_factor(
                user=authenticator.user,
                action=AuditAction.PASSKEY_RENAMED,
                now=timezone.now(),
                before=before,
                passkey=name,
            )
        return authenticator


class SwitchAppOffForm(totp_forms.DeactivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """Asks before the authenticator app is switched off; knows whether that leaves the password alone."""

    def __init__(self, *args: Any, authenticator: Authenticator, **kwargs: Any) -> None:
        super().__init__(*args, authenticator=authenticator, **kwargs)
        self.is_only = is_only_factor(authenticator)
