"""The form of a new token of the interface."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken

NEVER: Final = "never"
REMEMBERED_SECONDS: Final = 7 * 24 * 3600  # a browser that is opened again sends its tabs' forms again
DAYS: Final = [("30", _("After 30 days")), ("90", _("After 90 days")), ("365", _("After a year")), (NEVER, _("Never"))]


class TokenForm(forms.Form):
    """What a token is for, what it allows, and for how long; `once` tells a form from the same one sent again."""

    once = forms.CharField(
        required=False, max_length=64, initial=lambda: secrets.token_urlsafe(16), widget=forms.HiddenInput
    )
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

    def take(self, *, user_id: int) -> bool:
        """Whether this valid form comes for the first time: a reload of the answer sends it again."""
        once = self.cleaned_data["once"]
        return not once or bool(cache.add(_taken(user_id, once), 1, timeout=REMEMBERED_SECONDS))

    def give_back(self, *, user_id: int) -> None:
        """Nothing has come of it: it may be sent again."""
        cache.delete(_taken(user_id, self.cleaned_data["once"]))

    def expires_at(self, now: datetime) -> datetime | None:
        """When the token of a valid form ends; None for never."""
        days = self.cleaned_data["expires"]
        return None if days == NEVER else now + timedelta(days=int(days))


def _taken(user_id: int, once: str) -> str:
    return f"token-form:{user_id}:{once}"
