"""The app's name and label."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecipientsConfig(AppConfig):
    """Groups, fields, recipients and the master-data engine."""

    name = "recipients"
    verbose_name = _("Recipients")
