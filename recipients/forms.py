"""The forms of lists, fields and the table of recipients. The form of one recipient: `recipient_form`."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from recipients.deleting import Chosen
from recipients.listing import Choice, Status
from recipients.masterdata.address import MAX_ADDRESS_LENGTH, normalise
from recipients.masterdata.file import FieldScope
from recipients.masterdata.values import UnstorableText, normalise_text
from recipients.models import Field, Group
from recipients.services.fields import MAX_LABEL_LENGTH
from recipients.wording import unstorable_sentence

MAX_ID_DIGITS = 18  # so that the database can hold the number
NOTE_LENGTH = Group._meta.get_field("note").max_length


class StoredTextField(forms.CharField):
    """Text as Listkeep stores it: no blanks around it; nothing is the empty string. Line breaks are line feeds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def to_python(self, value: Any) -> str:
        """The text to store."""
        try:
            return normalise_text(str(super().to_python(value)).replace("\r\n", "\n")) or ""
        except UnstorableText as error:
            raise ValidationError(unstorable_sentence(error)) from error


class ListingForm(forms.Form):
    """What the address of a table of recipients asks for; also its search field and its filter."""

    STATUSES = (
        (Status.ALL.value, _("All")),
        (Status.ACTIVE.value, _("Active")),
        (Status.INACTIVE.value, _("Inactive")),
        (Status.BOUNCED.value, _("Bounced")),
    )

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
    status = forms.ChoiceField(label=_("Status"), required=False, choices=STATUSES)
    inside = forms.BooleanField(required=False, widget=forms.HiddenInput)
    after = forms.CharField(required=False, max_length=MAX_ADDRESS_LENGTH)
    before = forms.CharField(required=False, max_length=MAX_ADDRESS_LENGTH)
    looked_at = forms.IntegerField(required=False, min_value=0, max_value=10**12)

    def choice(self) -> Choice:
        """The choice of a valid form."""
        data = self.cleaned_data
        return Choice(
            status=Status(data["status"] or Status.ALL),
            search=normalise(data["q"]),
            inside=data["inside"],
            after=data["after"],
            before="" if data["after"] else data["before"],
            looked_at=data["looked_at"] or 0,
        )


class IdsField(forms.Field):
    """Ids of recipients, each sent under the field's name."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[int, ...]:
        """The ids, each once; what cannot be one is refused."""
        texts: list[str] = value or []
        if not all(text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS for text in texts):
            raise ValidationError("no ids")
        return tuple(sorted({int(text) for text in texts}))


class ChosenForm(ListingForm):
    """Which recipients of a table somebody chose: those that they ticked, or all that the table's choice finds."""

    id = IdsField(required=False)
    all = forms.BooleanField(required=False)

    def chosen(self) -> Chosen | None:
        """What was chosen in a valid form; None when nothing was."""
        if self.cleaned_data["all"]:
            return Chosen(choice=self.choice())
        ids: tuple[int, ...] = self.cleaned_data["id"]
        return Chosen(ids=ids) if ids else None


class GroupForm(forms.Form):
    """A list's name, note and lock."""

    name = StoredTextField(label=_("Name"), max_length=200)
    note = StoredTextField(
        label=_("Note on the origin of the recipients"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example where and when these people agreed to be written to."),
    )
    locked = forms.BooleanField(
        label=_("Lock this list"),
        required=False,
        help_text=_(
            "A locked list takes no imports, its recipients and fields cannot be changed, and it cannot be deleted."
        ),
    )


class FieldForm(forms.Form):
    """A new field."""

    SCOPES = (
        (FieldScope.LIST.value, _("This list only")),
        (FieldScope.ACCOUNT.value, _("All lists: one value for each address")),
    )

    label = StoredTextField(label=_("Name"), max_length=MAX_LABEL_LENGTH)
    type = forms.ChoiceField(label=_("Type"), choices=Field.TYPES)
    scope = forms.ChoiceField(label=_("Seen in"), choices=SCOPES)


class FieldLabelForm(forms.Form):
    """Another name for a field."""

    label = StoredTextField(label=_("Name"), max_length=MAX_LABEL_LENGTH)
