"""The form of a new token of the interface."""

from datetime import datetime, timedelta
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken

NEVER: Final = "never"
DAYS: Final = [("30", _("After 30 days")), ("90", _("After 90 days")), ("365", _("After a year")), (NEVER, _("Never"))]


class TokenForm(forms.Form):
    """What a token is for, what it allows, and for how long."""

    name = forms.CharField(
        label=_("Where is it used?"),
        max_length=100,
        help_text=_("For example the name of your shop. It stands in the audit log beside what the program does."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label=_("What may it do?"),
        choices=ApiToken.Scope.choices,
        initial=ApiToken.Scope.READ.value,
        widget=forms.RadioSelect,
    )
    expires = forms.ChoiceField(label=_("When does it end?"), choices=DAYS, initial="365")

    def expires_at(self, now: datetime) -> datetime | None:
        """When the token of a valid form ends; None for never."""
        days = self.cleaned_data["expires"]
        return None if days == NEVER else now + timedelta(days=int(days))
