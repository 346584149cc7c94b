"""Alternatives: the value that every row gets where no column fills a target — as a form field, and as it is kept."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from imports.targets import STATUS_LABELS, Holds, Target, language
from recipients.masterdata.labels import GENDER_LABELS
from recipients.masterdata.values import (
    MAX_TEXT_LENGTH,
    NUMBER_PRECISION,
    NUMBER_SCALE,
    UnstorableText,
    format_number,
    normalise_tags,
    normalise_text,
)


def alternative_field(target: Target) -> forms.Field:
    """The form field of a value that every row gets."""
    label = _("The same value for all rows")
    match target.holds:
        case Holds.NUMBER:
            return forms.DecimalField(
                label=label, required=False, localize=True, max_digits=NUMBER_PRECISION, decimal_places=NUMBER_SCALE
            )
        case Holds.DATE:
            widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            return forms.DateField(label=label, required=False, widget=widget)
        case Holds.MOMENT | Holds.SIGN_OFF:
            moment = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
            return forms.DateTimeField(label=label, required=False, widget=moment)
        case Holds.GENDER:
            words = GENDER_LABELS[language()]
            return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *words.items()])
        case Holds.STATUS:
            choices = [(status.value, word) for status, word in STATUS_LABELS.items() if status.may_hold_for_all]
            return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *choices])
    return forms.CharField(label=label, required=False, max_length=MAX_TEXT_LENGTH)


def as_read(target: Target, value: object) -> str | None:
    """A cleaned alternative in the notation that the reader takes without being told a format."""
    if value is None or value == "":
        return None
    try:
        match value:
            case Decimal():
                return format_number(value)
            case datetime() | date():
                return value.isoformat()
            case str() if target.holds is Holds.TAGS:
                return ", ".join(normalise_tags([value])) or None
            case str():
                return normalise_text(value)
    except UnstorableText as error:
        raise forms.ValidationError(_("This value holds characters that cannot be stored.")) from error
    raise TypeError(f"{value!r} is no alternative value.")


def as_entered(target: Target, kept: str) -> Any:
    """Back from `as_read`: what the form field shows; None for what was kept for a target of another kind."""
    try:
        match target.holds:
            case Holds.NUMBER:
                return Decimal(kept)
            case Holds.DATE:
                return date.fromisoformat(kept)
            case Holds.MOMENT | Holds.SIGN_OFF:
                return datetime.fromisoformat(kept)
    except (ValueError, ArithmeticError):
        return None
    return kept
