"""The app's name and label; connects the receivers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupsConfig(AppConfig):
    """Backups of master data."""

    name = "backups"
    verbose_name = _("Backups")

    def ready(self) -> None:
        """Connect to the signals that announce a change, and offer what imports and exports may be made of."""
        from backups import comparisons, receivers, restore_source

        receivers.connect()
        restore_source.connect()
        comparisons.connect()
