"""What people read about the differences between two states of a list: labels, values, what became of fields."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.templatetags.listkeep_format import absolute
from backups.difference_file import FieldChange, Figures, Kind
from recipients.masterdata.file import STATUS_COLUMNS, FieldType
from recipients.models import Field
from recipients.wording import GENDERS, NOTHING, shown_value

KINDS: Final[dict[Kind, Promise]] = {
    Kind.ADDED: pgettext_lazy("a recipient since a backup", "added"),
    Kind.REMOVED: pgettext_lazy("a recipient since a backup", "removed"),
    Kind.CHANGED: pgettext_lazy("a recipient since a backup", "changed"),
}

BASE: Final[dict[str, Promise]] = {
    "registered_at": gettext_lazy("Registered"),
    "activated_at": gettext_lazy("Activated"),
    "deactivated_at": gettext_lazy("Deactivated"),
    "bounced_at": gettext_lazy("Bounced"),
    "source": gettext_lazy("Source"),
    "tags": gettext_lazy("Tags"),
}


def field_label(field: FieldChange) -> str:
    """The label of a column: the younger one, where it was renamed."""
    if field.key in BASE:
        return str(BASE[field.key])
    return field.label_after or field.label_before or field.key


def field_labels(figures: Figures) -> dict[str, str]:
    """The labels of all columns."""
    return {field.key: field_label(field) for field in figures.fields}


def shown_text(field: FieldChange, text: str | None, kind: str | None) -> str:
    """A value of a difference file in the reader's language; `kind` is the type of its field on its side."""
    if text is None:
        return NOTHING
    if field.key in STATUS_COLUMNS:
        return absolute(datetime.fromisoformat(text))
    if kind == FieldType.GENDER:
        return str(GENDERS.get(text, text))
    return shown_value(FieldType(kind), text) if kind else text


def field_notes(figures: Figures) -> Iterator[str]:
    """What became of the fields themselves, a sentence each."""
    types = dict(Field.TYPES)
    for field in figures.fields:
        if field.label_before is None and field.label_after is not None:
            yield _("The field “%(field)s” was added.") % {"field": field.label_after}
        elif field.label_after is None and field.label_before is not None:
            yield _("The field “%(field)s” was deleted.") % {"field": field.label_before}
        elif field.label_before != field.label_after:
            names = {"old": field.label_before, "new": field.label_after}
            yield _("The field “%(old)s” was renamed to “%(new)s”.") % names
        if field.type_before and field.type_after and field.type_before != field.type_after:
            yield _("The field “%(field)s” had the type %(old)s and has the type %(new)s.") % {
                "field": field_label(field),
                "old": types[field.type_before],
                "new": types[field.type_after],
            }


def headers() -> list[str]:
    """The heads of the table and of the file: address, what happened, field, before, after."""
    return [
        _("E-mail"),
        pgettext("what became of a recipient", "Change"),
        _("Field"),
        pgettext("a value", "Before"),
        pgettext("a value", "After"),
    ]
