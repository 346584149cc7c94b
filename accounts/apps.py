"""The app's name and label, and what it hears."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Accounts, users, memberships and the audit trail."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Hear when a second factor changes."""
        from accounts import receivers

        receivers.connect()
