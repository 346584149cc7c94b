"""The app's name and label; connects the receivers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    """Imports of recipients."""

    name = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        """Connect to the signal that a person was erased."""
        from imports import receivers

        receivers.connect()
