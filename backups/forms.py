"""The forms of the backups' pages."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backups.difference_file import Kind
from backups.models import Backup
from backups.queries import BackupFilter
from backups.viewing import Asked
from recipients.forms import ListingForm
from recipients.listing import Status
from recipients.masterdata.address import MAX_ADDRESS_LENGTH, is_valid, normalise

TODAY: Final = "today"


class BackupFilterForm(forms.Form):
    """Reads from an address which backups the overview shows. What cannot be read filters nothing."""

    group = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    trigger = forms.ChoiceField(required=False, choices=Backup.Trigger.choices)

    def chosen(self) -> BackupFilter:
        """The filter that the address stands for."""
        self.full_clean()
        return BackupFilter(group_id=self.cleaned_data.get("group"), trigger=self.cleaned_data.get("trigger", ""))


class PinForm(forms.Form):
    """Why a backup is to be kept for longer than its time."""

    reason = forms.CharField(
        label=_("Why is it to be kept?"),
        max_length=Backup._meta.get_field("pin_reason").max_length,
        help_text=_("Everybody in your account reads this beside the backup."),
    )


class ErasureForm(forms.Form):
    """Whose address is to be erased; `cleaned_data["email"]` is canonical."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=MAX_ADDRESS_LENGTH,
        widget=forms.TextInput(
            attrs={"type": "email", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_email(self) -> str:
        """As addresses are kept."""
        email: str = self.cleaned_data["email"]
        if not is_valid(email):
            raise ValidationError(_("This is no e-mail address that a list could hold. Check how it is written."))
        return normalise(email)


class RowsForm(forms.Form):
    """What the address of a backup's rows asks for; also its search field and its filter."""

    q = forms.CharField(
        label=_("Search an e-mail address"),
        required=False,
        max_length=MAX_ADDRESS_LENGTH,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "class": "input",
                "placeholder": _("Search an e-mail address"),
                "autocomplete": "off",
            }
        ),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=ListingForm.STATUSES)
    sort = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    down = forms.BooleanField(required=False, widget=forms.HiddenInput)
    page = forms.IntegerField(required=False, min_value=1, max_value=10**9)
    recipient = forms.CharField(required=False, max_length=MAX_ADDRESS_LENGTH, strip=False)

    def asked(self) -> Asked:
        """The page of a valid form."""
        data = self.cleaned_data
        return Asked(
            search=normalise(data["q"]),
            status=Status(data["status"] or Status.ALL),
            sort=data["sort"] or "email",
            descending=data["down"],
            page=data["page"] or 1,
        )


class ComparisonForm(forms.Form):
    """What the address of a comparison asks for."""

    kind = forms.ChoiceField(required=False, choices=[(kind.value, kind.value) for kind in Kind])
    field = forms.CharField(required=False, max_length=200)
    page = forms.IntegerField(required=False, min_value=1, max_value=10**9)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["with"] = forms.CharField(required=False, max_length=36)  # no name that Python lets a class have

    def clean_with(self) -> str:
        """`today`, or the id of a backup."""
        chosen: str = self.cleaned_data["with"]
        if chosen in ("", TODAY):
            return ""
        try:
            return str(UUID(chosen))
        except ValueError as error:
            raise ValidationError(_("There is no such backup.")) from error

    def other(self) -> UUID | None:
        """The other backup; None for the list as it is today."""
        chosen = self.cleaned_data["with"]
        return UUID(chosen) if chosen else None

    def chosen_kind(self) -> Kind | None:
        """Which rows are to be shown; None for all."""
        kind = self.cleaned_data["kind"]
        return Kind(kind) if kind else None
