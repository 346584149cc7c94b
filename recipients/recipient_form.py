"""The form of one recipient's master data: an entry for each field, by its type."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recipients.forms import StoredTextField
from recipients.masterdata.address import MAX_ADDRESS_LENGTH, is_valid, normalise
from recipients.masterdata.file import FieldScope, FieldType
from recipients.masterdata.values import NUMBER_PRECISION, NUMBER_SCALE, UnstorableText, normalise_tags
from recipients.models import Field
from recipients.services import MasterData
from recipients.wording import GENDERS, shown_value, typed_number, unstorable_sentence

PREFIX = "field-"  # before the keys of fields, so that none is called as another entry


class NumberEntry(forms.DecimalField):
    """A number as it is written in the reader's language. What could be read in two ways is refused."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=NUMBER_PRECISION, decimal_places=NUMBER_SCALE, **options)
        self.widget.attrs["inputmode"] = "decimal"

    def prepare_value(self, value: Any) -> Any:
        """What stands in the entry: a stored number in the reader's notation, what was typed as it was."""
        return typed_number(value) if isinstance(value, Decimal | int) else value

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs take it for an IntegerField
        """The number. Thousands may be set apart, but then all of them."""
        text = str(value or "").strip()
        if not text:
            return None
        point, thousands = get_format("DECIMAL_SEPARATOR"), get_format("THOUSAND_SEPARATOR")
        whole = rf"(?:\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)"
        if not re.fullmatch(rf"[+-]?{whole}(?:{re.escape(point)}\d+)?", text, re.ASCII):
            example = typed_number(Decimal("1234.5"))
            raise ValidationError(_("Write the number like this: %(example)s") % {"example": example})
        return super().to_python(text.replace(thousands, "").replace(point, "."))


class DateEntry(forms.DateField):
    """A date, in the browser's own calendar."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **options)


class AddressEntry(forms.CharField):
    """An e-mail address in its canonical form."""

    widget = forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: Any) -> str:
        """The address."""
        text = super().clean(value)
        if not is_valid(text):
            raise ValidationError(_("This is not a valid e-mail address."))
        return normalise(text)


class TagsEntry(forms.CharField):
    """Tags with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        """Stored tags as they are typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """The tags."""
        try:
            return normalise_tags([super().clean(value)])
        except UnstorableText as error:
            raise ValidationError(unstorable_sentence(error)) from error


class RecipientForm(forms.Form):
    """Edits `master`. `seen` is the mark of the state that the person saw."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    email = AddressEntry(label=gettext_lazy("E-mail"), max_length=MAX_ADDRESS_LENGTH)

    def __init__(self, data: Mapping[str, Any] | None = None, *, master: MasterData) -> None:
        self.master = master
        old = master.as_changes()
        initial = {entry_name(name, master): value for name, value in old.items()}
        super().__init__(data, initial={**initial, "seen": master.seen})
        for field in master.fields:
            self.fields[PREFIX + field.key] = _entry(field, old[field.key])
        self.fields["source"] = _text_entry(old["source"], label=_("Source"))
        self.fields["tags"] = TagsEntry(label=_("Tags"), required=False, help_text=_("Put commas between tags."))

    @property
    def list_entries(self) -> list[forms.BoundField]:
        """The entries of the list's own fields."""
        return self._entries(FieldScope.LIST)

    @property
    def account_entries(self) -> list[forms.BoundField]:
        """The entries of the account-wide fields."""
        return self._entries(FieldScope.ACCOUNT)

    def changes(self) -> dict[str, Any]:
        """What a valid form changes, for `edit_recipient`. Line breaks that a browser rewrites are no change."""
        changes = {}
        for name, old in self.master.as_changes().items():
            new = self.cleaned_data[entry_name(name, self.master)]
            new = None if new == "" else new
            if _plain(new) != _plain(old):
                changes[name] = new
        return changes

    def show_conflict(self, present: MasterData) -> None:
        """Say beside each entry what stands there by now, and let the next submission be based on that."""
        self.add_error(
            None,
            _(
                "Somebody changed this recipient while you were editing. Nothing has been saved. Look at what stands "
                "there by now, then save again to replace it with your entries."
            ),
        )
        kinds = {field.key: FieldType(field.type) for field in present.fields}
        for name, value in present.as_changes().items():
            entry = entry_name(name, present)
            typed = self.cleaned_data.get(entry)
            if entry in self.fields and _plain(None if typed == "" else typed) != _plain(value):
                shown = shown_value(kinds.get(name, FieldType.TEXT), value)
                self.add_error(entry, _("By now this is: %(value)s") % {"value": shown})
        self.data = {**dict(self.data.items()), "seen": present.seen}

    def _entries(self, scope: FieldScope) -> list[forms.BoundField]:
        return [self[PREFIX + field.key] for field in self.master.fields if field.scope is scope]


def entry_name(name: str, master: MasterData) -> str:
    """What the entry for a column or field's key is called in the form."""
    return PREFIX + name if any(field.key == name for field in master.fields) else name


def _entry(field: Field, value: Any) -> forms.Field:
    match FieldType(field.type):
        case FieldType.NUMBER:
            return NumberEntry(label=field.label, required=False)
        case FieldType.DATE:
            return DateEntry(label=field.label, required=False)
        case FieldType.GENDER:
            choices = [("", "–"), *GENDERS.items()]
            return forms.ChoiceField(label=field.label, required=False, choices=choices)
        case FieldType.TEXT:
            return _text_entry(value, label=field.label)


def _text_entry(value: str | None, *, label: str) -> forms.Field:
    """An entry of several lines where the value has line breaks: one of a single line would lose them."""
    widget = forms.Textarea(attrs={"rows": 3}) if value and re.search(r"[\r\n]", value) else forms.TextInput()
    return StoredTextField(label=label, required=False, widget=widget)


def _plain(value: Any) -> Any:
    """A value for comparison: line breaks as a browser sends them, a date as it is stored."""
    if isinstance(value, date):
        return value.isoformat()
    return re.sub(r"\r\n?", "\n", value) if isinstance(value, str) else value
