"""The forms of the mapping: one for each target, one for each column that no target takes.

Each can be shown again with what a person entered without judging it, because the page shows the samples of a column
as soon as it is chosen.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.alternatives import alternative_field, as_entered, as_read
from imports.doubts import doubt
from imports.new_fields import NewField
from imports.readers import ColumnMapping, DateFormat, DecimalMark, Guess, Origin, SniffedColumn, StatusFormat
from imports.samples import ENTRY, Notations, Sample, samples_of, shown_samples, status_format
from imports.targets import Holds, Target
from recipients.masterdata.file import FieldScope, FieldType
from recipients.models import Field

DATE_FORMAT_CHOICES: Final[list[tuple[str, Promise | str]]] = [
    (DateFormat.DAY_DOT.value, "31.12.2026"),
    (DateFormat.ISO.value, "2026-12-31"),
    (DateFormat.DAY_SLASH.value, gettext_lazy("31/12/2026 (day first)")),
    (DateFormat.MONTH_SLASH.value, gettext_lazy("12/31/2026 (month first)")),
    (DateFormat.DAY_DASH.value, "31-12-2026"),
    (DateFormat.COMPACT.value, "20261231"),
    (DateFormat.EXCEL.value, gettext_lazy("46387 (Excel’s count of days)")),
    (DateFormat.UNIX.value, gettext_lazy("1798761599 (seconds since 1970)")),
]
STATUS_CHOICES: Final[list[tuple[str, Promise | str]]] = [
    (StatusFormat.WORDS.value, gettext_lazy("in words: active, unsubscribed, bounced …")),
    (StatusFormat.YES_ACTIVE.value, gettext_lazy("yes means active, no means unsubscribed")),
    (StatusFormat.YES_UNSUBSCRIBED.value, gettext_lazy("yes, or any other entry, means unsubscribed")),
    (StatusFormat.YES_BOUNCED.value, gettext_lazy("yes, or any other entry, means bounced")),
]
DECIMAL_CHOICES: Final[list[tuple[str, Promise | str]]] = [
    (DecimalMark.COMMA.value, "1.234,56"),
    (DecimalMark.POINT.value, "1,234.56"),
]


class ShownForm(forms.Form):
    """A form with a prefix whose input is judged (`checked`) or only shown again.

    Subclasses add their fields in `add_fields`, before the input is looked at.
    """

    def __init__(self, data: QueryDict | None, *, checked: bool, prefix: str, initial: dict[str, Any]) -> None:
        super().__init__(data if checked else None, prefix=prefix, initial=initial)
        self.add_fields()
        if data is not None and not checked:
            for name, field in self.fields.items():
                self.initial[name] = field.widget.value_from_datadict(data, MultiValueDict(), self.add_prefix(name))

    def add_fields(self) -> None:
        """Change the fields to what this one form needs."""


class ColumnSelect(forms.Select):
    """A drop-down of a file's columns, written at once: a page may show fifty of them with 500 columns each."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """The drop-down as HTML."""
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, mark_safe(" selected") if key == chosen else "", label) for key, label in self.choices),
        )
        attributes = self.build_attrs({**self.attrs, "name": name}, attrs)
        return format_html("<select{}>{}</select>", flatatt(attributes), options)


class TargetForm(ShownForm):
    """Which column fills one target; or the value that every row gets."""

    date_format = forms.ChoiceField(label=gettext_lazy("Dates are written like"), choices=DATE_FORMAT_CHOICES)
    decimal = forms.ChoiceField(label=gettext_lazy("Numbers are written like"), choices=DECIMAL_CHOICES)
    status = forms.ChoiceField(label=gettext_lazy("How the column tells it"), choices=STATUS_CHOICES)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        checked: bool,
        target: Target,
        columns: Sequence[SniffedColumn],
        choices: list[tuple[str, Any]],
        guess: Guess | None,
        notations: Notations,
    ) -> None:
        self.target = target
        self._columns = columns
        self._choices = choices
        self._guess = guess
        self._sent = data or QueryDict()
        initial = _guessed(target, guess, columns, notations) if guess else {}
        super().__init__(data, checked=checked, prefix=f"to-{target.key}", initial=initial)
        if self.origin is not None and not checked:
            self.fields["column"].widget.attrs["aria-describedby"] = f"{self['column'].auto_id}_guess"

    def add_fields(self) -> None:
        self.fields["column"] = forms.ChoiceField(
            label=_("Column of the file"),
            required=False,
            choices=self._choices,
            widget=ColumnSelect(attrs={"class": "mapping__column"}),
        )
        if self.target.holds is Holds.SIGN_OFF:
            self.fields["date_format"] = forms.ChoiceField(
                label=_("Dates are written like"),
                choices=[*DATE_FORMAT_CHOICES, (ENTRY, _("no dates: yes, or any other entry"))],
            )
        if not self.target.holds.is_time:
            del self.fields["date_format"]
        if self.target.holds is not Holds.NUMBER:
            del self.fields["decimal"]
        if self.target.holds is not Holds.STATUS:
            del self.fields["status"]
        if not self.target.is_email:
            self.fields["alternative"] = alternative_field(self.target)

    @cached_property
    def position(self) -> int | None:
        """The chosen column's position, judged or not; None when none is chosen."""
        return chosen_position(self["column"].value(), self._columns)

    @property
    def chosen(self) -> SniffedColumn | None:
        """The chosen column."""
        return None if self.position is None else self._columns[self.position]

    @property
    def has_alternative(self) -> bool:
        """Whether every row gets a value, because no column is chosen."""
        return self.position is None and "alternative" in self.fields and bool(self["alternative"].value())

    @property
    def tells_status(self) -> bool:
        """Whether the chosen column tells a status without dates."""
        return self.chosen is not None and status_format(self.target, self._notation) is not None

    @property
    def origin(self) -> Origin | None:
        """Why the choice was guessed; None once the person has chosen something else."""
        if self._guess is None or self._guess.mapping.column != self.position:
            return None
        return self._guess.origin if self.position is not None or self.has_alternative else None

    @property
    def samples(self) -> list[Sample]:
        """Cells of the chosen column."""
        return samples_of(self.target, self.chosen, self._notation) if self.chosen else []

    @property
    def doubt(self) -> str:
        """Why the chosen column seems not to belong here, or to be read wrongly; empty when it seems right."""
        return doubt(self.target, self.chosen, self._notation) if self.chosen else ""

    @property
    def _notation(self) -> str:
        names = ("date_format", "decimal", "status")
        return str(next((self[name].value() for name in names if name in self.fields), ""))

    def clean_column(self) -> str:
        """The column; the address needs one, and nothing takes two."""
        column: str = self.cleaned_data["column"]
        if len(set(self._sent.getlist(self.add_prefix("column")))) > 1:  # no page of ours sends that
            raise forms.ValidationError(_("Two columns cannot fill one field. Choose one."))
        if self.target.is_email and not column:
            raise forms.ValidationError(_("Choose the column that holds the e-mail addresses."))
        return column

    def clean_alternative(self) -> str | None:
        """The value as the reader takes it, in the same notation whatever the person's language."""
        return as_read(self.target, self.cleaned_data["alternative"])

    def mapping(self) -> ColumnMapping | None:
        """What the person chose; None for nothing. The form must be valid."""
        cleaned = self.cleaned_data
        if self.position is not None:
            date_format = cleaned.get("date_format")
            return ColumnMapping(
                target=self.target.key,
                column=self.position,
                date_format=DateFormat(date_format) if date_format and date_format != ENTRY else None,
                decimal=DecimalMark(cleaned["decimal"]) if self.target.holds is Holds.NUMBER else None,
                status=status_format(self.target, self._notation),
            )
        if cleaned.get("alternative"):
            return ColumnMapping(target=self.target.key, column=None, alternative=cleaned["alternative"])
        return None


