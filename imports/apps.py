"""The app's name and label."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    """Imports of recipients."""

    name = "imports"
    verbose_name = _("Imports")
