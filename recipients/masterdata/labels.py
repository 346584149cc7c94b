"""The words that stand above the base columns in exports, and by which an exported header is known again."""

from collections.abc import Sequence
from typing import Final, Literal

from recipients.masterdata.file import BASE_COLUMNS, FieldDefinition
from recipients.masterdata.values import BLANKS

Language = Literal["de", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")

BASE_LABELS: Final[dict[Language, dict[str, str]]] = {
    "de": {
        "email": "E-Mail",
        "registered_at": "Registriert am",
        "activated_at": "Aktiviert am",
        "deactivated_at": "Deaktiviert am",
        "bounced_at": "Bounced am",
        "source": "Quelle",
        "tags": "Tags",
    },
    "en": {
        "email": "E-mail",
        "registered_at": "Registered at",
        "activated_at": "Activated at",
        "deactivated_at": "Deactivated at",
        "bounced_at": "Bounced at",
        "source": "Source",
        "tags": "Tags",
    },
}

GENDER_LABELS: Final[dict[Language, dict[str, str]]] = {
    "de": {"female": "weiblich", "male": "männlich", "diverse": "divers"},
    "en": {"female": "female", "male": "male", "diverse": "diverse"},
}


def folded(label: str) -> str:
    """A label as it is compared: surrounding blanks and case do not count."""
    return label.strip(BLANKS).casefold()


def export_headers(fields: Sequence[FieldDefinition], language: Language) -> dict[str, str]:
    """The header of each column of a backup: column name → words, base columns first, in file order.

    Every header is unique, and none is a base column's in the other language, so that each column can be known again: a
    field whose label is not its own alone is written as `Label [key]`.
    """
    taken = {folded(label) for labels in BASE_LABELS.values() for label in labels.values()}
    labels = [folded(field.label) for field in fields]
    headers = {name: BASE_LABELS[language][name] for name in BASE_COLUMNS}
    for field, label in zip(fields, labels, strict=True):
        own = label and label not in taken and labels.count(label) == 1
        headers[field.key] = field.label if own else f"{field.label} [{field.key}]"
    return headers


def exported_language(headers: Sequence[str]) -> Language | None:
    """The language of a header that Listkeep exported: it begins with all base columns under Listkeep's own names."""
    names = [folded(header) for header in headers]
    for language in LANGUAGES:
        own = [folded(label) for label in BASE_LABELS[language].values()]
        if names[: len(own)] == own:
            return language
    return None