class NewFieldForm(ShownForm):
    """A field to be made for a column that no target takes."""

    create = forms.BooleanField(label=gettext_lazy("Create a new field"), required=False)
    label = forms.CharField(
        label=gettext_lazy("Name of the field"), required=False, max_length=Field._meta.get_field("label").max_length
    )
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=Field.TYPES)
    scope = forms.ChoiceField(
        label=gettext_lazy("Belongs to"),
        choices=[
            (FieldScope.LIST.value, gettext_lazy("this list")),
            (FieldScope.ACCOUNT.value, gettext_lazy("all lists")),
        ],
    )
    date_format = forms.ChoiceField(label=gettext_lazy("Dates are written like"), choices=DATE_FORMAT_CHOICES)
    decimal = forms.ChoiceField(label=gettext_lazy("Numbers are written like"), choices=DECIMAL_CHOICES)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        checked: bool,
        column: SniffedColumn,
        name: str,
        label: str,
        suggested: FieldType,
        create: bool,
        notations: Notations,
    ) -> None:
        """`name` is what the column is called on the page, `label` what its field is to be called."""
        self.column = column
        self.name = name
        date_format, decimal = notations.of(column)
        initial = {
            "create": create,
            "label": label[: Field._meta.get_field("label").max_length],
            "type": suggested.value,
            "scope": FieldScope.LIST.value,
            "date_format": date_format.value,
            "decimal": decimal.value,
        }
        super().__init__(data, checked=checked, prefix=prefix_of_new(column), initial=initial)

    @property
    def samples(self) -> list[str]:
        """Cells of the column."""
        return shown_samples(self.column)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("create") and not cleaned.get("label") and "label" not in self.errors:
            self.add_error("label", _("Give the field a name."))
        return cleaned

    def new_field(self) -> NewField | None:
        """The field to be made; None when the column is left out. The form must be valid."""
        cleaned = self.cleaned_data
        if not cleaned["create"]:
            return None
        field_type = FieldType(cleaned["type"])
        return NewField(
            position=self.column.position,
            label=cleaned["label"],
            type=field_type,
            scope=FieldScope(cleaned["scope"]),
            date_format=DateFormat(cleaned["date_format"]) if field_type is FieldType.DATE else None,
            decimal=DecimalMark(cleaned["decimal"]) if field_type is FieldType.NUMBER else None,
        )


def prefix_of_new(column: SniffedColumn) -> str:
    """What the names of a new field's form begin with."""
    return f"new-{column.position}"


def _guessed(target: Target, guess: Guess, columns: Sequence[SniffedColumn], notations: Notations) -> dict[str, Any]:
    """What the form of a target shows at first."""
    mapping = guess.mapping
    if mapping.column is None:
        return {"alternative": as_entered(target, mapping.alternative or "")}
    values = notations.for_target(target, columns[mapping.column])
    if mapping.date_format is not None:
        values["date_format"] = mapping.date_format.value
    if mapping.decimal is not None and guess.origin in (Origin.EARLIER, Origin.ELSEWHERE):
        values["decimal"] = mapping.decimal.value
    if mapping.status is not None:
        values["date_format" if target.holds is Holds.SIGN_OFF else "status"] = (
            ENTRY if target.holds is Holds.SIGN_OFF else mapping.status.value
        )
    return {"column": str(mapping.column), **values}


def chosen_position(value: object, columns: Sequence[SniffedColumn]) -> int | None:
    """The position in a submitted value, if the file has that column."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) < len(columns) else None
