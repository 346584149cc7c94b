"""Headers of exports: readable, unique, and known again."""

import pytest

from recipients.masterdata.file import BASE_COLUMNS, FieldDefinition, FieldScope, FieldType
from recipients.masterdata.labels import BASE_LABELS, LANGUAGES, Language, export_headers, exported_language, folded


def text_field(key: str, label: str) -> FieldDefinition:
    return FieldDefinition(key, label, FieldType.TEXT, FieldScope.LIST)


def test_headers_are_base_labels_then_field_labels() -> None:
    assert export_headers([text_field("vorname", "Vorname")], "de") == {**BASE_LABELS["de"], "vorname": "Vorname"}


def test_label_that_is_not_unique_is_written_with_its_key() -> None:
    fields = [text_field("a", "Quelle"), text_field("b", "Name"), text_field("c", " name"), text_field("d", "source")]
    headers = export_headers(fields, "de")
    assert [headers[field.key] for field in fields] == ["Quelle [a]", "Name [b]", " name [c]", "source [d]"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_base_labels_of_a_language_are_known_again(language: Language) -> None:
    labels = BASE_LABELS[language]
    assert (list(labels), exported_language([*labels.values(), "Vorname"])) == (list(BASE_COLUMNS), language)


def test_header_without_a_base_column_is_no_export() -> None:
    assert exported_language(list(BASE_LABELS["de"].values())[:-1]) is None


def test_labels_are_compared_without_case_and_blanks() -> None:
    assert folded(" \ufeffE-MAIL ") == folded("E-Mail")
