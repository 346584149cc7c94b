"""The mail to a person whose login was changed: what, when, from where, and what to do if it was somebody else.

allauth's adapter calls it (`accounts.adapters`) when the change is made, and the admin site. It goes to the address
that the login had before, so that whoever takes a login over cannot do so unseen (OWASP ASVS 4.0.3, 2.2.3).
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.mail import MAIL_FAILURES
from accounts.models import User
from accounts.origin import address_of

logger = logging.getLogger(__name__)

BY_OPERATOR: Final = "second_factor_removed"
# What was changed, by the name that allauth gives its mail.
CHANGES: Final = {
    "account/email/email_changed": _("The address for signing in is %(to_email)s now; it was %(from_email)s."),
    "account/email/email_deleted": _("The address %(deleted_email)s no longer belongs to your login."),
    "account/email/password_changed": _("Your password was changed."),
    "account/email/password_reset": _("A new password was chosen by the link of an e-mail to you."),
    "account/email/password_set": _("A password was chosen; there was none before."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made. Earlier ones no longer count."),
    "mfa/email/totp_activated": _("An authenticator app was set up for two-factor login."),
    "mfa/email/totp_deactivated": _("The authenticator app was switched off."),
    "mfa/email/webauthn_added": _("A passkey was added."),
    "mfa/email/webauthn_removed": _("A passkey was removed."),
    BY_OPERATOR: _("An operator of Listkeep has removed your second factor: your password alone gets in."),
}
SOMETHING: Final = _("Something about how you sign in was changed.")


def tell_of_change(
    request: HttpRequest, user: User, change: str, *, details: Mapping[str, Any] | None = None, address: str = ""
) -> None:
    """Write to a person in their language that `change`, a key of CHANGES, was made to their login.

    To `address`, or to the one that they have. From where is told of what was done in their name, not of what an
    operator did. The change stands though nobody takes the mail; that is logged.
    """
    with translation.override(user.language or translation.get_language()):
        context = {
            "change": CHANGES.get(change, SOMETHING) % (details or {}),
            "now": timezone.now(),
            "by_operator": change == BY_OPERATOR,
            "origin": address_of(request),
            "user_agent": request.headers.get("User-Agent", ""),
            "link": request.build_absolute_uri(reverse("account_reset_password")),
        }
        try:
            get_adapter(request).send_mail("account/email/login_changed", address or user.email, context)
        except MAIL_FAILURES as error:
            logger.error("user %s could not be told of %s: %s", user.pk, change, type(error).__name__)  # noqa: TRY400
